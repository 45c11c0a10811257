"""Functions that are called by their bare names and never defined, in one candidate; done in a worker process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.stage import Candidate, Finding, SourceFile

from services.stages.files import source_files
from services.stages.rules import in_order
from services.stages.semantic.calls_rules import UNDEFINED_FUNCTION
from services.stages.semantic.imports import nodes
from services.stages.semantic.part import Report
from services.stages.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

LANGUAGES = frozenset({"go", "java"})

MAX_BYTES = 512 * 1024
"""A larger file is no answer to a task, and takes long to walk."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GO_BUILT_IN = _words(
    """
    append cap clear close complex copy delete imag len make max min new panic print println real recover any bool byte
    comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16
    uint32 uint64 uintptr
    """
)
"""What every Go file knows; see the language's specification, "Predeclared identifiers"."""

_OF_EVERY_OBJECT = _words(
    """
    getClass hashCode equals clone toString notify notifyAll wait finalize values valueOf ordinal name compareTo
    getDeclaringClass
    """
)
"""Methods that every class, or every enum, of Java has."""

_TYPES = frozenset(
    {
        "class_declaration",
        "enum_declaration",
        "record_declaration",
        "interface_declaration",
        "annotation_type_declaration",
    }
)


def check(candidate: Candidate) -> Report:
    """Judge the calls of a candidate; a file that does not parse is another stage's finding."""
    files = source_files(candidate, LANGUAGES)
    whole = len(candidate.files) == 1 and not candidate.context_files and bool(candidate.specification.strip())
    findings: list[Finding] = []
    for file, language in files:
        if len(file.content) <= MAX_BYTES and (language == "java" or whole):
            findings.extend(in_order(_judged(file, language)))
    return Report(tuple(findings))


def _judged(file: SourceFile, language: str) -> Iterator[Finding]:
    from tree_sitter_language_pack import get_parser

    text = file.content.decode("utf-8-sig", "replace")
    source = Source(file.path, text, text.encode())
    parser = get_parser("java") if language == "java" else get_parser("go")
    root = parser.parse(source.data).root_node
    if root.has_error:
        return
    for node in _java(root) if language == "java" else _go(root):
        name = _text(node)
        yield UNDEFINED_FUNCTION.finding(
            f"{name!r} is called, and nothing defines it.", source.location(node.start_byte, node.end_byte)
        )


def _go(root: "Node") -> Iterator["Node"]:
    """Yield the names of calls that stand nowhere in the file but in calls: a declaration would be another place."""
    called: dict[str, Node] = {}
    elsewhere: set[str] = set()
    calls: set[int] = set()
    for node in nodes(root.walk()):
        if node.type == "dot":
            # What `import .` brings in has no declaration here.
            return
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        if function is not None and function.type == "identifier":
            calls.add(function.start_byte)
            called.setdefault(_text(function), function)
        elif node.type in ("identifier", "type_identifier", "package_identifier") and node.start_byte not in calls:
            elsewhere.add(_text(node))
    yield from (node for name, node in called.items() if name not in elsewhere | _GO_BUILT_IN)


def _java(root: "Node") -> Iterator["Node"]:
    """Yield the names of calls that no enclosing class declares, where none of them can inherit or be given any."""
    declared: set[str] = set(_OF_EVERY_OBJECT)
    called: dict[str, Node] = {}
    for node in nodes(root.walk()):
        if _brings_names(node) or (node.type in _TYPES and _may_have_more(node)):
            return
        if node.type in ("method_declaration", "formal_parameter", "annotation_type_element_declaration"):
            declared.add(_text(node.child_by_field_name("name")))
        elif node.type == "method_invocation" and node.child_by_field_name("object") is None:
            name = node.child_by_field_name("name")
            if name is not None and name.type == "identifier":
                called.setdefault(_text(name), name)
    yield from (node for name, node in called.items() if name not in declared)


def _brings_names(node: "Node") -> bool:
    """Say whether a node is a static import, an object of a class without a name, or a method outside of classes."""
    if node.type == "object_creation_expression":
        return any(child.type == "class_body" for child in node.named_children)
    above = node.parent.type if node.parent is not None else ""
    return (node.type, above) in {("static", "import_declaration"), ("method_declaration", "program")}


def _may_have_more(node: "Node") -> bool:
    """Say whether a type may have methods that its source does not show."""
    inherits = any(node.child_by_field_name(name) is not None for name in ("superclass", "interfaces"))
    below = {child.type for child in node.named_children}
    marked = any(
        mark.type in ("annotation", "marker_annotation")
        for child in node.named_children
        if child.type == "modifiers"
        for mark in child.named_children
    )
    return inherits or marked or bool(below & {"extends_interfaces", "super_interfaces", "superclass"})


def _text(node: "Node | None") -> str:
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")
