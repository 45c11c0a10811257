"""What ty is given: texts in which nothing tells it to look away."""

import time

import pytest
from assay.stage import Candidate, SourceFile

from services.stages.semantic.types_text import documents, outspoken


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # type: ignore\n",
        "x = 1  #type:ignore[misc] # ty: ignore[all]\n",
        "# é ty: ignore\nx = 'é'  # fmt: skip # type: ignore\n",
        "from typing import no_type_check as quiet\n",
        "import typing\n\n\n@typing.no_type_check\ndef f(): ...\n",
    ],
)
def test_nothing_that_silences_is_left(text: str) -> None:
    """Comments and decorators lose their meaning, and every place stays where it was."""
    spoken = outspoken(text)
    assert "ignore" not in spoken
    assert "no_type_check" not in spoken
    assert [len(line) for line in spoken.split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize("text", ["ignore = {type: ignore}\n", "x = 'ignore'\n", "def f(type: ignore): ...\n"])
def test_code_is_left_as_it_is(text: str) -> None:
    """Names that look like such comments are code."""
    assert outspoken(text) == text


def test_long_comments_take_no_time() -> None:
    """A line of millions of comment marks is read in one pass."""
    start = time.monotonic()
    outspoken("#" * 3_000_000 + " ignore")
    assert time.monotonic() - start < 30


def test_only_python_that_is_text_is_given() -> None:
    """Files of other languages, bytes that are no text, and what is nested too deep are left out."""
    files = {
        "a.py": b"x = 1\n",
        "b.pyi": b"x: int\n",
        "c.js": b"let x\n",
        "d.py": b"\xff",
        "e.py": b"x = " + b"[" * 300 + b"]" * 300,
        "f.py": b"x = [" + b"[1], " * 300 + b"]",
    }
    context = (SourceFile("g.py", b"y = 1\n"),)
    candidate = Candidate(
        tuple(SourceFile(path, content) for path, content in files.items()), "python", context_files=context
    )
    assert set(documents(candidate)) == {"a.py", "b.pyi", "f.py", "g.py"}
