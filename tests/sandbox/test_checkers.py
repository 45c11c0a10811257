"""Comparisons of outputs: what is equal, what is not, and how that is told."""

import tracemalloc

import pytest
from assay.errors import InvalidArgument
from hypothesis import given
from hypothesis import strategies as st

from sandbox.checkers import Comparison, Exact, Floats, Tokens, TrailingSpace

NEAR = Floats(1e-6, 1e-9)

EQUAL: list[tuple[Comparison, bytes, bytes]] = [
    (Exact(), b"a\n\x00\xff", b"a\n\x00\xff"),
    (TrailingSpace(), b"a  \r\nb\t\n\n\n", b"a\nb"),
    (TrailingSpace(), b"", b"\n \n"),
    (Tokens(), b" 1\t2\n\n3 ", b"1 2 3"),
    (NEAR, b"1.0000001 x", b"1 x"),
    (NEAR, b"1e3 -0.0 .5 +2", b"1000 0 0.5 2"),
    (NEAR, b"nan inf", b"nan inf"),
    (Floats(0, 0.01), b"101", b"100"),
]

DIFFERENT: list[tuple[Comparison, bytes, bytes, str]] = [
    (Exact(), b"a\n", b"a", "line 2: '' instead of nothing"),
    (Exact(), b"one\ntwo", b"one\ntoo", "line 2: 'two' instead of 'too', byte 2"),
    (TrailingSpace(), b"a b", b"a  b", "line 1"),
    (TrailingSpace(), b" a", b"a", "line 1"),
    (TrailingSpace(), b"\na", b"a", "line 1"),
    (Tokens(), b"1 2", b"1 2 3", "token 3: nothing instead of '3'"),
    (Tokens(), b"1.0", b"1", "token 1"),
    (NEAR, b"1.1", b"1", "token 1: '1.1' instead of '1'"),
    (NEAR, b"nan", b"1", "token 1"),
    (NEAR, b"1", b"nan", "token 1"),
    (NEAR, b"1e99999", b"1", "token 1"),
    (NEAR, b"0x10", b"16", "token 1"),
    (NEAR, b"1_0", b"10", "token 1"),
    (Floats(0, 0.01), b"99", b"101", "token 1"),
]


@pytest.mark.parametrize(("checker", "output", "expected"), EQUAL)
def test_equal(checker: Comparison, output: bytes, expected: bytes) -> None:
    """What a comparison takes for equal, it has nothing to say about."""
    assert not checker.difference(output, expected)


@pytest.mark.parametrize(("checker", "output", "expected", "told"), DIFFERENT)
def test_different(checker: Comparison, output: bytes, expected: bytes, told: str) -> None:
    """What differs is told by its first place."""
    assert told in checker.difference(output, expected)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_comparisons_agree(output: bytes, expected: bytes) -> None:
    """The stricter a comparison, the less it takes for equal; and what it says is short and printable."""
    exact, lines, tokens, floats = (
        checker.difference(output, expected) for checker in (Exact(), TrailingSpace(), Tokens(), Floats(0, 0))
    )
    assert bool(exact) == (output != expected)
    assert exact or not lines
    assert lines or not tokens
    assert tokens or not floats
    assert all(len(told) < 500 and told.isprintable() for told in (exact, lines, tokens, floats))


@pytest.mark.parametrize("tolerances", [(-1, 0), (0, -0.1), (float("nan"), 0), (0, float("inf"))])
def test_tolerances_are_bounded(tolerances: tuple[float, float]) -> None:
    """A tolerance that is negative or not a number is refused by name."""
    with pytest.raises(InvalidArgument, match=r"floats\.(absolute|relative)"):
        Floats(*tolerances)


LONG: list[tuple[Comparison, bytes, bytes]] = [
    (Exact(), b"\n" * (1 << 22), b"\n" * (1 << 25)),
    (TrailingSpace(), b"x \n" * (1 << 16), b"x\n" * (1 << 20)),
    (Tokens(), b"ab " * (1 << 16), b"ab " * (1 << 20)),
    (Exact(), b"a" * (1 << 22), b"a" * ((1 << 22) - 1) + b"b"),
]


@pytest.mark.parametrize(("checker", "output", "expected"), LONG)
def test_long_texts_take_no_more_than_themselves(checker: Comparison, output: bytes, expected: bytes) -> None:
    """Comparing texts of the longest message there is takes hardly any memory beside them, whatever they consist of."""
    tracemalloc.start()
    try:
        assert checker.difference(output, expected)
        assert tracemalloc.get_traced_memory()[1] < len(output) + len(expected) + (1 << 20)
    finally:
        tracemalloc.stop()
