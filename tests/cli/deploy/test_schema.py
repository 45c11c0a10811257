"""What a new version says of the schema, and what follows from it."""

import pytest

from cli.deploy.schema import looked_at
from cli.diagnosis import Ill

MAKES = "the schema is {}, and `assay migrate` makes it {}"


def test_as_it_is() -> None:
    """A schema that the new version needs as it is needs nothing."""
    assert looked_at("the schema is 0001\n", running=True) == "it is 0001, as the new version needs it"


@pytest.mark.parametrize(("has", "wants"), [("none", "0001"), ("0001", "0001a"), ("0001a", "0001c")])
def test_what_only_adds(has: str, wants: str) -> None:
    """A first schema, and one that only adds, can come while another version runs."""
    assert looked_at(MAKES.format(has, wants), running=True) == f"it goes from {has} to {wants}"


@pytest.mark.parametrize(("has", "wants"), [("0001", "0002"), ("0001c", "0002"), ("0001", "0002a")])
def test_what_contracts(has: str, wants: str) -> None:
    """One on which the version that runs cannot work is refused while it runs, and only then."""
    with pytest.raises(Ill, match=f"from {has} to {wants}, on which the version that runs cannot work"):
        looked_at(MAKES.format(has, wants), running=True)
    assert looked_at(MAKES.format(has, wants), running=False) == f"it goes from {has} to {wants}"


@pytest.mark.parametrize("answer", ["", "all is well", "the schema is 0001, perhaps"])
def test_another_answer(answer: str) -> None:
    """What is no answer of that command is no agreement."""
    with pytest.raises(Ill, match="the new version said of the schema"):
        looked_at(answer, running=True)
