"""Source in which only code is left."""

import pytest

from services.stages.execution.go.source import WORDS as GO
from services.stages.execution.masking import masked


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('x := "a//b" // note', 'x := "    "        '),
        ("a /* b\nc */ d", "a     \n     d"),
        ('s := `raw\n"x"`; t', "s := `   \n   `; t"),
        (r'"a\"b" + c', '"    " + c'),
        ("r := '\"'; s := '\\''", "r := ' '; s := '  '"),
        ("/* no end\nx", "         \n "),
        ('"no end\nx := 1', '"      \nx := 1'),
    ],
)
def test_masked(source: str, code: str) -> None:
    """Comments are blank and literals empty, and everything stays where it was, whatever has no end."""
    assert len(masked(source, GO)) == len(source)
    assert masked(source, GO).replace("\n", "|").rstrip() == code.replace("\n", "|").rstrip()
