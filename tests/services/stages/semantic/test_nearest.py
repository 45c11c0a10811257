"""Suggestions are near, and a correction only where one name was clearly meant."""

import pytest

from services.stages.semantic.nearest import misspelt, nearest, swapped

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


@pytest.mark.parametrize(
    ("name", "meant"),
    [("flag", "flags"), ("kye", "key"), ("edn", "end"), ("filee", "file"), ("mode", None), ("ned", "end"), ("ky", None),
     ("and", None), ("encodng", "encoding"), ("eend", None)],
)  # fmt: skip
def test_a_slip_among_few(name: str, meant: str | None) -> None:
    """Among the parameters of a function a short name is told too: for a letter more, less or swapped, not another."""
    assert misspelt(name, ("flags", "key", "end", "send", "file", "node", "encoding"), few=True) == meant


@pytest.mark.parametrize(
    ("name", "meant"),
    [("agrv", "argv"), ("ptah", "path"), ("lsit", "list"), ("arg", None), ("form", None), ("ab", None), ("argv", None)],
)
def test_two_letters_that_changed_places(name: str, meant: str | None) -> None:
    """A short name with two letters swapped is told, where one known name has them in their places."""
    assert swapped(name, ("argv", "path", "list", "from", "fomr", "ba")) == meant


def test_suggestions_are_the_likest_first() -> None:
    """Suggestions come in the order of their likeness, without regard to case, and only where they are like."""
    assert nearest("Request", KNOWN)[0] == "requests"
    assert nearest("quantum_flux", KNOWN) == ()


def test_a_name_too_long_to_mean_anything_is_like_nothing() -> None:
    """A name of a megabyte is compared with none, which would take as long as it is long."""
    assert nearest("a" * 1_000_000, ["aaaaaa"] * 10_000) == ()
    assert misspelt("a" * 1_000_000, ["aaaaaa"] * 10_000) is None
