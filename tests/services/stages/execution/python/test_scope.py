"""What is known of names."""

import ast

import pytest

from services.stages.execution.python.pure import Outside
from services.stages.execution.python.scope import (
    Scope,
    bound_once,
    given_by,
    imports_of,
    is_lasting,
    theirs_by_import,
    top_names,
)
from services.stages.execution.python.split import DERIVED, THEIRS, Names


def scope() -> Scope:
    """Return a scope in which ``f`` is the candidate's."""
    bound = frozenset({"f", "x", "y", "data"})
    return Scope("", Names(Outside({}), bound, whose={"f": THEIRS}), ())


def assign(made: Scope, source: str) -> None:
    """Note an assignment to a name."""
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.Assign)
    assert isinstance(node.targets[0], ast.Name)
    made.assign(node.targets[0].id, node.value, node)


def test_a_name_is_known_or_somebodys() -> None:
    """By what it is bound to last."""
    made = scope()
    assign(made, "x = [1]")
    assert ("x" in made.known, made.known["x"].is_lasting) == (True, False)
    assign(made, "y = x")
    assert made.known["y"].known == (("x", made.known["x"].key),)
    assert not made.known["y"].is_lasting
    assign(made, "x = f(1)")
    assert ("x" in made.known, made.names.whose["x"], made.subjects["x"]) == (False, THEIRS, "f")
    assign(made, "x = [f(1)]")
    assert made.names.whose["x"] == DERIVED


def test_what_is_handed_over_is_the_candidates_to_change() -> None:
    """A value of the tests that is not known is told from then on."""
    made = scope()
    made.touch(ast.parse("f(data)"))
    assert made.names.whose["data"] is THEIRS


def test_a_function_knows_what_the_top_level_binds_once() -> None:
    """Other names may be others when it runs."""
    made = scope()
    assign(made, "x = 1")
    assign(made, "y = 2")
    assert set(made.inner("test_it", {"x"}).known) == {"x"}


@pytest.mark.parametrize(
    ("text", "lasting"),
    [
        ("1", True),
        ("-1.5", True),
        ("('a', (2, None))", True),
        ("2 * 3", True),
        ("[1]", False),
        ("{}", False),
        ("(1, [])", False),
    ],
)
def test_a_value_lasts_where_nothing_can_change_it(text: str, lasting: bool) -> None:
    """Told from its form."""
    assert is_lasting(ast.parse(text, mode="eval").body) is lasting


def test_imports_are_the_candidates_or_can_be_used_outside() -> None:
    """By the module that they name."""
    tree = ast.parse("import math as m, os\nfrom main import f as g, h\nfrom pkg import main\nfrom math import pi\n")
    assert imports_of(tree) == {"m": ("math", ""), "pi": ("math", "pi")}
    assert theirs_by_import(tree, {"main", "pkg.main"}) == {"g", "h", "main"}


def test_a_candidates_namespace_holds_what_it_defines_and_imports() -> None:
    """A name that it binds itself is not an import."""
    given = given_by(ast.parse("import math, os\nfrom x import y\ny = 1\ndef f(): z = 1\nclass A: pass\n"))
    assert (set(given.defined), set(given.imported)) == ({"y", "f", "A"}, {"math", "os"})
    assert given.imports == {"math": ("math", "")}
    assert given_by(None).defined == frozenset()


def test_names_of_tests_in_the_candidates_namespace_are_its_own() -> None:
    """Unless the tests bind them."""
    tests, code = ast.parse("def len(x): ...\n"), given_by(ast.parse("def sum(x): ...\n"))
    names = top_names(tests, (), code, is_appended=True)
    assert names.of(ast.parse("sum([1])", mode="eval").body) is THEIRS
    assert names.of(ast.parse("len([1])", mode="eval").body) == "own"
    assert bound_once(ast.parse("a = b = 1\nfor a in (): pass\n")) == {"b"}
