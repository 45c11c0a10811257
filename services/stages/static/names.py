"""Judges undefined names: what stands around them, what was probably meant, and the import that was forgotten."""

import builtins
import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from assay.stage import Finding, Fix, TextEdit

from services.stages.rules import Rule
from services.stages.source import Source
from services.stages.static.imports import Chain, import_for
from services.stages.static.linter import Diagnostic
from services.stages.static.name_rules import ANNOTATION, INJECTED, UNDEFINED, UNSURE

if TYPE_CHECKING:
    from tree_sitter import Node

SIMILAR = 80.0
"""How alike two names are, from 0 to 100 (rapidfuzz's ratio), for one to be offered for the other."""

MAX_NAMES, MAX_USES, MAX_NODES = 100, 20, 20_000
"""Names of one file that are reported, uses of a name that are judged, and nodes of a scope that are searched for a
similar name: a bound on the time that generated nonsense can take."""

MAX_CHAIN = 4
"""Attributes, one of the other, that are looked at: no module lies deeper."""

MAX_LENGTH = 200
"""Characters of a name beyond which nobody wrote it: it is neither compared nor quoted in full."""

LAZY_ANNOTATIONS = 14
"""The minor version from which annotations are evaluated only when asked for (PEP 649)."""

_DYNAMIC = re.compile(
    rb"\bglobals\(\)\s*(?:\[|\.update|\.setdefault)|\bglobals\(\)\s*\)|(?<![.\w])exec\s*\(|\bbuiltins\.\w+\s*=|"
    rb"=[ \t]*(?:globals|vars)\(\)[ \t]*$|"
    rb"\binstall\(|\bsetattr\(\s*builtins|\bexecfile\(|\bglobal_enum\b|\._convert_\(",
    re.MULTILINE,
)
_VERSION_CHECK = re.compile(rb"version_info|\bPY2\b|\bPY3\b|\bPY_?\d|TYPE_CHECKING|hexversion|python_implementation")


_LOOPS = frozenset({"for_statement", "while_statement"})
_BRANCHES = frozenset({"if_statement", "elif_clause", "else_clause", "except_clause", "case_clause"})
_CHOICES = frozenset({"boolean_operator", "conditional_expression"})


def undefined_names(diagnostics: Sequence[Diagnostic], source: Source, minor: int) -> Iterator[Finding]:
    """Yield one finding for each undefined name, at its first use that fails, else at its first."""
    from tree_sitter_language_pack import get_parser

    root = get_parser("python").parse(source.parsed).root_node
    dynamic = _DYNAMIC.search(source.data) is not None
    lazy = minor >= LAZY_ANNOTATIONS or b"from __future__ import annotations" in source.data
    lazy = lazy or PurePosixPath(source.path).suffix == ".pyi"
    named = sorted(((_name(item, source), item) for item in diagnostics), key=lambda use: use[0])
    for name, group in islice(groupby(named, key=lambda use: use[0]), MAX_NAMES):
        items = [item for _, item in group]
        nodes = [_node(root, item, source) for item in items[:MAX_USES]]
        rules = [_rule(name, node, source, dynamic, lazy) for node in nodes]
        gravest = max(range(len(rules)), key=lambda index: rules[index].severity)
        rule, item = rules[gravest], items[gravest]
        missing = import_for(name, frozenset(filter(None, map(_chain, nodes))))
        message, evidence = f"Nothing defines the name {name[:MAX_LENGTH]!r}.", {"uses": str(len(items))}
        fixes: tuple[Fix, ...] = ()
        if missing is None:
            suggestion = _did_you_mean(name, nodes[gravest])
        else:
            suggestion, fixes = f"Add: {missing[0]}", _insertion(*missing, root, source)
        yield rule.finding(message, item.location, suggestion=suggestion, fixes=fixes, evidence=evidence)


def _name(item: Diagnostic, source: Source) -> str:
    place = item.location
    start = source.offset(place.start_line, place.start_column)
    return source.data[start : source.offset(place.end_line, place.end_column)].decode()


def _node(root: "Node", item: Diagnostic, source: Source) -> "Node":
    start = source.offset(item.location.start_line, item.location.start_column)
    end = source.offset(item.location.end_line, item.location.end_column)
    return root.named_descendant_for_byte_range(start, end) or root


def _rule(name: str, node: "Node", source: Source, dynamic: bool, lazy: bool) -> Rule:
    if _is_never_evaluated(node, lazy):
        return ANNOTATION
    if len(name) > MAX_LENGTH:
        return UNDEFINED
    deleted = re.search(rf"^del\b[^#]*?\b{name}\b".encode(), source.data, re.MULTILINE)
    if name in INJECTED or dynamic or deleted or _behind_version_check(node, source.data):
        return UNSURE
    if _is_bound_by_a_later_turn(name, node, source.data):
        return UNSURE
    return UNDEFINED


