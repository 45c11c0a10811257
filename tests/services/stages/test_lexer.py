"""What a scan of tokens sees without a parser."""

import pytest

from services.stages.lexer import MAX_BRACKETS, scan


@pytest.mark.parametrize(
    ("code", "end"),
    [(b"x = 1  # one\n\n", 5), (b"f(\n", 2), (b'x = """a\nb"""  \n', 13), (b"# only\n", 0), (b"", 0), (b"x", 1)],
)
def test_end_of_the_code(code: bytes, end: int) -> None:
    """The code ends after its last token, comments and white space aside."""
    assert scan(code).end == end


@pytest.mark.parametrize(
    ("code", "text"),
    [(b'x = """abc\ndef', b"abc\ndef"), (b"x = 'abc", b"abc"), (b"x = 'abc'", b""), (b"x = '''a'b'''", b"")],
)
def test_open_strings(code: bytes, text: bytes) -> None:
    """A string without an end is seen with what stands in it; quotes of another sort inside a string do not end it."""
    seen = scan(code)
    assert (seen.open_string >= 0) is bool(text)
    assert seen.open_text == text


def test_depth_of_brackets() -> None:
    """One bracket more than Python allows is too deep; brackets in strings and comments do not count."""
    assert scan(b"(" * MAX_BRACKETS + b")" * MAX_BRACKETS).too_deep == -1
    assert scan(b"(" * (MAX_BRACKETS + 1)).too_deep == MAX_BRACKETS
    assert scan(b"'" + b"(" * 300 + b"'  # " + b"[" * 300).too_deep == -1


def test_nothing_but_strings() -> None:
    """A file of strings and comments holds no statement."""
    assert scan(b'"""Doc."""\n# more\n').only_strings
    assert not scan(b'"""Doc."""\nx\n').only_strings
