"""Faults that are planted: each is one, and taking it back gives the program that there was."""

import ast
from random import Random

import pytest

from benchmarks.planting import PLANTS, Program, slip

TEXT = '''"""Ünïcode stands before everything."""
import json
import os
from collections import OrderedDict


def area(width, height):
    return width * height


def told(path):
    é = area(width=1, height=2); held = OrderedDict(json.load(open(path, encoding="utf-8")))
    return os.path.join(os.getcwd(), str(sorted(held, reverse=True))), é
'''


def test_a_slip_is_one() -> None:
    """A misspelt name is another name, as long or one letter off, with its first letter."""
    random = Random(1)
    for _ in range(500):
        wrong = slip("width", random)
        assert wrong != "width"
        assert wrong[0] == "w"
        ast.parse(f"{wrong} = 1")
        assert abs(len(wrong) - 5) <= 1


@pytest.mark.parametrize("kind", sorted(PLANTS))
def test_faults(kind: str) -> None:
    """Of each kind there is one fault, the same for the same seed, that leaves everything else as it is."""
    program = Program(TEXT)
    made = [PLANTS[kind](program, Random(seed)) for seed in range(40)]
    assert made == [PLANTS[kind](program, Random(seed)) for seed in range(40)]
    planted = [one for one in made if one is not None]
    assert planted
    for one in planted:
        assert one.kind.startswith(kind)
        assert one.text != TEXT
        if kind == "fence":
            assert TEXT in one.text
        else:
            assert _without(one.text, one.what) == _without(TEXT, one.what)


def _without(text: str, what: str) -> list[str]:
    """Return the lines that a fault is not on, by the tree: the kinds of their nodes."""
    body = ast.parse(text).body
    kept = [node for node in body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    return [type(node).__name__ for statement in kept for node in ast.walk(statement)]


def test_what_is_not_a_fault() -> None:
    """Nothing is planted where a program offers nothing, nor a keyword that a function may hand on."""
    for text in ("", "def f(**options):\n    return options\n\n\nf(width=1)\n"):
        found = {kind: plant(Program(text), Random(1)) for kind, plant in PLANTS.items() if kind != "fence"}
        assert set(found.values()) == {None}
