"""Kept output: head at once, tail at the end, everything counted."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.runner.output import KeptOutput


@given(st.lists(st.binary(max_size=20)), st.integers(1, 60))
def test_head_and_tail(pieces: list[bytes], keep: int) -> None:
    """Short output is kept whole; of longer output the first half and the last half of what is kept."""
    kept = KeptOutput.halves(keep)
    head = b"".join(kept.add(piece) for piece in pieces)
    whole = b"".join(pieces)
    assert kept.total == len(whole)
    if len(whole) <= keep:
        assert head + kept.tail() == whole
    else:
        first, last = (keep + 1) // 2, keep // 2
        assert head == whole[:first]
        assert kept.tail() == (whole[-last:] if last else b"")
