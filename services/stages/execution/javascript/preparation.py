"""Reads the code under test and one file of its tests, in a worker, and gives what the sandbox is to run."""

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import modules
from .apart import MAX_BYTES, MAX_SITES, Edit, Taking, Tests, edited, needs_expect, unbound
from .scopes import Scopes
from .syntax import awaits, text_of, walk
from .unrolling import unrolled

if TYPE_CHECKING:
    from tree_sitter import Node

GRAMMARS = {".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "tsx"}
READS_INPUT = re.compile(rb"process\s*\.\s*stdin|/dev/stdin|readFileSync\s*\(\s*0|\breadline\b|\bprompt\s*\(")
GOES_ON = re.compile(
    r"\basync\b|\bPromise\b|\.then\b|\bset(Timeout|Interval|Immediate)\b|\bnextTick\b|\bqueueMicrotask\b"
)
HASHBANG = re.compile(rb"\A#![^\n]*")


@dataclass(frozen=True)
class Code:
    """
    What is known of the entry point before it runs.

    :param declared: The names that it declares at its top.
    :param lines: Where its functions and classes stand, by name.
    :param is_module: Whether it is an ECMAScript module.
    :param reads_input: Whether it seems to read standard input.
    :param has_markup: Whether it holds JSX, which Node does not read.
    """

    declared: frozenset[str] = frozenset()
    lines: tuple[tuple[str, int], ...] = ()
    is_module: bool = False
    reads_input: bool = False
    has_markup: bool = False


@dataclass(frozen=True)
class Order:
    """
    What is to be prepared.

    :param entry: The entry point's path; ``test`` that of the test file, or empty.
    :param files: The paths of all files that tests may import.
    :param name: By which name the tests know the harness.
    :param package: The content of the ``package.json`` that applies to the entry point; empty where there is none.
    """

    entry: str
    source: bytes
    test: str
    tests: bytes
    files: frozenset[str]
    language: str
    name: str
    package: bytes = b""


def prepare(order: Order) -> tuple[Code, Tests | None]:
    """Return what is known of the code, and its tests as they are to be run; a function for the workers."""
    root = _parsed(order.source, order.entry)
    code = _code(root, order)
    return code, _tests(order, code) if order.test else None


def _parsed(source: bytes, path: str) -> "Node":
    from tree_sitter_language_pack import get_parser

    grammar = GRAMMARS.get(posixpath.splitext(path)[1].lower(), "javascript")
    return get_parser(grammar).parse(HASHBANG.sub(b"", source)).root_node  # type: ignore[arg-type]


def _code(root: "Node", order: Order) -> Code:
    lines = []
    for node in root.children:
        inner = node.child_by_field_name("declaration") or node if node.type == "export_statement" else node
        for declared in [inner, *inner.named_children]:
            name = declared.child_by_field_name("name")
            if name is not None and name.type in {"identifier", "type_identifier"}:
                lines.append((text_of(name), declared.start_point[0] + 1))
    return Code(
        declared=Scopes(root).top if len(order.source) <= MAX_BYTES else frozenset(name for name, _ in lines),
        lines=tuple(lines),
        is_module=_is_module(root, order),
        reads_input=bool(READS_INPUT.search(order.source)),
        has_markup=any(node.type.startswith("jsx_") for node in walk(root)),
    )


def _is_module(root: "Node", order: Order) -> bool:
    suffix = posixpath.splitext(order.entry)[1]
    if suffix in {".mjs", ".cjs"}:
        return suffix == ".mjs"
    return (
        any(node.type in {"import_statement", "export_statement"} for node in root.children)
        or _package_type(order.package) == "module"
        or awaits(root)
    )


def _package_type(package: bytes) -> str:
    try:
        held = json.loads(package or b"{}")
    except (ValueError, RecursionError):
        return ""
    return str(held.get("type", "")) if isinstance(held, dict) else ""


def _tests(order: Order, code: Code) -> Tests:
    source = HASHBANG.sub(b"", order.tests)
    root = _parsed(source, order.test)
    if root.has_error:
        return Tests("", problem=f"they are not {'TypeScript' if order.language == 'typescript' else 'JavaScript'}")
    if len(source) > MAX_BYTES:
        return _whole(order, source, root)
    source, lines = unrolled(source, root)
    root = _parsed(source, order.test) if lines else root
    shadowed = code.declared if not _imports_candidate(order, modules.imports(root)) else frozenset[str]()
    taking = Taking(root, order.name, shadowed)
    if len(taking.found) > MAX_SITES:
        return _whole(order, source, root)
    taken = _taken(order, source, taking, shadowed)
    taken = replace(taken, lines=lines)
    return replace(taken, sites=tuple(replace(site, line=taken.source_line(site.line)) for site in taken.sites))


def _imports_candidate(order: Order, found: list[modules.Import]) -> bool:
    return any(modules.is_candidates(each, order.test, order.files, order.entry) for each in found)


def _taken(order: Order, source: bytes, taking: Taking, shadowed: frozenset[str]) -> Tests:
    appended = not _imports_candidate(order, taking.imports)
    is_script = order.language == "javascript"
    edits = [*taking.edits(), *_imported(order, taking, is_script=is_script)]
    prelude = _prelude(order, taking, shadowed)
    text = prelude + edited(source, edits)
    asks_relative = any(each.is_relative and each.node.type == "import_statement" for each in taking.imports)
    collides = bool(taking.scopes.top & shadowed)
    return Tests(
        text=text,
        sites=taking.sites(),
        appended=appended,
        wrapped=(appended and (collides or awaits(taking.root)))
        or (is_script and (asks_relative or awaits(taking.root))),
        modules=tuple(sorted({each.specifier for each in taking.imports if not each.is_relative})),
        waits=bool(GOES_ON.search(text)),
        problem="they need expect, which is not in this environment" if needs_expect(taking) else "",
        declared=taking.scopes.names,
        imported=frozenset(name for each in taking.imports if each.is_relative for name in each.names),
    )


def _whole(order: Order, source: bytes, root: "Node") -> Tests:
    """Return tests that are run as they are, for their size."""
    found = modules.imports(root)
    appended = not _imports_candidate(order, found)
    text = source.decode(errors="replace")
    return Tests(text, appended=appended, wrapped=appended and awaits(root), waits=bool(GOES_ON.search(text)))


def _prelude(order: Order, taking: Taking, shadowed: frozenset[str]) -> str:
    """Return the declarations of what tests use without asking for it, in one line with their first."""
    missing = unbound(taking, shadowed)
    names = [name for name, is_missing in missing.items() if is_missing and name not in {"assert", "expect"}]
    prelude = f"const {{ {', '.join(names)} }} = {order.name}.names;" if names else ""
    return prelude + (f'const assert = {order.name}.require("assert");' if missing["assert"] else "")


def _imported(order: Order, taking: Taking, *, is_script: bool) -> Iterator[Edit]:
    """
    Yield the changes of what is imported and required.

    Packages come from the harness. Files are imported as they are where a bundler does it, and otherwise when the line
    is reached, since the tests are no module.
    """
    for each in taking.imports:
        node = each.node
        candidates = modules.is_candidates(each, order.test, order.files, order.entry)
        specifier = modules.relative(candidates, order.test) if candidates else each.specifier
        is_statement = node.type == "import_statement"
        if is_statement and modules.is_type_only(node):
            yield _replaced(node, "")
        elif not each.is_relative:
            source = f"{order.name}.require({json.dumps(each.specifier)})"
            yield _replaced(node, modules.as_constants(each, source) if is_statement else source)
        elif is_statement and is_script:
            wanted = sorted({member for member in each.names.values() if member})
            source = f"await {order.name}.import({json.dumps(specifier)}, {json.dumps(wanted)})"
            yield _replaced(node, _from_file(each, source))
        elif specifier != each.specifier:
            yield from _specified(each, specifier)


def _from_file(each: modules.Import, source: str) -> str:
    """Return an import of a file as declarations: the default export is a member of it as any other one."""
    members = {name: member for name, member in each.names.items() if member}
    whole = replace(each, names={name: "" for name, member in each.names.items() if not member})
    named = ", ".join(f"{member}: {name}" for name, member in members.items())
    parts = [f"const {{ {named} }} = {source};"] if named else []
    return "".join([*parts, modules.as_constants(whole, source)] if whole.names or not named else parts)


def _specified(each: modules.Import, specifier: str) -> Iterator[Edit]:
    for node in walk(each.node):
        if node.type == "string":
            yield Edit(node.start_byte, node.end_byte, json.dumps(specifier).encode())


def _replaced(node: "Node", text: str) -> Edit:
    lines = text_of(node).count("\n")
    return Edit(node.start_byte, node.end_byte, (text + "\n" * lines).encode())
