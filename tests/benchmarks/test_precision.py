"""What the precision report says of verdicts, and how records become candidates."""

import json
from pathlib import Path

from assay.v1 import candidate_pb2

from benchmarks.corpus import Record, records
from benchmarks.precision import Judged, report


def judged(positive: bool, verdict: str, kind: str = "made") -> Judged:
    """Return a record and what was said of it."""
    record = Record("r", "python", kind, "handmade", positive, candidate_pb2.Candidate())
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
    assert made["confusion"]["inauthentic"] == {"INAUTHENTIC": 2, "AUTHENTIC": 1, "INCONCLUSIVE": 1}


def test_records(tmp_path: Path) -> None:
    """A record becomes a candidate with its specification and its tests; other languages are left out."""
    row = {
        "id": "1",
        "language": "python",
        "label": "inauthentic",
        "kind": "made",
        "origin": "handmade",
        "code": "def f():\n    return 1\n",
        "prompt": "Return two.",
        "tests": "assert f() == 2\n",
        "filename": "lib/deep.pyi",
    }
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps(row | {"language": "go"}) + "\n", encoding="utf-8")
    (record,) = records(path, "python")
    assert record.positive
    assert [file.path for file in record.candidate.files] == ["deep.pyi"]
    assert record.candidate.specification.text == "Return two."
    assert record.candidate.tests[0].files[0].content == b"assert f() == 2\n"
