"""
What a test expects, evaluated outside the sandbox: expressions over plain data, and nothing that reaches further.

An expression is read before it is evaluated: names are those of :data:`FUNCTIONS`, of modules that compute, or given;
attributes are methods of plain data by their names. It runs in a worker, whose memory and time are bounded.
"""

import ast
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType, SimpleNamespace
from typing import Any

from .tolerance import almost_equal, approx, count_equal

_BUILTINS = (
    *(abs, all, any, ascii, bin, bool, bytes, chr, complex, dict, divmod, enumerate, filter, float, frozenset, hex),
    *(int, isinstance, len, list, map, max, min, oct, ord, pow, range, repr, reversed, round, set, sorted, str, sum),
    *(tuple, zip),
)


def _type(value: object, /) -> type:
    """Return what a value is an instance of; with three arguments the builtin makes classes, which have a say."""
    return type(value)


FUNCTIONS: Mapping[str, Any] = MappingProxyType(
    {function.__name__: function for function in _BUILTINS} | {"type": _type}
)
"""Builtins that only compute."""

INTERNAL: Mapping[str, Any] = MappingProxyType(
    {
        "_assay_almost_equal": almost_equal,
        "_assay_count_equal": count_equal,
        "_assay_search": lambda pattern, text: re.search(pattern, text) is not None,
    }
)
"""What assertions of the frameworks are rewritten to; tests that use such names are not taken apart."""

_DATES = {"date": date, "datetime": datetime, "timedelta": timedelta}

MODULES: Mapping[str, Any] = MappingProxyType({"math": math, "datetime": SimpleNamespace(**_DATES)})
"""Modules, with the names that may be used of them."""

IMPORTED: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("collections", "Counter"): Counter,
        ("decimal", "Decimal"): Decimal,
        ("fractions", "Fraction"): Fraction,
        ("pytest", "approx"): approx,
        **{("datetime", name): value for name, value in _DATES.items()},
        **{("math", name): value for name, value in vars(math).items() if not name.startswith("_")},
    }
)
"""Names of other modules, by module."""

METHODS = frozenset(
    {
        *("capitalize", "casefold", "center", "count", "decode", "encode", "endswith", "find", "get", "hex", "index"),
        *("isalnum", "isalpha", "isdigit", "islower", "isspace", "isupper", "items", "join", "keys", "ljust", "lower"),
        *("lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition"),
        *("rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "values"),
        *("zfill", "bit_length", "union", "intersection", "difference", "issubset", "issuperset"),
        "symmetric_difference",
    }
)
"""Methods of plain data that only compute."""

_NODES = (
    *(
        ast.Expression,
        ast.Constant,
        ast.Tuple,
        ast.List,
        ast.Set,
        ast.Dict,
        ast.Name,
        ast.Attribute,
        ast.Call,
        ast.keyword,
    ),
    *(
        ast.UnaryOp,
        ast.BinOp,
        ast.BoolOp,
        ast.Compare,
        ast.IfExp,
        ast.Subscript,
        ast.Slice,
        ast.Starred,
        ast.comprehension,
    ),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.arguments, ast.arg),
    *(ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)


class Outside:
    """
    What the names of one test file mean outside the sandbox.

    :param imports: What the file imports: the module and the name in it (empty for the module) by the name it is bound
        to; only those that can be evaluated outside are kept.
    """

    def __init__(self, imports: Mapping[str, tuple[str, str]]) -> None:
        self.imports = imports
        self.modules = {
            bound: MODULES[module] for bound, (module, name) in imports.items() if not name and module in MODULES
        }
        self.names = {bound: IMPORTED[origin] for bound, origin in imports.items() if origin in IMPORTED}
        self.pytest = {bound for bound, origin in imports.items() if origin == ("pytest", "")}

    def is_pure(self, node: ast.AST, bound: Collection[str], shadowed: Collection[str] = ()) -> bool:
        """
        Return whether an expression can be evaluated outside.

        :param bound: Names besides that have a value there.
        :param shadowed: Names that the test file binds itself, so that they are not what they are elsewhere.
        """
        own = set(bound) | _bound_within(node)
        return all(self._is_known(inner, own, shadowed) for inner in ast.walk(node))

    def _is_known(self, node: ast.AST, own: Collection[str], shadowed: Collection[str]) -> bool:
        if isinstance(node, ast.Name):
            known = (own, INTERNAL, self.names, self.modules, self.pytest)
            return any(node.id in names for names in known) or (node.id in FUNCTIONS and node.id not in shadowed)
        if isinstance(node, ast.Attribute):
            return self._is_member(node)
        if isinstance(node, ast.Call):
            return isinstance(node.func, (ast.Name, ast.Attribute))
        return isinstance(node, _NODES)

    def _is_member(self, node: ast.Attribute) -> bool:
        if isinstance(node.value, ast.Name) and node.value.id in self.modules:
            return not node.attr.startswith("_") and hasattr(self.modules[node.value.id], node.attr)
        if isinstance(node.value, ast.Name) and node.value.id in self.pytest:
            return node.attr == "approx"
        return node.attr in METHODS

    def evaluate(self, expression: str | ast.expr, values: Mapping[str, Any]) -> Any:
        """
        Return what an expression gives.

        :param values: The values of the names that are not known otherwise.
        :raises Exception: Whatever the expression raises, and ValueError where it is not pure.
        """
        tree = ast.parse(expression, mode="eval").body if isinstance(expression, str) else expression
        if not self.is_pure(tree, values):
            raise ValueError("the expression reaches further than plain data")
        space = {"__builtins__": {}, **FUNCTIONS, **INTERNAL, **self.modules, **self.names}
        space |= dict.fromkeys(self.pytest, _Pytest)
        return eval(compile(ast.Expression(tree), "expected", "eval"), space | dict(values))  # noqa: S307  # read before

    @staticmethod
    def sides(expression: str) -> tuple[ast.expr, str, ast.expr] | None:
        """Return both sides of an expression that is one comparison, and its operator; None where it is none."""
        tree = ast.parse(expression, mode="eval").body
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
            return None
        return tree.left, type(tree.ops[0]).__name__, tree.comparators[0]


class _Pytest:
    """What a test uses of pytest in what it expects."""

    approx: Callable[..., Any] = staticmethod(approx)


def _bound_within(node: ast.AST) -> set[str]:
    """Return the names that comprehensions and lambdas of an expression bind."""
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
    return names | {inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg)}
