"""Values of JavaScript as plain data."""

import math

import pytest

from services.stages.execution.javascript.values import (
    HOLE,
    UNDEFINED,
    Malformed,
    Thing,
    array,
    decode,
    number_text,
    plain_object,
    show,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.25e25, "1.25e+25"),
        (1e16, "10000000000000000"),
        (5e-324, "5e-324"),
        (1234.5678, "1234.5678"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_javascript_does(number: float, text: str) -> None:
    """The text of a number is what String(number) gives."""
    assert number_text(number) == text


def test_what_json_has_is_read_as_it_is() -> None:
    """Numbers are floats, lists are arrays, and null, booleans and strings are themselves."""
    assert decode([1, "a", None, True]) == array(1.0, "a", None, True)
    assert isinstance(decode(1), float)


def test_what_json_does_not_have_bears_a_tag() -> None:
    """Undefined, holes, odd numbers, BigInts and objects are read from their tags."""
    assert decode({"t": "undefined"}) is UNDEFINED
    assert decode({"t": "hole"}) is HOLE
    assert decode({"t": "bigint", "v": "12345678901234567890"}) == 12345678901234567890
    assert math.copysign(1, decode({"t": "number", "v": "-0"})) == -1  # type: ignore[arg-type]
    assert decode({"t": "Object", "c": "Object", "i": [], "p": [["a", 1]]}) == plain_object(a=1.0)
    assert decode({"t": "Map", "c": "Map", "i": ["k", 1], "p": []}) == Thing("Map", "Map", items=("k", 1.0))


@pytest.mark.parametrize("data", [{}, {"t": "number", "v": "7"}, {"t": "bigint", "v": "x"}, {"t": "Object", "p": [1]}])
def test_what_the_harness_never_writes_is_refused(data: object) -> None:
    """Data that is no value raises, and nothing else does."""
    with pytest.raises(Malformed):
        decode(data)


def test_values_are_shown_as_a_person_writes_them() -> None:
    """Objects, arrays and odd primitives are shown in JavaScript's own terms, and what is long is cut."""
    held = plain_object(a=1.0, b=array("x", UNDEFINED, -0.0), c=5)
    assert show(held) == '{a: 1, b: ["x", undefined, -0], c: 5n}'
    assert show(Thing("Error", "TypeError", "TypeError", ("bad",))) == 'TypeError("bad")'
    assert show(Thing("Opaque", "function")) == "[function]"
    assert len(show("x" * 10_000)) <= 400
