"""
An expression of a test, split in two: what depends on the candidate and must be evaluated beside it, and the rest.

The rest holds what is expected. Where it could not be evaluated without the tests' own code, or where a part that
depends on the candidate is not certain to be evaluated, the expression is not split.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from .pure import FUNCTIONS, METHODS, Outside

PREFIX = "_assay_"
"""What begins the names that stand for values of the candidate; tests that use such a name are not taken apart."""

GROWN = frozenset(
    {
        *("len", "sorted", "list", "set", "tuple", "dict", "sum", "max", "min", "str", "repr", "next", "int", "float"),
        *("bool", "any", "all", "frozenset", "reversed", "iter"),
    }
)
"""Builtins that are called beside the candidate where their only argument is its value."""

ASKING = frozenset({"isinstance", "issubclass", "callable", "hasattr", "getattr"})
"""Builtins that ask about an object, which is not plain data as a rule."""

THEIRS, DERIVED, OWN, PURE = "theirs", "derived", "own", "pure"
"""
Whose an expression is: a value of the candidate; one that the tests' code makes of such a value; one of the tests
alone; or one that can be evaluated outside.
"""

_ACCESS = (ast.Attribute, ast.Subscript, ast.Call)
_BARRED = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class NotApartError(Exception):
    """The expression cannot be split."""


@dataclass
class Names:
    """
    What is known of the names at one place of a test file.

    :param bound: Names that the file binds anywhere.
    :param known: Names with a value that is known outside.
    :param whose: THEIRS or DERIVED, by name (or attribute of self, as "self.x"); others are OWN.
    :param free: Whose a name is that nobody binds: THEIRS where the tests stand in the candidate's namespace.
    """

    outside: Outside
    bound: frozenset[str]
    known: set[str] = field(default_factory=set)
    whose: dict[str, str] = field(default_factory=dict)
    free: str = OWN

    def of(self, node: ast.AST) -> str:
        """Return whose an expression is."""
        if self.outside.is_pure(node, self.known, self.bound):
            return PURE
        root = root_of(node)
        if isinstance(root, ast.Name) and not isinstance(node, _COMPREHENSIONS):
            standing = self._of_name(root, node)
            if standing in {THEIRS, DERIVED}:
                return standing
        found = {self._of_part(each) for each in ast.walk(node)}
        return DERIVED if found & {THEIRS, DERIVED} else OWN

    def _of_part(self, node: ast.AST) -> str:
        """Return whose a name is, or a member of ``self``; OWN for every other part of an expression."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self._of_name(node.value, node)
        return self._of_name(node, node) if isinstance(node, ast.Name) else OWN

    def _of_name(self, name: ast.Name, node: ast.AST) -> str:
        if name.id == "self" and (member := first_member(node)):
            return self.whose.get(f"self.{member}", OWN)
        if name.id in self.whose:
            return self.whose[name.id]
        if name.id in self.bound or name.id in self.known or is_builtin(name.id):
            return OWN
        return self.free


@dataclass
class Split:
    """
    A split expression.

    :param places: Its parts that are evaluated beside the candidate, each with the name that stands for its value.
    """

    places: list[tuple[ast.expr, str]] = field(default_factory=list)

    @property
    def probes(self) -> dict[str, ast.expr]:
        """What is evaluated, once for each name."""
        return {name: node for node, name in self.places}


def split(tree: ast.expr, names: Names) -> Split:
    """
    Return the parts of an expression that depend on the candidate.

    :raises NotApartError: It cannot be split.
    """
    splitter = _Splitter(names)
    splitter.visit(tree, lazy=False, against_pure=False)
    return Split(splitter.places)


