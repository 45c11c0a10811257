"""What a test file holds, told from its syntax tree before any code of the candidate is loaded."""

import ast
from collections.abc import Iterator
from typing import Any

from . import discovery

MAX_TESTS = 2_000

FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)
Definition = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Step:
    """One top-level statement; `test` is its id where its failure is a test's, else empty."""

    def __init__(self, node: ast.stmt) -> None:
        self.node = node
        self.test = ""


class Collection:
    """
    What one test file holds.

    :param functions: Test functions that the file does not call itself, by name.
    :param classes: Test classes with the names of their own test methods.
    :param conditional: Tests that may or may not be there once the file has run.
    :param bound: Every name that the file binds anywhere, and "SystemExit" where it may leave the program itself.
    :param imported: The modules that it imports, dotted.
    :param needs_pytest: Whether only pytest can run it: it imports it, or has fixtures.
    :param tree: Its syntax tree; None where it could not be read.
    :param problem: Why it cannot be run here; empty where it can.
    """

    def __init__(self, source: bytes = b"", problem: str = "") -> None:
        self.source = source
        self.problem = problem
        self.steps: list[Step] = []
        self.functions: list[str] = []
        self.classes: dict[str, list[str]] = {}
        self.conditional: set[str] = set()
        self.bound: set[str] = set()
        self.imported: set[str] = set()
        self.needs_pytest = False
        self.flags = 0
        self.tree: ast.Module | None = None

    def is_script(self) -> bool:
        """Whether the statements of its top level are the tests, since there are no others."""
        return not (self.functions or self.classes or self.conditional)

    def as_job(self) -> dict[str, Any]:
        """Return what a run needs to know of it, as plain data."""
        tests = {*self.functions, *self.classes, *self.conditional}
        steps = [
            (self._place(step.node), step.test, sorted(bound_names(step.node) & tests) if tests else [])
            for step in self.steps
        ]
        return {
            "steps": steps,
            "tests": self.tests(),
            "functions": self.functions,
            "classes": self.classes,
            "conditional": sorted(self.conditional),
            "bound": sorted(self.bound),
            "imported": sorted(self.imported),
            "needs_pytest": self.needs_pytest,
            "problem": self.problem,
            "is_script": self.is_script(),
            "flags": self.flags,
        }

    def _place(self, node: ast.stmt) -> list[int]:
        """Return where a statement stands: its index, or that of the block and its own in the block."""
        for index, each in enumerate(self.tree.body if self.tree else ()):
            if each is node:
                return [index]
            if isinstance(each, ast.If) and node in each.body:
                return [index, each.body.index(node)]
        raise ValueError("the statement is not of this file")

    def tests(self) -> list[str]:
        """Return the ids of the tests, in order."""
        methods = [f"{name}.{method}" for name, own in self.classes.items() for method in own]
        return [step.test for step in self.steps if step.test] + self.functions + methods


def collect(source: bytes, path: str) -> Collection:
    """Return what a test file holds."""
    try:
        tree = ast.parse(source, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return Collection(problem=f"the test file is not Python: {type(error).__name__} in line {line}")
    found = Collection(source)
    found.tree = tree
    found.bound, found.imported, found.flags = bound_names(tree), _imported(tree), _future(tree)
    statements = [node for node in tree.body if not (_is_main_block(node) or _is_runner(node))]
    called = {n.id for s in statements if not isinstance(s, Definition) for n in ast.walk(s) if isinstance(n, ast.Name)}
    functions = [node for node in statements if isinstance(node, FunctionNode) and node.name not in called]
    found.needs_pytest = discovery.needs_pytest(statements, functions, found.imported)
    found.conditional = discovery.conditional(statements)
    tests = [node for node in functions if node.name.startswith("test") and not discovery.is_fixture(node)]
    found.functions = [node.name for node in tests]
    found.classes = discovery.test_methods(tree.body, as_pytest=found.needs_pytest)
    if found.is_script():
        statements = [node for node in _unfold(tree.body) if not _is_runner(node)]
    found.steps = _steps(statements, found)
    found.problem = _problem(found, discovery.coroutine(tests, tree.body, set(found.classes)))
    return found


def _steps(statements: list[ast.stmt], found: Collection) -> list[Step]:
    steps = [Step(node) for node in statements]
    if found.needs_pytest and not found.is_script():
        return steps
    units = [step for step in steps if _is_unit(step.node)]
    if not units and found.is_script():
        units = [s for s in steps if not isinstance(s.node, Definition) and _contains(s.node, ast.Call)]
    taken: set[int] = set()
    for step in units:
        line = step.node.lineno
        step.test = f"line {line}:{step.node.col_offset + 1}" if line in taken else f"line {line}"
        taken.add(line)
    return steps


def _is_unit(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Expr):
        return _contains(node, ast.Call)
    if isinstance(node, (ast.For, ast.While, ast.With, ast.Try, ast.If, ast.Match)):
        return _contains(node, ast.Assert, ast.Call)
    return False


def _problem(found: Collection, coroutine: str) -> str:
    if coroutine:
        return f"{coroutine} is a coroutine, which needs a pytest plug-in that is not in this environment"
    count = len(found.tests())
    if count > MAX_TESTS:
        return f"it holds {count} tests, more than the {MAX_TESTS} that are run"
    return "" if count or found.conditional else "the test file holds no test"


def _is_main_block(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"__name__ == '__main__'", "'__main__' == __name__"}


def _is_runner(node: ast.stmt) -> bool:
    """Whether a statement would start a test runner of its own."""
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) in {"unittest.main", "pytest.main", "doctest.testmod"}


def _unfold(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If) and _is_main_block(node):
            yield from node.body
        else:
            yield node


def _contains(node: ast.AST, *kinds: type[ast.AST]) -> bool:
    return any(isinstance(inner, kinds) for inner in ast.walk(node))


def bound_names(tree: ast.AST) -> set[str]:
    """Return every name that is bound anywhere in a tree, and "SystemExit" where it may leave the program itself."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (*FunctionNode, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.split(".")[0])
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        if getattr(node, "id", getattr(node, "attr", "")) in {"exit", "_exit", "quit", "SystemExit"}:
            names.add("SystemExit")
    return names


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def _future(tree: ast.Module) -> int:
    import __future__

    features = [
        getattr(__future__, alias.name, None)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    return sum({feature.compiler_flag for feature in features if feature is not None})
