"""
Judges keywords that no type checker sees: of functions that hand theirs on, and of methods whose object is not known.

`json.dumps` takes any keyword by its signature and refuses most when it runs. And a method named `split`, where nothing
but the standard library is imported and nothing here defines one, is that of a string whatever the object is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from services.stages.rules import Rule
from services.stages.semantic.catalog import DATA
from services.stages.semantic.imports import Import
from services.stages.semantic.nearest import Suggestions
from services.stages.semantic.problem import Correction, Problem
from services.stages.semantic.stdlib import StandardLibrary
from services.stages.semantic.types_rules import UNKNOWN_ARGUMENT, UNKNOWN_METHOD_ARGUMENT

if TYPE_CHECKING:
    from tree_sitter import Node, Query, Tree

METHODS: Mapping[str, frozenset[str]] = {
    "split": frozenset({"sep", "maxsplit", "string"}),
    "rsplit": frozenset({"sep", "maxsplit"}),
    "splitlines": frozenset({"keepends"}),
    "sort": frozenset({"key", "reverse"}),
    "encode": frozenset({"encoding", "errors", "input", "o", "obj", "out"}),
    "decode": frozenset({"encoding", "errors", "input", "s", "final"}),
    "expandtabs": frozenset({"tabsize"}),
    **dict.fromkeys(
        ("strip", "lstrip", "rstrip", "startswith", "endswith", "upper", "lower", "title", "capitalize", "swapcase"),
        frozenset(),
    ),
}
"""Methods by whose names the standard library means those of built-in types, with the keywords of all that it has."""


MAX_KEYWORDS = 2_000
"""Keywords of one file that are looked at, as they stand in it."""
MAX_NESTED = 128
"""Calls within one another that are looked at: looking at all would take the square of their number."""


class ClosedKeywords:
    """
    Judges the keywords of calls in one file.

    :param imports: What it imports.
    """

    def __init__(self, imports: Sequence[Import], library: StandardLibrary, suggestions: Suggestions) -> None:
        self._bound = dict(_bindings(imports))
        self._is_plain = all(not found.level and found.root in library for found in imports)
        self._suggestions = suggestions
        self._names: dict[int, frozenset[str]] = {}
        self._defined: dict[str, bool] = {}

    def problems(self, tree: "Tree", data: bytes) -> Iterator[Problem]:
        """Yield the keywords that are surely refused."""
        handed_on = any(name.partition(".")[0] in _roots() for name in self._bound.values())
        if not handed_on and not (self._is_plain and any(method.encode() in data for method in METHODS)):
            return
        for name, called, arguments in _keywords(tree):
            yield from self._judged(name, called, arguments, data)

    def _judged(self, name: "Node", called: "Node", arguments: "Node", data: bytes) -> Iterator[Problem]:
        text = "".join((called.text or b"").decode().split())
        root, dot, rest = text.partition(".")
        keyword = (name.text or b"").decode()
        if root in self._bound:
            function = self._bound[root] + dot + rest
            row = _handing_on().get(function)
            if row is not None and keyword not in row[0] and row[1].isdisjoint(self._names_of(arguments)):
                yield self._problem(UNKNOWN_ARGUMENT, name, function, row[0])
        elif self._is_plain and called.type == "attribute":
            method = text.rpartition(".")[2]
            takes = METHODS.get(method)
            if takes is not None and keyword not in takes and not self._defines(method, data):
                yield self._problem(UNKNOWN_METHOD_ARGUMENT, name, method, takes)

    def _defines(self, method: str, data: bytes) -> bool:
        if method not in self._defined:
            self._defined[method] = re.search(rb"\bdef %s\b" % method.encode(), data) is not None
        return self._defined[method]

    def _names_of(self, arguments: "Node") -> frozenset[str]:
        """Return the keywords of a call; each call is looked at once, however many it has."""
        if arguments.id not in self._names:
            self._names[arguments.id] = frozenset(_names(arguments))
        return self._names[arguments.id]

    def _problem(self, rule: Rule, name: "Node", function: str, takes: frozenset[str]) -> Problem:
        keyword = (name.text or b"").decode()
        near = self._suggestions.nearest(keyword, sorted(takes))
        meant = self._suggestions.misspelt(keyword, sorted(takes), few=True)
        return Problem(
            rule,
            f"{function}({keyword}=) at {name.start_byte}",
            (name.start_byte, name.end_byte),
            f"'{function}' takes no argument '{keyword}'.",
            suggestion=f"did you mean {' or '.join(near)}?" if near else "",
            correction=Correction(meant) if meant else None,
            evidence={"nearest": ", ".join(near)},
        )


def _bindings(imports: Sequence[Import]) -> Iterator[tuple[str, str]]:
    """Yield the names that imports bind, each with what it stands for."""
    for found in imports:
        if found.level:
            continue
        if found.binds or found.alias:
            yield (found.alias, found.module) if found.alias else (found.root, found.root)
        yield from ((member.alias or member.name, f"{found.module}.{member.name}") for member in found.members)


@cache
def _handing_on() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Return the functions of the table, each with its keywords and those with which it takes any other."""
    lines = (DATA / "keywords.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {name: (frozenset(takes.split()), frozenset(" ".join(rest).split())) for name, takes, *rest in rows}


@cache
def _roots() -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in _handing_on())


@cache
def _query() -> "Query":
    from tree_sitter import Query
    from tree_sitter_language_pack import get_language

    call = (
        "(call function: (_) @called arguments: (argument_list (keyword_argument name: (identifier) @name)) @arguments)"
    )
    return Query(get_language("python"), call)


def _keywords(tree: "Tree") -> Iterator[tuple["Node", "Node", "Node"]]:
    """Yield keywords of calls, each with what is called and all arguments."""
    from tree_sitter import QueryCursor

    for _, found in QueryCursor(_query(), match_limit=MAX_NESTED).matches(tree.root_node)[:MAX_KEYWORDS]:
        yield found["name"][0], found["called"][0], found["arguments"][0]


def _names(arguments: "Node") -> Iterator[str]:
    for child in arguments.named_children:
        name = child.child_by_field_name("name") if child.type == "keyword_argument" else None
        if name is not None:
            yield (name.text or b"").decode()
