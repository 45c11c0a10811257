"""Whose the parts of an expression are."""

import ast

import pytest

from services.stages.execution.python.pure import Outside
from services.stages.execution.python.split import DERIVED, OWN, PURE, THEIRS, Names, first_member, root_of, split


def names() -> Names:
    """Return names: ``f`` is the candidate's, ``made`` comes from it, ``helper`` is a function of the tests."""
    whose = {"f": THEIRS, "made": DERIVED, "self.box": THEIRS}
    return Names(Outside({}), frozenset({"f", "made", "helper", "self"}), {"want"}, whose)


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("1 + 2", PURE),
        ("want", PURE),
        ("[want, len([1])]", PURE),
        ("f", THEIRS),
        ("f(1).x[helper]", THEIRS),
        ("self.box.open(1)", THEIRS),
        ("self.other", OWN),
        ("made", DERIVED),
        ("helper(f)", DERIVED),
        ("[f(1)]", DERIVED),
        ("helper(1)", OWN),
        ("unknown", OWN),
    ],
)
def test_an_expression_is_somebodys(text: str, whose: str) -> None:
    """The root of a chain says whose it is; what is made of the candidate's values is derived."""
    assert names().of(ast.parse(text, mode="eval").body) is whose


def test_a_free_name_is_the_candidates_where_the_tests_stand_in_its_namespace() -> None:
    """Builtins are nobody's."""
    appended = Names(Outside({}), frozenset(), free=THEIRS)
    assert appended.of(ast.parse("anything", mode="eval").body) is THEIRS
    assert appended.of(ast.parse("len", mode="eval").body) is PURE
    assert appended.of(ast.parse("open", mode="eval").body) is OWN


def test_probes_are_evaluated_in_the_order_of_the_text() -> None:
    """What the calls do to one another stays as it was."""
    found = split(ast.parse("f(1) == [f(2), f(3)]", mode="eval").body, names())
    assert [ast.unparse(node) for node in found.probes.values()] == ["f(1)", "f(2)", "f(3)"]


def test_a_chain_has_a_root_and_a_first_member() -> None:
    """They are what stands leftmost."""
    chain = ast.parse("self.box.open(1)[2].x", mode="eval").body
    assert (ast.unparse(root_of(chain)), first_member(chain)) == ("self", "box")
