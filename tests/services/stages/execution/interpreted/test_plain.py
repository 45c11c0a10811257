"""Values as harnesses tell them, and verdicts over them."""

import json
from collections.abc import Mapping

import pytest

from services.stages.execution.interpreted.apart import Check, Script
from services.stages.execution.interpreted.job import Test
from services.stages.execution.interpreted.plain import NotPlain, Told, from_json, show, told
from services.stages.execution.interpreted.ruby_tests import RubyTests
from services.stages.execution.interpreted.verdicts import decide
from services.stages.execution.report import Report, parse

NONCE = "0" * 32


def line(**fields: object) -> bytes:
    """Return a line that tells a value."""
    return f"\n{NONCE}= {json.dumps(fields)}\n".encode()


@pytest.mark.parametrize(
    ("data", "value", "shown"),
    [
        ({"c": "nil"}, ("c", "nil"), "nil"),
        ({"i": "-12"}, ("i", -12), "-12"),
        ({"f": "1.5"}, ("f", 1.5), "1.5"),
        ({"s": "a\n"}, ("s", "a\n"), '"a\\n"'),
        ({"b": "ff00"}, ("b", b"\xff\x00"), "b'\\xff\\x00'"),
        ({"y": "a"}, ("y", "a"), ":a"),
        ({"a": [{"i": "1"}]}, ("a", (("i", 1),)), "[1]"),
        ({"h": [[{"s": "k"}, {"i": "1"}]]}, ("h", ((("s", "k"), ("i", 1)),)), '{"k" => 1}'),
    ],
)
def test_each_kind(data: object, value: object, shown: str) -> None:
    """A value of each kind is read, and shown to a person."""
    read = from_json(data)
    assert (read, show(read)) == (value, shown)


@pytest.mark.parametrize(
    "data",
    [
        None,
        1,
        "a",
        [],
        {},
        {"i": 1},
        {"i": "x"},
        {"f": "x"},
        {"b": "zz"},
        {"z": "a"},
        {"a": "x"},
        {"h": [[1]]},
        {"i": "1", "s": ""},
    ],
)
def test_what_is_no_value(data: object) -> None:
    """Anything else is refused."""
    with pytest.raises((NotPlain, ValueError)):
        from_json(data)


def test_depth_and_length_are_bounded() -> None:
    """A value that is nested without end is refused, and a long one is shown in part."""
    data: object = {"c": "nil"}
    for _ in range(60):
        data = {"a": [data]}
    with pytest.raises(NotPlain):
        from_json(data)
    assert len(show(("s", "x" * 5_000))) == 2_000


def test_values_of_a_run() -> None:
    """Values are told by test, among all that the program writes; a value that is not plain has its reason."""
    output = b"noise" + line(test="line 1", value={"i": "3"}, odd="") + line(test="line 2", value=None, odd="Set")
    assert told(output, NONCE) == ({"line 1": Told(("i", 3)), "line 2": Told(None, "Set")}, True)


@pytest.mark.parametrize(
    "output",
    [
        line(test="line 1", value={"i": "3"}, odd="") * 2,
        line(test="line 1", value={"i": 3}, odd=""),
        line(test=1, value={"i": "3"}, odd=""),
        line(value={"i": "3"}, odd=""),
        f"\n{NONCE}= [".encode(),
        f"\n{NONCE}= {'[' * 100_000}\n".encode(),
    ],
)
def test_lines_that_were_slipped_in(output: bytes) -> None:
    """Two values of one test, and lines that are none, count as no values at all."""
    assert told(output, NONCE) == ({}, False)


def report(*events: Mapping[str, object]) -> Report:
    """Return the report of a run that told these events."""
    return parse("".join(f"\n{NONCE} {json.dumps(each)}\n" for each in events).encode(), NONCE)


def a_run() -> tuple[Script, Report]:
    """Return a script of two checks, and a run in which both were evaluated."""
    checks = {"line 1": Check("==", ("i", 3), True, "check 1"), "line 2": Check("==", ("i", 4), True, "check 2")}
    tests = tuple(Test(number, "", value="f(1)") for number in (1, 2))
    ends = [
        event
        for number in (1, 2)
        for event in ({"event": "start", "test": f"line {number}"}, {"event": "passed", "test": f"line {number}"})
    ]
    plan = {"event": "plan", "work": "/work", "tests": ["line 1", "line 2"], "examples": [], "problem": ""}
    done = {"event": "done", "passed": 2, "failed": 0, "skipped": 0}
    return Script("", tests, checks, "proof"), report(plan, {"event": "loading"}, {"event": "loaded"}, *ends, done)


def test_what_differs_has_failed() -> None:
    """A value that is not the expected one makes its test a failed one, with both sides; the run stays complete."""
    script, run = a_run()
    decide(RubyTests(), script, run, {"line 1": Told(("f", 3.0)), "line 2": Told(("i", 5))})
    (failed,) = run.failed()
    assert failed.error is not None
    assert (failed.test, failed.error.left, failed.error.right) == ("line 2", "5", "4")
    assert run.is_complete()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"line 1": Told(("i", 3))},
        {"line 1": Told(("i", 3)), "line 2": Told(("i", 4)), "line 3": Told(("i", 4))},
    ],
)
def test_values_that_are_missing_or_too_many(values: dict[str, Told]) -> None:
    """A test that told no value did not pass, whatever it said of itself."""
    script, run = a_run()
    if "line 3" in values:
        run.results["line 3"] = run.results["line 1"]
    decide(RubyTests(), script, run, values)
    assert not run.is_complete()
