"""Calls that are made up from type hints."""

import ast

import pytest

from services.stages.execution.python.smoke import MAX_CALLS, calls_of


def expressions(source: str) -> list[str]:
    """Return the calls for a file."""
    return [call.expression for call in calls_of(ast.parse(source))]


@pytest.mark.parametrize(
    ("parameters", "values"),
    [
        ("n: int, x: float, s: str, b: bool", "3, 2.5, 'abc', True"),
        ("n: 'int', k=1, *, verbose=False", None),
        ("n: 'int', k=1", "3"),
        ("items: list[int]", "[3, 3]"),
        ("items: Sequence[typing.List[str]]", "[['abc', 'abc'], ['abc', 'abc']]"),
        ("m: dict[str, int], s: set[int], t: tuple[int, str]", "{'abc': 3}, {3}, (3, 'abc',)"),
        ("n: Optional[int], m: None | str", "3, 'abc'"),
        ("items: list", None),
        ("n", None),
        ("", None),
        ("node: Node", None),
        ("*n: int", None),
        ("n: 'in t'", None),
    ],
)
def test_values_come_from_the_types_alone(parameters: str, values: str | None) -> None:
    """A parameter without a simple type or a value of its own keeps its function from being called."""
    expected = [] if values is None else [f"f({values})"]
    assert expressions(f"def f({parameters}):\n    return 1\n") == expected


@pytest.mark.parametrize(
    "source",
    [
        "def _f(n: int): return n\n",
        "def main(n: int): return n\n",
        "@cached\ndef f(n: int): return n\n",
        "async def f(n: int): return n\n",
        "def f(n: int): yield n\n",
        "def f(n: int): return input(n)\n",
        "def f(n: int): time.sleep(n)\n",
        "def f(n: int): os.remove(n)\n",
        "class A:\n    def f(self, n: int): return n\n",
    ],
)
def test_what_acts_or_waits_is_not_called(source: str) -> None:
    """Nor what is private, decorated, or no plain function."""
    assert expressions(source) == []


def test_few_calls_are_made() -> None:
    """A long file is called at its first functions."""
    assert len(expressions("".join(f"def f{n}(x: int): return x\n" for n in range(20)))) == MAX_CALLS
    assert calls_of(None) == ()
