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


def test_a_name_too_long_to_mean_anything_is_like_nothing() -> None:
    """A name of a megabyte is compared with none, which would take as long as it is long."""
    assert nearest("a" * 1_000_000, ["aaaaaa"] * 10_000) == ()
    assert misspelt("a" * 1_000_000, ["aaaaaa"] * 10_000) is None
