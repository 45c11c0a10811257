"""What is required of the figures, and when it counts as met."""

from typing import Any

import pytest
from assay.v1 import candidate_pb2, source_pb2

from benchmarks.corpus import Record
from benchmarks.judged import Judged
from benchmarks.required import does_not_parse, required


def record(kind: str, *, positive: bool = True, code: str = "", language: str = "python", name: str = "r") -> Record:
    """Return a record of one file."""
    file = source_pb2.SourceFile(path="main", content=code.encode())
    return Record(name, language, kind, "handmade", positive, candidate_pb2.Candidate(files=[file]))


def rows(kind: str, found: int, n: int, *, positive: bool = True) -> list[Judged]:
    """Return n records of a kind, of which some are called inauthentic."""
    return [
        Judged(record(kind, positive=positive, name=f"{kind}{i}"), "INAUTHENTIC" if i < found else "AUTHENTIC")
        for i in range(n)
    ]


def by_name(made: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the rows by the end of their name."""
    return {row["name"].split(": ")[-1]: row for row in made}


def test_bounds() -> None:
    """A recall must reach its bound, a rate must not exceed it, and what has no record is neither met nor missed."""
    judged = rows("elision", 8, 9) + rows("placeholder_stub", 1, 1) + rows("undefined_name", 94, 100)
    judged += rows("llm_correct", 1, 100, positive=False) + rows("hn_pass", 1, 10, positive=False)
    made = by_name(required(judged, {}))
    assert (made["placeholders and elisions"]["value"], made["placeholders and elisions"]["met"]) == (0.9, True)
    assert made["undefined_name"]["met"] is False
    assert made["hard negatives"]["met"] is False
    assert made["false positives"]["n"] == 110
    assert made["false positives"]["met"] is False
    assert made["syntax_error"] | {"low": 0, "high": 0} == {
        "name": "recall: syntax_error", "value": None, "low": 0, "high": 0, "n": 0, "required": 0.97, "met": None
    }  # fmt: skip
    assert made["packages, members, attributes, arguments"]["required"] is None


def test_beside_peers() -> None:
    """The best peer sets the bound: its recall and five points more, at no more than its false alarms."""
    judged = rows("hallucinated_package", 7, 10) + rows("llm_correct", 2, 10, positive=False)
    best = rows("hallucinated_package", 6, 10) + rows("llm_correct", 1, 10, positive=False)
    quiet = rows("hallucinated_package", 1, 10) + rows("llm_correct", 0, 10, positive=False)
    made = required(judged, {"quiet": quiet, "best": best})[-4:]
    assert [(row["peer"], row["required"], row["met"]) for row in made] == [
        ("best", 0.65, True),
        ("best", 0.1, False),
        ("quiet", 0.15, True),
        ("quiet", 0.0, False),
    ]


@pytest.mark.parametrize(
    ("language", "code", "refused"),
    [
        ("python", "def f(:\n", True),
        ("python", "def f():\n    return 1\n", False),
        ("python", "x = '\\d'\n", False),
        ("python", "def f(x):\n    match x:\n        case 1: return [\n", True),
        ("go", "package main\nfunc f() int {\n\treturn 1\n", True),
        ("go", "package main\nfunc f() int {\n\treturn 1\n}\n", False),
        ("klingon", "anything", False),
    ],
)
def test_does_not_parse(language: str, code: str, refused: bool) -> None:
    """A parser of the language decides, and of a language without one nothing is said."""
    assert does_not_parse(record("truncated", code=code, language=language)) is refused
