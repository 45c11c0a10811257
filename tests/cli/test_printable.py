"""Text fit for a terminal."""

import pytest

from cli.printable import printable


@pytest.mark.parametrize("text", ["main.py", "größe.py", "数.py", "a b", "C:\\x", ""])
def test_visible_text_stays(text: str) -> None:
    """What can be seen is printed as it is."""
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("bell\x07", "bell\\x07"),
        ("user\u202enimda", "user\\u202enimda"),
        ("line\u2028end", "line\\u2028end"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        (b"\xff.py".decode("utf-8", "surrogateescape"), "\\xff.py"),
        ("\ud800", "\\ud800"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_what_acts_on_a_terminal_is_escaped(text: str, shown: str) -> None:
    """Control and format characters, line ends and undecodable bytes are written out."""
    assert printable(text) == shown
