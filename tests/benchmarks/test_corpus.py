"""How records of a labelled corpus become candidates."""

import json
from pathlib import Path

import pytest
from assay.languages import SUFFIXES, of_path

from benchmarks.corpus import records


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
    assert record.file == "corpus"


@pytest.mark.parametrize("language", sorted(set(SUFFIXES.values())))
def test_file_names(language: str, tmp_path: Path) -> None:
    """In every language a record's file is named as one of that language, and its tests begin with their header."""
    row = {"id": "1", "language": language, "label": "authentic", "kind": "k", "origin": "o", "code": "", "tests": "t"}
    row["test_header"] = "h"
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps(row | {"filename": "notes.txt"}) + "\n", encoding="utf-8")
    for record in records(path):
        assert of_path(record.source.path) == language
        assert record.candidate.tests[0].files[0].content == b"h\nt"
