"""The statements of a test that check something: assertions of Python, of unittest and of pytest."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .split import PREFIX

ASSERTIONS: Mapping[str, str] = MappingProxyType(
    {
        "assertEqual": "({0}) == ({1})",
        "assertEquals": "({0}) == ({1})",
        "assertListEqual": "({0}) == ({1})",
        "assertTupleEqual": "({0}) == ({1})",
        "assertDictEqual": "({0}) == ({1})",
        "assertSetEqual": "({0}) == ({1})",
        "assertMultiLineEqual": "({0}) == ({1})",
        "assertNotEqual": "({0}) != ({1})",
        "assertTrue": "({0})",
        "assertFalse": "not ({0})",
        "assertIs": "({0}) is ({1})",
        "assertIsNot": "({0}) is not ({1})",
        "assertIsNone": "({0}) is None",
        "assertIsNotNone": "({0}) is not None",
        "assertIn": "({0}) in ({1})",
        "assertNotIn": "({0}) not in ({1})",
        "assertGreater": "({0}) > ({1})",
        "assertGreaterEqual": "({0}) >= ({1})",
        "assertLess": "({0}) < ({1})",
        "assertLessEqual": "({0}) <= ({1})",
        "assertIsInstance": "isinstance(({0}), ({1}))",
        "assertNotIsInstance": "not isinstance(({0}), ({1}))",
        "assertAlmostEqual": f"{PREFIX}almost_equal(({{0}}), ({{1}}), {{places}}, {{delta}})",
        "assertNotAlmostEqual": f"not {PREFIX}almost_equal(({{0}}), ({{1}}), {{places}}, {{delta}})",
        "assertCountEqual": f"{PREFIX}count_equal(({{0}}), ({{1}}))",
        "assertRegex": f"{PREFIX}search(({{1}}), ({{0}}))",
    }
)
"""unittest's assertions by what they check, as its documentation has it."""

KEYWORDS = frozenset({"msg", "places", "delta"})
EXCEPTIONS = frozenset(
    name
    for name, value in vars(__import__("builtins")).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


@dataclass(frozen=True, slots=True)
class Form:
    """
    What a statement checks.

    :param template: An expression that holds where the check passes, with a number for each part.
    :param parts: The parts, as the test has them.
    :param tree: The same expression with the parts in it.
    """

    template: str
    parts: tuple[ast.expr, ...]
    tree: ast.expr


@dataclass(frozen=True, slots=True)
class Raising:
    """
    A block that is to raise.

    :param types: The names of the builtin exceptions of which one is expected.
    :param match: What its message is to match, as text of the test; None where that is open.
    :param item: What the block begins with, which is replaced.
    :param call: What is called, where it is no block but one call.
    """

    types: tuple[str, ...]
    match: ast.expr | None
    item: ast.expr
    call: ast.Call | None = None


def form_of(node: ast.stmt) -> Form | None:
    """Return what a statement checks by its values; None where it checks nothing so."""
    if isinstance(node, ast.Assert):
        return Form("({0})", (node.test,), node.test)
    call = node.value if isinstance(node, ast.Expr) else None
    name = assertion_of(call)
    if not isinstance(call, ast.Call) or name not in ASSERTIONS:
        return None
    return _of_unittest(call, ASSERTIONS[name])


def _of_unittest(call: ast.Call, template: str) -> Form | None:
    count = 2 if "{1}" in template else 1
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    more = call.args[count:]
    near = "{places}" in template
    if len(call.args) < count or not set(keywords) <= KEYWORDS or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    if len(more) > (3 if near else 1):
        return None
    given = dict(zip(("places", "msg", "delta") if near else ("msg",), more, strict=False)) | keywords
    options = [given.get(name, ast.Constant(None)) for name in ("places", "delta")] if near else []
    numbered = template.format("{0}", "{1}", places="{2}", delta="{3}")
    parts = (*call.args[:count], *options)
    return Form(numbered, parts, _filled(numbered, parts))


def assertion_of(call: ast.AST | None) -> str:
    """Return the name of the method of ``self`` that is called; empty where none is."""
    function = call.func if isinstance(call, ast.Call) else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "self":
        return function.attr
    return ""


def raising_of(node: ast.stmt) -> Raising | None:
    """Return what a statement is to raise; None where it is to raise nothing, or what is raised is looked at later."""
    call = node.value if isinstance(node, ast.Expr) else None
    if isinstance(call, ast.Call) and assertion_of(call) == "assertRaises" and len(call.args) > 1:
        types = exceptions_of(call.args[0])
        called = ast.Call(call.args[1], call.args[2:], call.keywords)
        return Raising(types, None, call, called) if types else None
    return _raising_block(node)


def _raising_block(node: ast.stmt) -> Raising | None:
    if not isinstance(node, ast.With) or len(node.items) != 1 or node.items[0].optional_vars is not None:
        return None
    call = node.items[0].context_expr
    if not isinstance(call, ast.Call) or len(call.args) not in {1, 2}:
        return None
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if ast.unparse(call.func) in {"pytest.raises", "raises"} and set(keywords) <= {"match"} and len(call.args) == 1:
        match = keywords.get("match")
    elif assertion_of(call) == "assertRaises" and not set(keywords) - {"msg"} and len(call.args) == 1:
        match = None
    elif assertion_of(call) == "assertRaisesRegex" and not keywords and len(call.args) == 2:
        match = call.args[1]
    else:
        return None
    types = exceptions_of(call.args[0])
    return Raising(types, match, call) if types else None


def exceptions_of(node: ast.expr) -> tuple[str, ...]:
    """Return the builtin exceptions that an expression names; empty where it names others."""
    names = [
        each.id if isinstance(each, ast.Name) else "" for each in (node.elts if isinstance(node, ast.Tuple) else [node])
    ]
    return tuple(names) if names and set(names) <= EXCEPTIONS else ()


def is_checking(node: ast.AST) -> bool:
    """Return whether a part of a test decides inside the sandbox: an assertion, or something that fails or raises."""
    if isinstance(node, (ast.Assert, ast.Raise)):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name.startswith(("assert", "fail")) or name in {"raises", "warns", "exit"}


def _filled(template: str, parts: tuple[ast.expr, ...]) -> ast.expr:
    names = [f"{PREFIX}part_{index}" for index in range(len(parts))]
    tree = ast.parse(template.format(*names), mode="eval").body
    return _Filling(dict(zip(names, parts, strict=True))).visit(tree)  # type: ignore[no-any-return]


class _Filling(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, parts: Mapping[str, ast.expr]) -> None:
        self._parts = parts

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return what stands in a name's place."""
        return self._parts.get(node.id, node)
