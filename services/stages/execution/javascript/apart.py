"""
Takes tests apart, in a worker: the calls of the code stay, the expectations go.

What comes out is the text of the tests in which each assertion that could be read tells the values of its parts instead
of judging them. The text runs as the tests did: variables, loops, blocks and what one call leaves for the next are as
they were. What was expected, a literal or a variable that is one, is no longer in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import modules
from .assertions import Said, is_assertion, path_of, read
from .certainty import Certainty
from .expression import Site
from .reading import Entangled, Part, Reading, equality_names
from .scopes import Declaration, Scopes, is_shared
from .syntax import awaits, callee, text_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_BYTES = 300_000
"""Tests that are longer run as they are."""

MAX_SITES = 5_000
MAX_ROUNDS = 5
MAX_QUOTED = 200

RUNNER_NAMES: tuple[str, ...] = (
    "describe",
    "context",
    "suite",
    "it",
    "test",
    "specify",
    "before",
    "after",
    "beforeEach",
    "afterEach",
)
RUNNER_NAMES += ("beforeAll", "afterAll")


@dataclass(frozen=True)
class Tests:
    """
    Tests, ready for the sandbox.

    :param text: What runs; each line stands where it stood.
    :param appended: Whether it stands at the end of the entry point, in its scope.
    :param wrapped: Whether it must stand in a function of its own.
    :param modules: Packages that it requires.
    :param waits: Whether something in it may go on after its last line.
    :param problem: Why it cannot be run; empty where it can.
    :param lines: Of each line of the text which line of the test file it was, from 1; empty: the same.
    :param declared: The names that the tests declare themselves; ``imported`` those of them that come from the code.
    """

    __test__ = False

    text: str
    sites: tuple[Site, ...] = ()
    appended: bool = False
    wrapped: bool = False
    modules: tuple[str, ...] = ()
    waits: bool = False
    problem: str = ""
    lines: tuple[int, ...] = ()
    declared: frozenset[str] = frozenset()
    imported: frozenset[str] = frozenset()

    def source_line(self, line: int) -> int:
        """Return the line of the test file that a line of the text was."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else line


@dataclass(frozen=True)
class Edit:
    """A piece of the text, in bytes, and what stands there instead; what is inserted before nothing takes no room."""

    start: int
    end: int
    text: bytes


@dataclass
class Found:
    """An assertion that was found, and how it is judged."""

    node: "Node"
    said: Said | None
    parts: list[Part] = field(default_factory=list)
    weak: bool = False


