"""What counts as a change of a verdict."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.corpus import records
from benchmarks.flakes import Told, chosen, show


def corpus(folder: Path, count: int) -> Path:
    """Write records, the odd ones without tests."""
    rows = [
        {"id": str(number), "language": "python", "kind": "x", "origin": "y", "label": "authentic", "code": "x = 1\n"}
        | ({} if number % 2 else {"tests": "assert x == 1\n"})
        for number in range(count)
    ]
    path = folder / "corpus.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


def test_chosen(folder: Path) -> None:
    """Records with tests are chosen, by a seed; too few are an error."""
    path = corpus(folder, 20)
    first = chosen(path, 5, seed=3)
    assert all(int(record.id) % 2 == 0 for record in first)
    assert [record.id for record in chosen(path, 5, seed=3)] == [record.id for record in first]
    with pytest.raises(SystemExit):
        chosen(path, 11, seed=3)


def test_changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A verdict that is not the usual one is a change, and so is another usual one beside others."""
    (record,) = records(corpus(folder, 1))

    def told(**verdicts: int) -> list[Told]:
        return [Told(record, Counter(verdicts))]

    assert show({"idle": told(AUTHENTIC=9), "busy": told(AUTHENTIC=9)}, 1)
    assert not show({"idle": told(AUTHENTIC=9), "busy": told(AUTHENTIC=8, UNAVAILABLE=1)}, 1)
    assert not show({"idle": told(AUTHENTIC=9), "busy": told(INAUTHENTIC=9)}, 1)
    assert "busy: 1 of 9 verdicts changed" in capsys.readouterr().out
