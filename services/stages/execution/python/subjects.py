"""Which function of the candidate a statement of the tests is about, told from the names alone."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from services.stages.execution.harness.collect import Collection as Tests

MAX_STATEMENT = 2_000


@dataclass(frozen=True, slots=True)
class Statement:
    """
    A statement of the tests.

    :param calls: The names that it calls, the outermost call first.
    :param operator: How an assertion compares its two sides, as the syntax tree calls it; empty where it compares none.
    :param is_turned: Whether what is expected stands on the left.
    """

    first_line: int
    last_line: int
    text: str
    calls: tuple[str, ...]
    is_assertion: bool
    operator: str = ""
    is_turned: bool = False


def definitions(tree: ast.Module | None) -> Mapping[str, int]:
    """Return the line of each function and class of a file, by name; of several the outermost."""
    found: dict[str, int] = {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.setdefault(node.name, node.lineno)
    return found


def statements(tests: Tests) -> tuple[Statement, ...]:
    """Return the statements of a test file that have no others in them, in their order."""
    if tests.tree is None:
        return ()
    given = _given(tests.tree)
    lone = [node for node in ast.walk(tests.tree) if isinstance(node, ast.stmt) and not _holds_others(node)]
    return tuple(sorted((_statement(node, given) for node in lone), key=lambda each: each.first_line))


def _holds_others(node: ast.stmt) -> bool:
    return any(isinstance(inner, ast.stmt) for inner in ast.iter_child_nodes(node))


def _statement(node: ast.stmt, given: Mapping[str, str]) -> Statement:
    names = [
        inner.func.attr if isinstance(inner.func, ast.Attribute) else getattr(inner.func, "id", "")
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call)
    ]
    comparison = node.test if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare) else None
    operator, is_turned = "", False
    if comparison is not None and len(comparison.ops) == 1:
        operator = type(comparison.ops[0]).__name__
        is_turned = isinstance(comparison.left, ast.Constant) and not isinstance(
            comparison.comparators[0], ast.Constant
        )
    return Statement(
        node.lineno,
        node.end_lineno or node.lineno,
        ast.unparse(node)[:MAX_STATEMENT] if isinstance(node, (ast.Assert, ast.Expr)) else "",
        tuple(given.get(name, name) for name in names if name),
        isinstance(node, ast.Assert),
        operator,
        is_turned,
    )


def _given(tree: ast.Module) -> dict[str, str]:
    """Return what functions of the file are called with, by the parameter: ``candidate`` may be ``area``."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = {}
    for node in tree.body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in functions:
            for parameter, value in zip(functions[call.func.id].args.args, call.args, strict=False):
                if isinstance(value, ast.Name):
                    found[parameter.arg] = value.id
                elif isinstance(value, ast.Attribute):
                    found[parameter.arg] = value.attr
    return found
