"""The parts of a test file that run as one: statements of the top level, functions and methods that are tests."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from services.stages.execution.harness.collect import Collection as Tests

from .scope import Scope
from .split import DERIVED, OWN, names_in

ONCE = ("pytest.mark.", "unittest.skip", "mock.patch", "patch")
"""How decorators begin that leave a test to be run once, or once for each of its parameters."""

TURNED = ("xfail", "expectedFailure")
"""What marks a test that passes where it fails; what it decides is decided inside."""


@dataclass(frozen=True, slots=True)
class Unit:
    """
    Statements that run one after another.

    :param test: The id of the test that they are; empty where they only prepare.
    :param key: Empty for the top level, else the function's name with its class's.
    :param arguments: What a function that the file calls itself is called with.
    """

    test: str
    body: tuple[ast.stmt, ...]
    key: str = ""
    function: ast.FunctionDef | None = None
    owner: ast.ClassDef | None = None
    arguments: tuple[ast.expr, ...] | None = None

    @property
    def roots(self) -> tuple[ast.AST, ...]:
        """Everything that belongs to it."""
        return self.body if self.function is None else (self.function,)

    def enter(self, top: Scope, single: Collection[str], tree: ast.Module) -> Scope:
        """Return the scope of its statements."""
        if self.function is None:
            return top
        scope = top.inner(self.key, single)
        parameters = [each.arg for each in (*self.function.args.posonlyargs, *self.function.args.args)]
        if self.arguments is not None:
            given = {name: top.names.of(value) for name, value in zip(parameters, self.arguments, strict=True)}
            for name, value in zip(parameters, self.arguments, strict=True):
                scope.subjects[name] = top.subject(value) or (value.id if isinstance(value, ast.Name) else "")
        else:
            given = dict.fromkeys(set(parameters) - _parametrized(self.function, tree), DERIVED)
        for name in parameters:
            scope.bind(name, given.get(name, OWN))
        if self.owner is not None:
            self._members(self.owner, scope)
        return scope

    @staticmethod
    def _members(owner: ast.ClassDef, scope: Scope) -> None:
        """Note what the methods of a class keep in ``self``."""
        scope.bind("self", OWN)
        for node in ast.walk(owner):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                        scope.names.whose[f"self.{target.attr}"] = scope.names.of(node.value)


def units(tests: Tests, single: Collection[str]) -> Iterator[Unit]:
    """
    Yield the parts of a test file in the order in which they run.

    :param single: The names that the file binds once.
    """
    assert tests.tree is not None
    body = tests.tree.body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef) and node.name in single}
    loads = [name for node in body for name in names_in(node)]
    for step in tests.steps:
        called = _called(step.node, functions) if step.test else None
        if called is not None and loads.count(called[0].name) == 1:
            function, arguments = called
            yield Unit(step.test, tuple(function.body), function.name, function, arguments=arguments)
        else:
            yield Unit(step.test, (step.node,))
    if any(_is_turned(node) for node in body if isinstance(node, ast.Assign)):
        return
    for name in tests.functions:
        if name in functions and name not in loads and _runs_once(functions[name]):
            yield Unit(name, tuple(functions[name].body), name, functions[name])
    yield from _methods(tests, single)


def _methods(tests: Tests, single: Collection[str]) -> Iterator[Unit]:
    assert tests.tree is not None
    classes = [node for node in tests.tree.body if isinstance(node, ast.ClassDef)]
    members = {node.attr for node in ast.walk(tests.tree) if isinstance(node, ast.Attribute)}
    bases = {name for node in classes for base in node.bases for name in names_in(base)}
    for node in classes:
        if node.name not in tests.classes or node.name not in single or node.name in bases or node.decorator_list:
            continue
        methods = [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
        named = [method.name for method in methods]
        if any(name.startswith("assert") for name in named):
            continue
        for method in methods:
            is_called = method.name in members or named.count(method.name) > 1
            if method.name in tests.classes[node.name] and not is_called and _runs_once(method):
                key = f"{node.name}.{method.name}"
                yield Unit(key, tuple(method.body), key, method, node)


def _called(
    node: ast.stmt, functions: dict[str, ast.FunctionDef]
) -> tuple[ast.FunctionDef, tuple[ast.expr, ...]] | None:
    """Return the function of the file that a statement calls, with the arguments; None where it does anything else."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.keywords:
        return None
    function = functions.get(call.func.id)
    if function is None or function.decorator_list or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    arguments = function.args
    plain = not (arguments.vararg or arguments.kwarg or arguments.kwonlyargs)
    takes = len(arguments.posonlyargs) + len(arguments.args)
    fits = plain and takes == len(call.args) and not is_generator(function)
    return (function, tuple(call.args)) if fits else None


def _is_turned(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Attribute) and inner.attr in TURNED for inner in ast.walk(node))


def _runs_once(node: ast.FunctionDef) -> bool:
    if any(map(_is_turned, node.decorator_list)):
        return False
    known = all(ast.unparse(each).startswith(ONCE) for each in node.decorator_list)
    return known and not is_generator(node) and not node.args.vararg and not node.args.kwarg


def is_generator(node: ast.FunctionDef) -> bool:
    """Return whether calling a function does not run it."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node))


def _parametrized(function: ast.FunctionDef, tree: ast.Module) -> set[str]:
    """Return the parameters that decorators give values of the tests; every name where they cannot be read."""
    names: set[str] = set()
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith("parametrize"):
            continue
        first = decorator.args[0] if decorator.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            names |= {name.strip() for name in first.value.split(",")}
        elif isinstance(first, (ast.List, ast.Tuple)):
            names |= {str(each.value) for each in first.elts if isinstance(each, ast.Constant)}
        else:
            names |= {each.arg for each in function.args.args}
    return names
