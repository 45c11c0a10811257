"""What the syntax of a candidate's files looks like, in every language that is read. Runs in a worker process."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from assay.errors import PluginFailed

from services.stages.placeholder.design import is_by_design
from services.stages.placeholder.grammars import grammar_of
from services.stages.placeholder.nesting import is_too_deep
from services.stages.placeholder.tree import Module, parse
from services.stages.placeholder.values import names_in
from services.stages.placeholder.work import Does, body_does
from services.stages.source import Source, UnreadableSource, decode, decode_plain

if TYPE_CHECKING:
    from tree_sitter import Node

    from services.stages.placeholder.scopes import Scope

MAX_NODES = 200_000
"""Nodes of one file that are counted; what is beyond them changes no share."""

MAX_FUNCTIONS = 2_000
"""Functions of one file that are looked at."""

_BRANCH = re.compile(
    r"(?:if|elif|elsif|unless|for|foreach|while|until|enhanced_for|for_in|for_range|case|when|switch_case|switch_rule"
    r"|match_arm|expression_case|type_case|catch|except|rescue|conditional)(?:_statement|_clause|_expression|_item"
    r"|_modifier)?|(?:do|loop|ternary)_(?:statement|expression)"
)
"""Nodes at which the program goes one way or another, whatever the language calls them."""

_HOLLOW = frozenset({Does.NOTHING, Does.REFUSES, Does.TALKS, Does.STOPS})
_GREATEST = frozenset({"deepest", "longest"})
_MIN_LINE = 12
"""Characters below which two lines are alike by chance."""


@dataclass(frozen=True, slots=True)
class Shape:
    """
    What is counted in files; sums, so that files add up.

    :param deepest: The most branches in one another.
    :param longest: The most lines of one function.
    :param hollow: Functions whose body does nothing, refuses, or only prints, and is not so by design.
    :param constant: Functions whose body answers with what is written in the source, and does not do so by design.
    :param parameters: Of functions that are not empty by design.
    :param unused: Those of them that the body of their function never names.
    :param promised: Words of documentation of functions.
    :param repeated: Lines of code that stand in the file before.
    :param broken: Places where the tree shows that the source does not go on as its language does.
    """

    lines: int = 0
    comment_lines: int = 0
    functions: int = 0
    function_lines: int = 0
    longest: int = 0
    statements: int = 0
    hollow: int = 0
    constant: int = 0
    parameters: int = 0
    unused: int = 0
    promised: int = 0
    branches: int = 0
    deepest: int = 0
    repeated: int = 0
    broken: int = 0

    def __add__(self, other: "Shape") -> "Shape":
        pairs = ((name, getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return Shape(*[max(one, two) if name in _GREATEST else one + two for name, one, two in pairs])


def measure(files: Sequence[tuple[bytes, str, str]]) -> dict[str, float]:
    """
    Return the features of files by name; NaN where there is nothing to take a share of, empty where none is read.

    :param files: Content, path and language of each.
    """
    shapes = [shape for content, path, language in files if (shape := _shape(content, path, language)) is not None]
    return _features(sum(shapes, Shape())) if shapes else {}


def _features(shape: Shape) -> dict[str, float]:
    functions = shape.functions
    return {
        "code_lines": float(shape.lines),
        "comment_share": _share(shape.comment_lines, shape.lines + shape.comment_lines),
        "functions": float(functions),
        "mean_function_lines": _share(shape.function_lines, functions),
        "longest_function": float(shape.longest) if functions else math.nan,
        "hollow_share": _share(shape.hollow, functions),
        "constant_share": _share(shape.constant, functions),
        "unused_parameter_share": _share(shape.unused, shape.parameters),
        "words_promised_per_statement": _share(shape.promised, shape.statements),
        "branches_per_line": _share(shape.branches, shape.lines),
        "deepest_branch": float(shape.deepest),
        "repeated_line_share": _share(shape.repeated, shape.lines),
        "broken_places": float(shape.broken),
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _shape(content: bytes, path: str, language: str) -> Shape | None:
    """Return what is counted in one file; None where it is no text, or nests too deep to be read."""
    try:
        source = decode(content, path) if language == "python" else decode_plain(content, path)
        if is_too_deep(source, language):
            return None
    except (UnreadableSource, PluginFailed):
        return None
    module = parse(source, grammar_of(language, path))
    functions = [_function(scope, module) for scope in islice(module.functions, MAX_FUNCTIONS)]
    return sum(functions, _lines(source, module) + _nodes(module.root.node))


def _function(scope: "Scope", module: Module) -> Shape:
    lines = scope.node.end_point.row - scope.node.start_point.row + 1
    return Shape(
        functions=1,
        function_lines=lines,
        longest=lines,
        statements=len(scope.statements),
        promised=len(scope.docstring.split()),
    ) + (Shape() if is_by_design(scope, module) else _undone(scope))


def _undone(scope: "Scope") -> Shape:
    """Return what a function leaves undone that was to do something."""
    does = body_does(scope)
    used = names_in(scope.statements, scope.grammar) if scope.parameters else set()
    return Shape(
        hollow=bool(scope.blocks) and does <= _HOLLOW,
        constant=Does.ANSWERS in does and Does.WORKS not in does,
        parameters=len(scope.parameters),
        unused=sum(name not in used for name in scope.parameters),
    )


def _lines(source: Source, module: Module) -> Shape:
    comments: set[int] = set()
    for found in module.remarks:
        comments.update(range(found.node.start_point.row, found.node.end_point.row + 1))
    lines = [line.strip() for line in source.text.splitlines()]
    code = [line for row, line in enumerate(lines) if line and row not in comments]
    seen = Counter(line for line in code if len(line) >= _MIN_LINE)
    return Shape(lines=len(code), comment_lines=len(comments), repeated=sum(count - 1 for count in seen.values()))


def _nodes(root: "Node") -> Shape:
    branches = deepest = broken = 0
    for node, depth in islice(_walk(root), MAX_NODES):
        if node.is_error or node.is_missing:
            broken += 1
        elif _is_branch(node.type):
            branches += 1
            deepest = max(deepest, depth + 1)
    return Shape(branches=branches, deepest=deepest, broken=broken)


@cache
def _is_branch(kind: str) -> bool:
    return _BRANCH.fullmatch(kind) is not None


def _walk(root: "Node") -> "Iterator[tuple[Node, int]]":
    """Yield nodes in the order of the source, with the branches that each stands in."""
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        inner = depth + _is_branch(node.type)
        waiting.extend((child, inner) for child in reversed(node.named_children))