class Taking:
    """
    Takes one test file apart.

    :param name: By which name the text knows the harness.
    :param shadowed: Names that the code under test declares itself.
    """

    def __init__(self, root: "Node", name: str, shadowed: frozenset[str]) -> None:
        self.root = root
        self._name = name
        self.imports = modules.imports(root)
        self.known = modules.known_names(self.imports)
        self.scopes = Scopes(root)
        self._equalities = equality_names(self.scopes, self.known)
        self._shadowed = shadowed | self.scopes.names
        self._certainty = Certainty(self.scopes, self.known)
        self._excluded: frozenset[Declaration] = frozenset()
        self.found = self._settled()

    def _settled(self) -> list[Found]:
        """Read the assertions until no object is taken for known that the code is given too."""
        for _ in range(MAX_ROUNDS):
            found = list(self._find(self.root))
            entered = {c for c in self.scopes.constants() if is_shared(c) and self._inside_uses(c, found)}
            if entered <= self._excluded:
                return found
            self._excluded |= entered
        return [Found(each.node, None) for each in found if is_assertion(each.node, self.known)]

    def _find(self, node: "Node") -> Iterator[Found]:
        stack = [node]
        while stack:
            current = stack.pop()
            found = self._one(current)
            if found is None:
                stack.extend(reversed(current.children))
            else:
                yield found

    def _one(self, node: "Node") -> Found | None:
        if node.type not in {"call_expression", "if_statement"}:
            return None
        reading = Reading(self.scopes, self._equalities, self._shadowed, self._excluded)
        try:
            said = read(node, reading, self.known)
        except Entangled:
            return Found(node, None) if self._stays(node) else None
        if said is None or (node.type == "if_statement" and not self._certainty.is_definite(node)):
            return None
        if self._is_own_value(node):
            return Found(node, None) if self._stays(node) else None
        return Found(node, said, reading.parts, reading.weak)

    def _stays(self, node: "Node") -> bool:
        """Whether a call is an assertion that is judged in the sandbox, if it can be."""
        return (
            node.type == "call_expression"
            and is_assertion(node, self.known)
            and not path_of(node, self.known).endswith(".expect")
        )

    def _is_own_value(self, node: "Node") -> bool:
        """Whether the value of an assertion is used, so that it has to stay what it is."""
        holder = node.parent
        while holder is not None and holder.type in {"await_expression", "parenthesized_expression"}:
            holder = holder.parent
        return holder is not None and holder.type not in {
            "expression_statement",
            "arrow_function",
            "return_statement",
            "program",
            "statement_block",
            "if_statement",
            "else_clause",
            "for_statement",
            "for_in_statement",
        }

    def _inside_uses(self, declared: Declaration, found: list[Found]) -> "list[Node]":
        """Return the uses of a constant that stay in the text."""
        return [use for use in declared.uses if not _is_gone(use, found)]

    def sites(self) -> tuple[Site, ...]:
        """Return what the assertions say."""
        return tuple(self._site(number, each) for number, each in enumerate(self.found))

    def _site(self, number: int, each: Found) -> Site:
        node, said = each.node, each.said
        return Site(
            number=number,
            line=node.start_point[0] + 1,
            test=" > ".join(reversed(list(self._certainty.blocks(node))))[:MAX_QUOTED],
            condition=said.condition if said else None,
            thrown=said.thrown if said else None,
            definite=self._certainty.is_definite(node),
            weak=each.weak,
            subject=self._subject(each),
            text=" ".join(text_of(node).split())[:MAX_QUOTED],
        )

    def _subject(self, each: Found) -> str:
        """Return the function of the code that an assertion asks, through the variables that hold what it gave."""
        nodes = [node for part in each.parts for node in part.nodes] or [each.node]
        for node in list(nodes):
            declared = self.scopes.of(node)
            value = declared.node.child_by_field_name("value") if declared is not None else None
            nodes += [value] if value is not None else []
        for node in nodes:
            for call in walk(node):
                name = call.child_by_field_name("function") or call.child_by_field_name("constructor")
                if name is not None and name.type == "identifier" and self.scopes.of(name) is None:
                    return text_of(name)
                if name is not None and (declared := self.scopes.of(name)) and declared.node.type in IMPORTING:
                    return text_of(name)
        return ""

    def edits(self) -> Iterator[Edit]:
        """Yield the changes of the text, but for those of imports."""
        for number, each in enumerate(self.found):
            if each.said is not None:
                yield self._probe(number, each)
            else:
                yield from self._check(number, each.node)
        for declared in self.scopes.constants():
            value = declared.node.child_by_field_name("value")
            is_needed = declared in self._excluded or self._inside_uses(declared, self.found)
            if value is not None and declared.uses and not is_needed:
                yield _in_place(value, "null")

    def _probe(self, number: int, each: Found) -> Edit:
        is_promise = any(part.is_promise for part in each.parts)
        is_awaited = any(awaits(node) for part in each.parts for node in part.nodes)
        is_async = is_promise or is_awaited
        arrow = "async () =>" if is_async else "() =>"
        asks = ", ".join(f"{arrow} ({part.text})" for part in each.parts)
        call = f"{self._name}.probe{'Async' if is_async else ''}({number}, [{asks}])"
        end = ";" if each.node.type == "if_statement" else ""
        return _in_place(each.node, f"{'await ' if is_awaited else ''}{call}{end}")

    def _check(self, number: int, node: "Node") -> Iterator[Edit]:
        is_async = awaits(node)
        start = f"{self._name}.check({number}, {'async ' if is_async else ''}() => "
        yield Edit(node.start_byte, node.start_byte, f"{'await ' if is_async else ''}{start}".encode())
        yield Edit(node.end_byte, node.end_byte, b")")


IMPORTING = {"import_statement", "variable_declarator"}


def _in_place(node: "Node", text: str) -> Edit:
    """Return the change of a node that keeps the lines after it where they are."""
    lines = text_of(node).count("\n") - text.count("\n")
    return Edit(node.start_byte, node.end_byte, (text + "\n" * lines).encode())


def _is_gone(use: "Node", found: list[Found]) -> bool:
    """Whether a use stands in an assertion that is taken apart, and in none of its parts."""
    for each in found:
        if each.said is not None and each.node.start_byte <= use.start_byte < each.node.end_byte:
            nodes = [node for part in each.parts for node in part.nodes]
            return not any(node.start_byte <= use.start_byte < node.end_byte for node in nodes)
    return False


def edited(source: bytes, edits: list[Edit]) -> str:
    """Return a text with changes, of which one within another is left out."""
    written, end = [], 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < end:
            continue
        written += [source[end : edit.start], edit.text]
        end = edit.end
    return b"".join([*written, source[end:]]).decode(errors="replace")


def unbound(taking: Taking, shadowed: frozenset[str]) -> Mapping[str, bool]:
    """Return the runner's and the assertions' names that the tests use and nobody declares."""
    wanted = {*RUNNER_NAMES, "assert", "expect"}
    used = {text_of(node) for node in walk(taking.root) if node.type == "identifier"}
    return {name: name in used and name not in taking.scopes.names | shadowed for name in sorted(wanted)}


def needs_expect(taking: Taking) -> bool:
    """Whether an assertion stays that rests on ``expect``, which no module here gives."""
    return any(
        callee(node).rpartition(".")[2] == "expect" and not _is_gone(node, taking.found)
        for node in walk(taking.root)
        if node.type == "call_expression"
    )
