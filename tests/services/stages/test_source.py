"""Source text is decoded and counted as Python and the contract do."""

import pytest
from assay.stage import Location
from hypothesis import given
from hypothesis import strategies as st

from services.stages.source import UnreadableSource, decode


def test_columns_count_code_points() -> None:
    """A character beyond the basic plane, an accented one and a tab are one column each."""
    source = decode('\ts = "😀é"; x\n'.encode(), "a.py")
    at = source.data.index(b"x")
    assert source.location(at, at + 1) == Location("a.py", 1, 12, 1, 13)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_in_python(end: str) -> None:
    """LF, CR LF and CR end a line; a form feed and a line separator do not."""
    source = decode(f"a\x0cb{end}\u2028c{end}d".encode(), "a.py")
    assert source.position(source.data.index(b"d")) == (3, 1)
    assert source.line(1) == b"a\x0cb"


@given(st.text(alphabet="a\té😀\n\r#"), st.integers(0, 60))
def test_offsets_and_positions_are_inverse(text: str, index: int) -> None:
    """The offset of the position of any character is where the character stands."""
    source = decode(text.encode(), "a.py")
    offset = len(text[:index].encode())
    assert source.offset(*source.position(offset)) == offset


def test_mark_does_not_count() -> None:
    """A byte order mark is not a column of the first line."""
    source = decode(b"\xef\xbb\xbfx", "a.py")
    assert source.location(0, 1) == Location("a.py", 1, 1, 1, 2)


def test_cookie_in_the_second_line() -> None:
    """A coding cookie counts in the second line after a comment, and not after a statement."""
    assert decode(b"#!/bin/python\n# vim: set fileencoding=latin-1 :\nx = '\xe9'\n", "a.py").text.endswith("'é'\n")
    with pytest.raises(UnreadableSource):
        decode(b"x = 1\n# coding: latin-1\ny = '\xe9'\n", "a.py")


@pytest.mark.parametrize("cookie", ["rot13", "zlib_codec", "nothing-such", "hex"])
def test_odd_cookies_are_refused(cookie: str) -> None:
    """A cookie that names no encoding of text is an unreadable file, and nothing is decoded by it."""
    with pytest.raises(UnreadableSource, match="coding cookie"):
        decode(f"# coding: {cookie}\nx = 1\n".encode(), "a.py")