def _is_bound_by_a_later_turn(name: str, node: "Node", data: bytes) -> bool:
    """
    Say whether a loop around a use binds the name: further down in the text may be earlier in time.

    A use that nothing guards is reached in the first turn, and fails there.
    """
    binds = re.compile(rf"(?<![.\w]){re.escape(name)}[ \t]*(?:,[^=\n]*)?=(?!=)".encode())
    inside, above, guarded = node, node.parent, False
    while above is not None and above.type not in ("function_definition", "class_definition", "module"):
        in_branch = above.type in _BRANCHES and inside.type == "block"
        guarded = guarded or in_branch or (above.type in _CHOICES and above.children[0] != inside)
        if guarded and above.type in _LOOPS and binds.search(data, node.end_byte, above.end_byte):
            return True
        inside, above = above, above.parent
    return False


def _is_never_evaluated(node: "Node", lazy: bool) -> bool:
    """Say whether a node belongs to an annotation that running the code does not evaluate."""
    inside: Node | None = node
    quoted = False
    while inside is not None:
        quoted = quoted or inside.type == "string_content"
        if inside.type == "type":
            return quoted or lazy or _is_local(inside)
        if inside.type.endswith("_statement") or inside.type in ("block", "module"):
            # Quoted names elsewhere are types for cast(), TypeVar() and their kin: equally not evaluated.
            return quoted
        inside = inside.parent
    return quoted


def _is_local(annotation: "Node") -> bool:
    """Say whether an annotation is that of a variable inside a function (PEP 526: not evaluated)."""
    owner = annotation.parent
    if owner is None or owner.type != "assignment":
        return False
    while owner is not None and owner.type not in ("function_definition", "class_definition"):
        owner = owner.parent
    return owner is not None and owner.type == "function_definition"


def _behind_version_check(node: "Node", data: bytes) -> bool:
    inside = node.parent
    while inside is not None:
        if inside.type in ("if_statement", "conditional_expression"):
            condition = inside.child_by_field_name("condition")
            span = condition or inside
            if _VERSION_CHECK.search(data, span.start_byte, span.end_byte):
                return True
        inside = inside.parent
    return False


def _chain(use: "Node") -> Chain:
    """Return the attributes that are taken of a name where it is used, and one of the other."""
    chain: list[str] = []
    node, above = use, use.parent
    while above is not None and above.type == "attribute" and above.child_by_field_name("object") == node:
        member = above.child_by_field_name("attribute")
        if len(chain) == MAX_CHAIN or member is None or member.text is None or len(member.text) > MAX_LENGTH:
            break
        chain.append(member.text.decode())
        node, above = above, above.parent
    return tuple(chain)


def _did_you_mean(name: str, use: "Node") -> str:
    """Offer the name most like it that the code around it can see, where there is one."""
    from rapidfuzz import fuzz, process

    if len(name) > MAX_LENGTH:
        return "Define it, or import it."
    known = {other for other in _visible(use) if other != name} | set(dir(builtins))
    best = process.extract(name, known, scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]) or len(name) < 3:
        return "Define it, or import it."
    return f"Did you mean {best[0][0]!r}?"


def _visible(use: "Node") -> Iterator[str]:
    """Yield the names bound around a use: in the functions that hold it, and at the top of the module."""
    scope: Node | None = use
    while scope is not None:
        if scope.type in ("function_definition", "lambda", "module"):
            yield from _bound(scope)
        scope = scope.parent


_BINDS = frozenset({"parameters", "lambda_parameters", "function_definition", "class_definition", "assignment"})
_BINDS |= {"for_statement", "named_expression", "aliased_import", "import_statement", "import_from_statement"}


def _bound(scope: "Node") -> Iterator[str]:
    """Yield the identifiers that a scope's own statements bind, without those of functions inside it."""
    waiting = list(scope.named_children)
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = waiting.pop()
        inner = node.type in ("function_definition", "class_definition", "lambda")
        if inner:
            named = node.child_by_field_name("name")
            waiting.extend([named] if named is not None else [])
        elif node.type == "identifier" and node.text is not None and _is_binding(node):
            yield node.text.decode()
        else:
            waiting.extend(node.named_children)


def _is_binding(node: "Node") -> bool:
    above = node.parent
    for _ in range(4):
        if above is None:
            return False
        if above.type in ("assignment", "for_statement"):
            left = above.child_by_field_name("left")
            return left is not None and left.start_byte <= node.start_byte < left.end_byte
        if above.type in ("call", "attribute", "type", "default_parameter") and above.named_children[0] != node:
            return False
        if above.type in _BINDS:
            return True
        above = above.parent
    return False


def _insertion(statement: str, sure: bool, root: "Node", source: Source) -> tuple[Fix, ...]:
    """Return the edit that puts an import before the first statement that is not a docstring or from __future__."""
    for index, node in enumerate(child for child in root.named_children if child.type != "comment"):
        docstring = index == 0 and node.type in ("string", "concatenated_string")
        if docstring or node.type == "future_import_statement":
            continue
        line, column = source.position(node.start_byte)
        if column != 1:
            return ()
        end = "\r\n" if b"\r\n" in source.data else "\n"
        start = source.starts[line - 1]
        edit = TextEdit(source.location(start, start), statement + end)
        return (Fix(f"Add {statement!r}", (edit,), safe=sure),)
    return ()
