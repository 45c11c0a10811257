"""Which functions and classes of a test file are tests, and what only pytest can run, told from the syntax tree."""

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef

SETUP = {"setup_module", "teardown_module", "setup_function", "teardown_function", "setup_class", "teardown_class"}
"""Functions and methods that pytest calls by their names."""


def conditional(statements: list[ast.stmt]) -> set[str]:
    """Return the tests of which only running the file tells whether they are there: in blocks, or all inherited."""
    classes = {node.name: node for node in statements if isinstance(node, ast.ClassDef)}
    found = {
        name
        for name, node in classes.items()
        if name.startswith("Test") and not _tests_of(node) and any(map(_tests_of, _line(node, classes)))
    }
    blocks: list[ast.AST] = [node for node in statements if not isinstance(node, Definition)]
    for block in blocks:
        for inner in ast.iter_child_nodes(block):
            if isinstance(inner, Definition):
                found |= {inner.name} if inner.name.lower().startswith("test") else set()
            elif isinstance(inner, (ast.stmt, ast.excepthandler, ast.match_case)):
                blocks.append(inner)
    return found


def needs_pytest(statements: list[ast.stmt], functions: list[Function], imported: set[str]) -> bool:
    """
    Return whether only pytest can run these tests: they import it, have fixtures, or are there on a condition.

    :param functions: Those of the top level that the file does not call itself.
    """
    if "pytest" in {name.partition(".")[0] for name in imported} or conditional(statements):
        return True
    classes = [node for node in statements if isinstance(node, ast.ClassDef) and not _is_unittest(node)]
    methods = [inner for node in classes for inner in node.body if isinstance(inner, Function)]
    return any(_is_for_pytest(node, 0) for node in functions) or any(_is_for_pytest(node, 1) for node in methods)


def _is_for_pytest(node: Function, given: int) -> bool:
    arguments = node.args
    taken = len(arguments.posonlyargs + arguments.args) - len(arguments.defaults)
    taken += sum(default is None for default in arguments.kw_defaults)
    if any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list):
        given = 0
    return node.name in SETUP or (node.name.startswith("test") and taken > given)


def is_fixture(node: Function) -> bool:
    """Return whether a function is a fixture, whatever its name."""
    return any(ast.unparse(each).partition("(")[0].endswith("fixture") for each in node.decorator_list)


def coroutine(functions: list[Function], body: list[ast.stmt], names: set[str]) -> str:
    """
    Return the name of the first test that is a coroutine and that no class of unittest's runs; empty where none is.

    :param names: The test classes.
    """
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    plain = [classes[name] for name in names if not any(map(_is_unittest, _line(classes[name], classes)))]
    methods = [inner for node in plain for inner in node.body if getattr(inner, "name", "").startswith("test")]
    return next((node.name for node in (*functions, *methods) if isinstance(node, ast.AsyncFunctionDef)), "")


def test_methods(body: list[ast.stmt], *, as_pytest: bool) -> dict[str, list[str]]:
    """
    Return the test classes of a file with their own test methods.

    :param as_pytest: Whether pytest runs them, to which a class is a test by its name and cannot have a constructor.
    """
    classes = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    deleted = {t.id for n in body if isinstance(n, ast.Delete) for t in n.targets if isinstance(t, ast.Name)}
    found: dict[str, list[str]] = {}
    for name, node in classes.items():
        own = _tests_of(node)
        if own and name not in deleted and _is_test_class(node, classes, as_pytest=as_pytest):
            found[name] = own
    return found


def _tests_of(node: ast.ClassDef) -> list[str]:
    methods = [inner for inner in node.body if isinstance(inner, Function) and not is_fixture(inner)]
    return [method.name for method in methods if method.name.startswith("test")]


def _is_test_class(node: ast.ClassDef, classes: dict[str, ast.ClassDef], *, as_pytest: bool) -> bool:
    line = _line(node, classes)
    if any(_is_unittest(each) for each in line):
        return True
    if as_pytest:
        return node.name.startswith("Test") and not any(map(_is_constructed, line))
    return any(each.name.startswith("Test") and _bases(each) <= {"object"} for each in line)


def _line(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """Return a class and those of the file that it is derived from."""
    line = [node]
    for each in line:
        line += [classes[name] for name in _bases(each) if name in classes and classes[name] not in line]
    return line


def _bases(node: ast.ClassDef) -> set[str]:
    return {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "?") for base in node.bases}


def _is_unittest(node: ast.ClassDef) -> bool:
    return any(name.endswith("TestCase") for name in _bases(node))


def _is_constructed(node: ast.ClassDef) -> bool:
    names = {inner.name for inner in node.body if isinstance(inner, Function)}
    names |= {t.id for n in node.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    decorators = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
    return bool(names & {"__init__", "__new__", "__test__"}) or "dataclass" in decorators
