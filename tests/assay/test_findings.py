"""The contract for findings: what it allows, what it tells of, and that it bears whatever a plug-in returns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from assay.findings import Contract
from assay.stage import Category, Finding, Fix, Location, Severity, SourceFile, TextEdit

FILES = (
    SourceFile("a.py", b"\xef\xbb\xbffirst = '\xf0\x9f\x92\xa9'\r\nsecond\rthird"),
    SourceFile("b.bin", b"\xff\n\xfe\n"),
)
FOUND = Finding("words/word", Category.ARTIFACT, Severity.LOW, "It stands there.", Location("a.py", 1, 1, 1, 12))


def edit(*place: int, path: str = "a.py") -> TextEdit:
    """Return an edit of a place."""
    return TextEdit(Location(path, *place), "x")


def problems(finding: object) -> list[str]:
    """Return what the contract says of a finding."""
    return list(Contract("words", FILES).problems(finding))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"location": None},
        {"location": Location("a.py", 1, 12, 1, 12)},
        {"location": Location("a.py", 3, 6, 3, 6)},
        {"location": Location("a.py", 1, 1, 3, 6)},
        {"location": Location("b.bin", 3, 900, 3, 901)},
        {"confidence": 0},
        {"evidence": {"name": "x" * 2_000}},
        {"fixes": (Fix("Two.", (edit(1, 1, 1, 3), edit(1, 3, 1, 5), edit(2, 1, 2, 1), edit(2, 1, 2, 1)), safe=True),)},
        {"fixes": (Fix("Of two files.", (edit(1, 1, 1, 3), edit(1, 1, 1, 3, path="b.bin"))),)},
    ],
)
def test_allowed(changes: Mapping[str, Any]) -> None:
    """A finding in its namespace, with its places inside the files by any line end, is nothing to speak of."""
    assert problems(replace(FOUND, **changes)) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"location": Location("a.py", 1, 13, 1, 13)}, "leaves the file"),
        ({"location": Location("a.py", 4, 1, 4, 1)}, "leaves the file"),
        ({"location": Location("b.bin", 4, 1, 4, 1)}, "leaves the file"),
        ({"location": Location("a.py", 1, 0, 1, 1)}, "is none"),
        ({"location": Location("a.py", 2, 2, 2, 1)}, "is none"),
        ({"location": Location("a.py", 1, 1, 1, 1.5)}, "whole numbers"),  # type: ignore[arg-type]
        ({"location": Location("c.py", 1, 1, 1, 1)}, "not one of the files"),
        ({"fixes": (Fix("Out.", (edit(9, 1, 9, 1),)),)}, "fix: its range"),
        ({"fixes": (Fix("Over.", (edit(1, 2, 1, 4), edit(1, 1, 1, 3))),)}, "fix: its edits overlap"),
        ({"fixes": ("x",)}, "fix: it is no assay.stage.Fix"),
        ({"fixes": (Fix("No edit.", ("x",)),)}, "fix: it is no assay.stage.Fix"),  # type: ignore[arg-type]
        ({"rule_id": 3}, "its rule_id is of another type"),
        ({"message": None}, "its message is of another type"),
        ({"message": "\ud800"}, "half a character"),
        ({"evidence": {"a": 1}}, "not text by text"),
        ({"evidence": ["a"]}, "its evidence is of another type"),
        ({"confidence": float("nan")}, "from 0 to 1"),
    ],
)
def test_not_allowed(changes: Mapping[str, Any], text: str) -> None:
    """What is against the contract is told, once."""
    (problem,) = problems(replace(FOUND, **changes))
    assert text in problem


@pytest.mark.parametrize("finding", [None, "words/word", (), {"rule_id": "words/word"}, Severity.LOW])
def test_no_finding(finding: object) -> None:
    """What is no finding at all is told as such."""
    assert problems(finding) == ["it is no assay.stage.Finding"]


def test_a_kind_of_finding() -> None:
    """A class of its own is none either: it could not leave the process that knows it."""

    class Own(Finding):
        pass

    assert problems(Own("words/word", Category.ARTIFACT, Severity.LOW, "x")) == ["it is no assay.stage.Finding"]
