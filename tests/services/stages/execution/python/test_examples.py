"""The reading and comparing of interactive examples."""

import ast

import pytest

from services.stages.execution.python.examples import (
    Examples,
    Printed,
    examples_of,
    in_code,
    in_specification,
    is_right,
)

CODE = ast.parse('''
def double(x):
    """
    >>> double(2)
    4
    """
    return x * 2


class Box:
    """
    >>> Box().size
    1
    """
''')


def only(text: str) -> Examples:
    """Return the one group of a specification."""
    (examples,) = in_specification(text)
    return examples


def test_examples_of_code_are_found_by_docstring() -> None:
    """Each docstring with examples is one run, named by its owner, with the owner's line."""
    assert [(each.test, each.line) for each in in_code(CODE)] == [("doctest double", 2), ("doctest Box", 10)]


def test_a_specification_is_prose_or_the_head_of_a_program() -> None:
    """Fences, closing quotes and missing bodies do not become part of what is expected."""
    prose = in_specification("Write f.\n\n```python\n>>> f(1)\n2\n```\n")
    head = in_specification('def f(x):\n    """Add one.\n\n    >>> f(1)\n    2\n    """\n')
    assert [(e.source, e.want) for each in (*prose, *head) for e in each.examples] == [("f(1)\n", "2\n")] * 2


def test_text_that_is_neither_has_no_examples() -> None:
    """Broken examples are nobody's fault but the writer's."""
    assert in_specification(">>>f(1)\n2\n") == []
    assert in_specification("") == []
    assert in_code(None) == []


def test_examples_of_both_count_once() -> None:
    """What the specification says is not said again by the code's docstring."""
    assert [each.test for each in examples_of(CODE, ">>> double(2)\n4\n")] == ["doctest Box", "example"]


@pytest.mark.parametrize(
    ("want", "printed", "right"),
    [
        ('"it\'s"', '"it\'s"', True),
        ('"a"', "'a'", True),
        ("{2, 1, 3}", "{1, 2, 3}", True),
        ("[1,  2]", "[1, 2]", True),
        ("1...9", "123456789", True),
        ("1", "'1'", False),
        ("1", "", False),
    ],
)
def test_a_value_is_compared_by_what_it_is(want: str, printed: str, right: bool) -> None:
    """Quotes, blanks and the order of a set are style; a different value or type is not."""
    (example,) = only(f">>> f()\n{want}\n").examples
    assert is_right(example, Printed(f"{printed}\n")) is right


def test_an_example_without_an_answer_tells_nothing() -> None:
    """A call shown without its value is not a failure whatever it gives."""
    assert is_right(only(">>> f()\n").examples[0], Printed("1\n"))


def test_an_exception_is_right_only_where_it_was_promised() -> None:
    """What an example raises is compared by its type; one that was promised has to come."""
    (plain,) = only(">>> f()\n1\n").examples
    assert not is_right(plain, Printed("", "ZeroDivisionError"))
    (promised,) = only(">>> f()\nTraceback (most recent call last):\n    ...\na.ZeroDivisionError: x\n").examples
    assert is_right(promised, Printed("", "ZeroDivisionError"))
    assert not is_right(promised, Printed("", "ValueError"))
    assert not is_right(promised, Printed("1\n"))


def test_an_example_that_says_to_be_skipped_is_not_run() -> None:
    """Directives of doctest hold."""
    assert [example.source for example in only(">>> f()  # doctest: +SKIP\n1\n>>> g()\n2\n").examples] == ["g()\n"]
