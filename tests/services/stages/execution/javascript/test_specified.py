"""The examples of a specification as tests."""

import pytest
from assay.stage import Category, Severity

from services.stages.execution.javascript.specified import specified
from tests.services.stages.execution.javascript.conftest import Judge

NAMES = frozenset({"area", "grow"})


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("> area(2, 3)\n6\n", "assert.deepEqual(area(2, 3), 6);\n"),
        (" * > area(2, 3)\n * 6\n", "assert.deepEqual(area(2, 3), 6);\n"),
        (">>> area(2, 3)\n6.0\n", "assert.deepEqual(area(2, 3), 6.0);\n"),
        (">>> area(2, 3)\n>>> 'six'\n", "assert.deepEqual(area(2, 3), 'six');\n"),
        ("area(2, 3) // 6\n", "assert.deepEqual(area(2, 3), 6);\n"),
        ("// area(2, 3); // => 6\n", "assert.deepEqual(area(2, 3), 6);\n"),
        ("area([1], {a: 2}) ==> {b: [3]}\n", "assert.deepEqual(area([1], {a: 2}), {b: [3]});\n"),
        ('area(15)   # returns "six"\n', 'assert.deepEqual(area(15), "six");\n'),
        ("area(2) should return null\n", "assert.deepEqual(area(2), null);\n"),
        ("area(2) -> True\n", "assert.deepEqual(area(2), true);\n"),
    ],
)
def test_examples_that_leave_no_doubt_are_taken(text: str, assertion: str) -> None:
    """A call of the code's function with literals, and a literal beside or below it, is a test."""
    assert specified(f"Write it.\n{text}", NAMES) == assertion


@pytest.mark.parametrize(
    "text",
    [
        "> volume(2, 3)\n6\n",
        "> area(side, 3)\n6\n",
        "> area(2, 3)\nthe area, which is 6\n",
        "area(2, 3) // 6 because it is a square\n",
        "area(2, 3) => (6, 7)\n",
        "area(2, 3) == grow(3, 2)\n",
        "> area(2, 3\n6\n",
        "area(2, 3)\n6\n",
        "function area(a, b) { // 6\n",
        ">>> area({'a': 1})\n1\n",
        "> and so on\n",
    ],
)
def test_what_is_open_is_left(text: str) -> None:
    """Other functions, names, prose, and what is no JavaScript make no test."""
    assert specified(text, NAMES) == ""


async def test_an_example_that_fails_is_told_as_one(judge: Judge) -> None:
    """Without tests the examples of the specification are run, compared outside, and reject."""
    asked = "Write area(a, b).\n\n> area(2, 3)\n6\n> area(0, 1)\n0\n"
    right = await judge("function area(a, b) {\n  return a * b;\n}\n", specification=asked)
    assert (right.findings, right.details["tests_passed"], right.details["isolation"]) == ((), "2", "proof")
    (finding,) = (await judge("function area(a, b) {\n  return a && a + b;\n}\n", specification=asked)).findings
    assert (finding.rule_id, finding.severity) == ("execution/example-failed", Severity.HIGH)
    assert (finding.category, finding.evidence["example"]) == (Category.SPECIFICATION, "area(2, 3), 6")
    assert finding.message == "An example of the specification: got 5, expected 6."