class _Splitter:
    def __init__(self, names: Names) -> None:
        self._names = names
        self._holes: dict[str, str] = {}
        self.places: list[tuple[ast.expr, str]] = []

    def visit(self, node: ast.AST, *, lazy: bool, against_pure: bool) -> None:
        """
        Take the probes of an expression.

        :param lazy: Whether it may not be evaluated.
        :param against_pure: Whether its value is compared with one that is known outside.
        """
        whose = self._names.of(node)
        if whose is PURE:
            return
        if whose is OWN:
            raise NotApartError
        match node:
            case ast.Compare():
                self._compare(node, lazy=lazy)
            case ast.BoolOp() | ast.IfExp():
                first, *rest = node.values if isinstance(node, ast.BoolOp) else [node.test, node.body, node.orelse]
                self.visit(first, lazy=lazy, against_pure=False)
                for value in rest:
                    self.visit(value, lazy=True, against_pure=False)
            case ast.UnaryOp() | ast.BinOp() | ast.Tuple() | ast.List() | ast.Set() | ast.Dict():
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.visit(child, lazy=lazy, against_pure=against_pure)
            case ast.Call():
                self._call(node, lazy=lazy, against_pure=against_pure)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                self._whole(node, lazy=lazy, against_pure=against_pure)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() if not _holds_comparison(node):
                self._whole(node, lazy=lazy, against_pure=against_pure)
            case _:
                raise NotApartError

    def _compare(self, node: ast.Compare, *, lazy: bool) -> None:
        sides = [node.left, *node.comparators]
        for index, operator in enumerate(node.ops):
            if isinstance(operator, (ast.Is, ast.IsNot)) and not any(map(_is_single, sides[index : index + 2])):
                raise NotApartError
        pure = [self._names.of(side) is PURE for side in sides]
        for index, side in enumerate(sides):
            beside = [pure[other] for other in (index - 1, index + 1) if 0 <= other < len(sides)]
            self.visit(side, lazy=lazy or index > 1, against_pure=any(beside))

    def _call(self, node: ast.Call, *, lazy: bool, against_pure: bool) -> None:
        function = node.func
        builtin = function.id if isinstance(function, ast.Name) and function.id not in self._names.bound else ""
        value = _unwrapped(node, self._names) if builtin in GROWN else None
        if builtin == "type":
            raise NotApartError
        if builtin in ASKING:
            self._whole(node, lazy=lazy, against_pure=True)
        elif value is not None and self._names.of(value) in {THEIRS, DERIVED}:
            self._whole(node, lazy=lazy, against_pure=against_pure or self._names.of(value) is THEIRS)
        elif self._is_computing(function):
            arguments = (*node.args, *(keyword.value for keyword in node.keywords))
            beside = against_pure or any(self._names.of(argument) is PURE for argument in arguments)
            for argument in arguments:
                self.visit(argument, lazy=lazy, against_pure=beside)
        else:
            self._whole(node, lazy=lazy, against_pure=against_pure)

    def _is_computing(self, function: ast.expr) -> bool:
        """Whether a function is called outside, with values that come out."""
        if isinstance(function, ast.Attribute) and function.attr in METHODS:
            return self._names.of(function.value) is PURE
        return self._names.of(function) is PURE

    def _whole(self, node: ast.expr, *, lazy: bool, against_pure: bool) -> None:
        """Take an expression as a probe."""
        if any(isinstance(inner, _BARRED) for inner in ast.walk(node)):
            raise NotApartError
        if lazy and any(isinstance(inner, ast.Call) for inner in ast.walk(node)):
            raise NotApartError
        if self._names.of(node) is DERIVED and not against_pure:
            raise NotApartError
        # A name that stands in several places is one value, so that it may stand where it is not always looked at.
        key = node.id if isinstance(node, ast.Name) else f"{len(self._holes)}"
        hole = self._holes.setdefault(key, f"{PREFIX}{len(self._holes)}_")
        self.places.append((node, hole))


def root_of(node: ast.AST) -> ast.AST:
    """Return what a chain of calls, attributes and items starts from."""
    while isinstance(node, _ACCESS):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node


def first_member(node: ast.AST) -> str:
    """Return the attribute of a chain that stands next to its root; empty where there is none."""
    member = ""
    while isinstance(node, _ACCESS):
        if isinstance(node, ast.Attribute):
            member = node.attr
        node = node.func if isinstance(node, ast.Call) else node.value
    return member


def _unwrapped(node: ast.expr, names: Names) -> ast.expr | None:
    """Return the one value that builtins are called with, one around another; None where more stands beside it."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GROWN - names.bound:
        if len(node.args) != 1:
            return None
        node = node.args[0]
    return node if isinstance(node, (*_ACCESS, ast.Name)) else None


def is_builtin(name: str) -> bool:
    """Return whether a name is one of Python's own."""
    import builtins

    return hasattr(builtins, name)


def _is_single(node: ast.expr) -> bool:
    """Whether there is one object of its kind, so that identity and equality agree."""
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is Ellipsis or isinstance(node.value, bool)
    return isinstance(node, ast.Name) and isinstance(FUNCTIONS.get(node.id), type)


def _holds_comparison(node: ast.AST) -> bool:
    return any(isinstance(inner, (ast.Compare, ast.BoolOp, ast.IfExp)) for inner in ast.walk(node))


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield the names that a tree reads."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            yield inner.id
