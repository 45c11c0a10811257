"""A file's text under edits: positions, line ends and encodings stay what they were."""

import pytest
from assay.stage import Location, SourceFile
from hypothesis import given
from hypothesis import strategies as st

from services.validation.repair_text import OutsideFile, Span, Taken, Text, text_of

BOM = "\ufeff".encode()


def text(content: bytes, path: str = "a.py") -> Text:
    """Return a file's text, which can be read."""
    made = text_of(SourceFile(path, content), "python")
    assert made is not None
    return made


def edited(content: bytes, place: tuple[int, int, int, int], new: str, path: str = "a.py") -> bytes:
    """Return a file after one edit."""
    held = text(content, path)
    return held.edited([held.span(Location(path, *place), new)])


@pytest.mark.parametrize(
    ("content", "place", "new", "expected"),
    [
        ("x = 1\n", (1, 5, 1, 6), "2", "x = 2\n"),
        ("x = '😀é'; y\n", (1, 11, 1, 12), "z", "x = '😀é'; z\n"),
        ("a\u2028b = 1\n", (1, 3, 1, 4), "c", "a\u2028c = 1\n"),
        ("a\n\tb\n", (2, 2, 2, 3), "c", "a\n\tc\n"),
        ("a\nb\nc\n", (1, 1, 3, 1), "", "c\n"),
        ("a\nb", (2, 2, 2, 2), "!", "a\nb!"),
        ("a\n", (2, 1, 2, 1), "b", "a\nb"),
        ("", (1, 1, 1, 1), "b\n", "b\n"),
        ("a\r\nb\r\n", (1, 1, 1, 1), "x\ny\n", "x\r\ny\r\na\r\nb\r\n"),
        ("a\rb\r", (2, 1, 2, 2), "c\nd", "a\rc\rd\r"),
        ("a\nb\r\nc\n", (2, 1, 2, 1), "x\r\n", "a\nx\r\nb\r\nc\n"),
        ("a\r\nb", (2, 1, 2, 1), "x\n", "a\r\nx\r\nb"),
    ],
)
def test_edits(content: str, place: tuple[int, int, int, int], new: str, expected: str) -> None:
    """Columns count code points, lines end as the contract says, and what is written ends as its neighbours do."""
    assert edited(content.encode(), place, new) == expected.encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (BOM + b"x = 1\r\n", BOM + b"y = 1\r\n"),
        (b"# coding: latin-1\nx = '\xe9'; z\n", b"# coding: latin-1\nx = '\xe9'; y\n"),
        (b"x = 1  # coding: latin-1 \xe9\n\n", None),
        ("x = 1\n".encode("utf-16"), None),
        (b"x = '\xff'\n", None),
        (b"# coding: rot13\nk = 1\n", None),
        (b"# coding: nonsense\nx = 1\n", None),
    ],
)
def test_encodings(content: bytes, expected: bytes | None) -> None:
    """Bytes come back as they were, mark and encoding included; a file that cannot be read for sure is not edited."""
    held = text_of(SourceFile("a.py", content), "python")
    assert (held is None) == (expected is None)
    if held is not None:
        line, column = (1, 1) if content.startswith(BOM) else (2, 10)
        assert held.edited([held.span(Location("a.py", line, column, line, column + 1), "y")]) == expected


def test_only_python_has_cookies() -> None:
    """In another language a comment on its coding is a comment."""
    content = "// coding: latin-1 é\n".encode()
    assert edited(content, (1, 20, 1, 21), "e", "a.js") == b"// coding: latin-1 e\n"


def test_what_the_encoding_lacks() -> None:
    """A text that the file's encoding does not have is refused."""
    held = text(b"# coding: latin-1\nx = 1\n")
    with pytest.raises(UnicodeError):
        held.span(Location("a.py", 2, 1, 2, 2), "€")


@pytest.mark.parametrize(
    "place",
    [(0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 7), (1, 1, 4, 1), (3, 2, 3, 2), (2, 1, 1, 1), (1, 3, 1, 2), (-1, 1, 1, 1)],
)
def test_ranges_that_leave_the_file(place: tuple[int, int, int, int]) -> None:
    """A range that is none, or goes past the end of a line or of the file, is refused."""
    with pytest.raises(OutsideFile):
        text(b"x = 1\ny\n").span(Location("a.py", *place), "")


def test_what_is_in_the_way() -> None:
    """Two edits of one place exclude one another; insertions do not, nor what touches, nor the same edit again."""
    taken = Taken()
    taken.take([Span(2, 6, "a"), Span(8, 8, "i")])
    for hindered in ([Span(5, 7, "b")], [Span(2, 6, "b")], [Span(4, 4, "b")], [Span(0, 9, "")], [Span(7, 9, "")]):
        assert not taken.admits(hindered), hindered
    for free in ([Span(2, 6, "a")], [Span(6, 8, "b")], [Span(2, 2, "b")], [Span(8, 8, "j")], [Span(6, 6, "b")]):
        assert taken.admits(free), free
    assert not taken.admits([Span(10, 12, "a"), Span(11, 13, "a")])
    taken.take([Span(2, 6, "a"), Span(8, 8, "j")])
    assert taken.spans() == (Span(2, 6, "a"), Span(8, 8, "i"), Span(8, 8, "j"))


spans = st.builds(
    lambda start, size, new: Span(start, start + size, new), st.integers(0, 9), st.integers(0, 3), st.text("ab")
)


@given(st.lists(spans, max_size=12))
def test_taken_spans_never_overlap(offered: list[Span]) -> None:
    """Of whatever is offered, what is taken has no two that overlap, and what is not taken overlaps one that is."""
    taken = Taken()
    for span in offered:
        if taken.admits([span]):
            taken.take([span])
    kept = taken.spans()
    assert not any(one.overlaps(other) for one in kept for other in kept if one is not other)
    assert all(span in kept or any(span.overlaps(one) for one in kept) for span in offered)
    assert text(b"0123456789ab").edited(kept).count(b"0") <= 1
