"""The harness's reading and running of interactive examples."""

from services.stages.execution.harness.examples import Failure, failure, in_code, in_specification, without

CODE = b'''
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
'''


def first_failure(text: str, **names: object) -> Failure | None:
    """Run the examples of a text."""
    (examples,) = in_specification(text)
    return failure(examples, names, "main.py")


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
    assert in_code(b"def f(:") == []


def test_examples_of_both_count_once() -> None:
    """What the specification says is not said again by the code's docstring."""
    found = in_code(CODE)
    assert [each.test for each in without(found, in_specification(">>> double(2)\n4\n"))] == ["doctest Box"]


def test_a_value_is_compared_by_what_it_is() -> None:
    """Quotes, blanks and the order of a set are style; a different value or type is not."""
    assert first_failure('>>> f()\n"it\'s"\n', f=lambda: "it's") is None
    assert first_failure('>>> f()\n"a"\n', f=lambda: "a") is None
    assert first_failure(">>> f()\n{2, 1, 3}\n", f=lambda: {1, 2, 3}) is None
    failed = first_failure(">>> f()\n1\n", f=lambda: "1")
    assert failed is not None
    assert failed.got == "'1'\n"


def test_an_example_without_an_answer_tells_nothing() -> None:
    """A call shown without its value is not a failure whatever it gives."""
    assert first_failure(">>> f()\n", f=lambda: 1) is None


def test_an_exception_is_kept() -> None:
    """What an example raises is told, and an exception that was promised passes."""
    failed = first_failure(">>> f()\n1\n", f=lambda: 1 / 0)
    assert failed is not None
    assert isinstance(failed.error, ZeroDivisionError)
    promised = ">>> f()\nTraceback (most recent call last):\n    ...\nZeroDivisionError: x\n"
    assert first_failure(promised, f=lambda: 1 / 0) is None
