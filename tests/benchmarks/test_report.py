"""What the report says of verdicts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from assay.v1 import candidate_pb2, source_pb2

from benchmarks.corpus import Record
from benchmarks.judged import Judged
from benchmarks.report import report, show, write_cases

CODE = "secret_of_the_record()"


def judged(positive: bool, verdict: str, kind: str = "made", name: str = "r") -> Judged:
    """Return a record and what was said of it."""
    code = source_pb2.SourceFile(path="main.py", content=CODE.encode())
    record = Record(name, "python", kind, "handmade", positive, candidate_pb2.Candidate(files=[code]), "train")
    return Judged(record, verdict, (), "", 0.1, {"static": 0.05})


def test_figures() -> None:
    """Undecided records count against recall, never for precision, and their share is told."""
    made = report(
        [
            judged(True, "INAUTHENTIC"),
            judged(True, "INAUTHENTIC"),
            judged(True, "AUTHENTIC"),
            judged(True, "INCONCLUSIVE"),
            judged(False, "AUTHENTIC"),
            judged(False, "AUTHENTIC"),
            judged(False, "INAUTHENTIC", kind="hn_made"),
            judged(False, "ERROR"),
        ],
        seconds=1.0,
    )
    overall = made["overall"]
    assert overall["n"] == 8
    assert overall["precision"]["value"] == round(2 / 3, 4)
    assert overall["recall"]["value"] == 0.5
    assert overall["false_positive_rate"]["value"] == 0.25
    assert overall["inconclusive"]["value"] == 0.25
    assert made["hard_negatives"]["false_positive_rate"]["value"] == 1.0
    assert made["by_kind"]["hn_made"]["n"] == 1
    assert made["precision_at_prevalence"]["0.5"] == round(0.5 / 0.75, 4)
    assert made["by_file"]["train"]["n"] == 8
    assert made["by_kind_pooled"]["other hard negatives"]["n"] == 1
    assert made["confusion"]["inauthentic"] == {"INAUTHENTIC": 2, "AUTHENTIC": 1, "INCONCLUSIVE": 1}


def test_peers() -> None:
    """The suite's figures beside the peers' are over the records that the peers can read, and no others."""
    ours = [judged(True, "INAUTHENTIC", name="1"), judged(True, "AUTHENTIC", name="2"), judged(True, "AUTHENTIC")]
    theirs = [judged(True, "AUTHENTIC", name="1"), judged(True, "INAUTHENTIC", name="2")]
    made = report(ours, 1.0, {"linter": theirs})
    assert made["overall"]["n"] == 3
    assert made["peers"]["assay"]["recall"] | {"low": 0, "high": 0} == {"value": 0.5, "low": 0, "high": 0, "n": 2}
    assert made["peers"]["linter"]["by_kind"]["made"]["n"] == 2


def test_scores() -> None:
    """Scores are measured where there are any, those of records with tests apart, and what made them is told."""
    right = replace(judged(True, "INAUTHENTIC"), score=0.2, scorer="toy-1")
    wrong = replace(judged(False, "INAUTHENTIC"), score=0.4, scorer="toy-2")
    suite = candidate_pb2.TestSuite(files=[source_pb2.SourceFile(path="tests.py", content=b"assert True\n")])
    candidate = candidate_pb2.Candidate(files=right.record.candidate.files, tests=[suite])
    tested = replace(right, record=replace(right.record, candidate=candidate))
    made = report([tested, wrong, judged(True, "ERROR")], seconds=1.0)
    assert made["scores"]["with tests"] == {
        "n": 1,
        "scorers": {"toy-1": 1},
        "brier": 0.04,
        "reliability": [{"score": 0.2, "authentic": 0.0, "n": 1}],
    }
    assert (made["scores"]["all"]["n"], made["scores"]["all"]["brier"]) == (2, 0.2)
    assert made["scores"]["real_llm with tests"]["brier"] is None
    assert made["by_tests"]["with tests"]["recall"]["value"] == 1


def test_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the report, nor what is printed of it, nor the lines of the records show a record's code."""
    rows = [judged(True, "INAUTHENTIC"), judged(False, "AUTHENTIC", name="s")]
    made = report(rows, 1.0, {"linter": rows})
    show(made)
    write_cases(rows, tmp_path / "cases.jsonl")
    cases = (tmp_path / "cases.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["id"] for line in cases.splitlines()] == ["r", "s"]
    printed = capsys.readouterr().out
    assert "linter" in printed
    assert "0.05" in printed
    assert CODE not in printed + json.dumps(made) + cases
