"""The line of source under a finding."""

from assay.v1 import finding_pb2

from cli.excerpt import MAX_WIDTH, excerpt, lines_of


def at(line: int, column: int, end_line: int, end_column: int) -> finding_pb2.Location:
    """Return a location."""
    return finding_pb2.Location(
        path="a.py", start_line=line, start_column=column, end_line=end_line, end_column=end_column
    )


def test_carets_stand_under_the_range() -> None:
    """A caret stands under every character that is meant."""
    shown = excerpt(["x = 1", "import nothere"], at(2, 8, 2, 15))
    assert shown is not None
    assert (shown.line, shown.text, shown.carets) == (2, "import nothere", "       ^^^^^^^")


def test_tabs_and_wide_characters_keep_carets_in_place() -> None:
    """Columns of the terminal are counted, not characters."""
    shown = excerpt(["\t数 = bad"], at(1, 6, 1, 9))
    assert shown is not None
    assert shown.text == "    数 = bad"
    assert shown.carets == " " * 9 + "^^^"


def test_escapes_keep_carets_in_place() -> None:
    """A character that is written out moves the carets by what it takes."""
    shown = excerpt(["\x1b[2J = bad"], at(1, 8, 1, 11))
    assert shown is not None
    assert shown.text.index("bad") == shown.carets.index("^")


def test_several_lines_are_marked_to_the_end_of_the_first() -> None:
    """Of a range over several lines the first is shown."""
    shown = excerpt(["def f():", "    pass"], at(1, 1, 2, 9))
    assert shown is not None
    assert shown.carets == "^" * 8


def test_long_lines_are_cut_around_the_range() -> None:
    """Of a line that is too long the part about the finding is shown."""
    shown = excerpt(["x" * 5000 + "bad" + "y" * 5000], at(1, 5001, 1, 5004))
    assert shown is not None
    assert len(shown.text) <= MAX_WIDTH + 2
    assert shown.text.index("bad") == shown.carets.index("^")


def test_the_end_of_a_file_is_shown_behind_its_last_line() -> None:
    """A finding where nothing stands any more points behind what stood last."""
    shown = excerpt(["for x in (1,", "", ""], at(3, 1, 3, 1))
    assert shown is not None
    assert (shown.line, shown.carets) == (1, " " * 12 + "^")


def test_ranges_beyond_the_file_are_shown_within_it() -> None:
    """A location that does not fit the file breaks nothing."""
    assert excerpt([""], at(1, 1, 1, 2)) is None
    assert excerpt(["x"], at(0, 1, 0, 2)) is None
    shown = excerpt(["x"], at(1, 500, 1, 900))
    assert shown is not None
    assert shown.carets == " ^"


def test_lines_end_as_editors_end_them() -> None:
    """Line feeds and carriage returns end lines; form feeds and the like do not."""
    assert lines_of(b"\xef\xbb\xbfa\r\nb\rc\x0cd\n\xff") == ["a", "b", "c\x0cd", "�"]
