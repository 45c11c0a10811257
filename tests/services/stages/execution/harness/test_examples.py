"""Running interactive examples."""

import sys
from typing import Any

import pytest

from services.stages.execution.harness.examples import printed


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1 + 1\n", "2\n"),
        ("x = 1\n", ""),
        ("None\n", ""),
        ("print('a')\n", "a\n"),
        ("for n in 1, 2:\n    n\n", "1\n2\n"),
    ],
)
def test_an_example_prints_its_value(source: str, text: str) -> None:
    """As the interactive interpreter shows it."""
    assert printed(source, {}) == (text, None)


def test_what_an_example_raises_is_kept_with_what_it_printed() -> None:
    """Even what leaves the program."""
    text, error = printed("print(1), exit_()\n", {"exit_": lambda: sys.exit(3)})
    assert text == "1\n"
    assert isinstance(error, SystemExit)
    assert isinstance(printed("1 +\n", {})[1], SyntaxError)


def test_names_go_on_and_the_output_comes_back() -> None:
    """Examples share their names; standard output and the display are as they were."""
    names: dict[str, Any] = {}
    out, shown = sys.stdout, sys.displayhook
    printed("x = 3\n", names)
    assert printed("x\n", names)[0] == "3\n"
    assert (sys.stdout, sys.displayhook) == (out, shown)


def test_an_output_that_was_closed_is_told() -> None:
    """Its text is gone, the run goes on."""
    assert "closed" in printed("import sys; sys.stdout.close()\n", {})[0]
