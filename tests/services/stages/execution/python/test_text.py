"""The text of a test file and its edits."""

import ast

import pytest

from services.stages.execution.python.text import Text


def parsed(source: str) -> tuple[Text, list[ast.stmt]]:
    """Return a text with its statements."""
    return Text(source.encode()), ast.parse(source).body


def test_a_part_is_found_by_characters_that_take_several_bytes() -> None:
    """Columns of syntax trees count bytes."""
    text, (first, second) = parsed("x = 'ä€'; y = f('ü', 1)\n")
    assert (text.of(first), text.of(second)) == ("x = 'ä€'", "y = f('ü', 1)")


def test_parts_of_an_expression_get_names() -> None:
    """What is around them stays as it was written."""
    text, (node,) = parsed("f( 1 ) +  g('ä')\n")
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.BinOp)
    places = [(node.value.left, "a"), (node.value.right, "b")]
    assert text.with_names(node.value, places) == "a +  b"


def test_replaced_parts_keep_the_lines_of_others() -> None:
    """Statements and parts of them leave room for the lines that they took; comments go."""
    text, (first, loop, last) = parsed("x = [\n  1,\n]  # one\nfor a in [\n  1]:\n    f(a)  # 'ä'\nlast  # end\n")
    assert isinstance(loop, ast.For)
    text.replace(first, "pass")
    text.replace(loop.iter, "[2]")
    made = text.edited().decode()
    assert [node.lineno for node in ast.parse(made).body] == [1, 4, 7]
    assert "#" not in made
    assert text.of(last) == "last"


@pytest.mark.parametrize(
    ("source", "replaceable", "alone"),
    [
        ("f()\n", True, True),
        ("f()  # why\n", True, True),
        ("f(\n1)\n", True, True),
        ("f(\n1); g()\n", False, False),
        ("f(1); g()\n", True, False),
    ],
)
def test_what_follows_in_a_line_keeps_a_statement_in_its_place(source: str, replaceable: bool, alone: bool) -> None:
    """Lines after a statement of several cannot move up."""
    text, (node, *_) = parsed(source)
    assert (text.can_replace(node), text.is_alone(node)) == (replaceable, alone)


@pytest.mark.parametrize("source", [b"# coding: latin-1\nx = '\xe4'\n", b"# coding: no-such\n", b"\xff\xfe"])
def test_another_encoding_is_refused(source: bytes) -> None:
    """Places in the text are counted in UTF-8."""
    with pytest.raises((ValueError, SyntaxError, LookupError)):
        Text(source)


def test_line_ends_of_every_kind_are_one() -> None:
    """As Python reads them."""
    assert Text(b"a\r\nb\rc\n").content == b"a\nb\nc\n"
