"""Suggestions are near, and a correction only where one name was clearly meant."""

import pytest

from services.stages.semantic.nearest import misspelt, nearest

KNOWN = ("requests", "numpy", "pandas", "matplotlib", "json", "jsons", "queue")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("reqeusts", "requests"),
        ("request", "requests"),
        ("nunpy", "numpy"),
        ("matplotlip", "matplotlib"),
        ("mattplotlip", "matplotlib"),
        ("jsn", None),
        ("json5", None),
        ("panels", None),
        ("completely_different", None),
    ],
)
def test_a_slip_has_one_meaning_or_none(name: str, meant: str | None) -> None:
    """A name one slip from exactly one known name means that one; short, far or ambiguous names mean none."""
    assert misspelt(name, KNOWN) == meant


def test_suggestions_are_the_likest_first() -> None:
    """Suggestions come in the order of their likeness, without regard to case, and only where they are like."""
    assert nearest("Request", KNOWN)[0] == "requests"
    assert nearest("quantum_flux", KNOWN) == ()
