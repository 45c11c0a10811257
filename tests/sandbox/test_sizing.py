"""Files live in memory: their sum stays below it."""

import pytest
from assay.errors import InvalidArgument
from hypothesis import given
from hypothesis import strategies as st

from sandbox.limits import MIB, MIN_MEMORY_BYTES
from sandbox.sizing import PAGE, RESERVE_BYTES, applied_disk, check_files, fits, mounts


@given(st.integers(64 * 1024, 1024 * MIB), st.integers(MIN_MEMORY_BYTES, 2048 * MIB))
def test_reserve_stays_free(disk: int, memory: int) -> None:
    """Whatever is asked for, full disks leave the reserve, and no page that would fit is withheld."""
    applied = applied_disk(disk, memory, asked=False)
    assert 0 < applied <= disk
    assert mounts(applied).total_bytes() + RESERVE_BYTES <= memory
    assert applied == disk or not fits(applied + PAGE, memory)


def test_asked_disk_is_given_or_refused() -> None:
    """A limit that was asked for is never lowered in silence."""
    assert applied_disk(4 * MIB, 256 * MIB, asked=True) == 4 * MIB
    with pytest.raises(InvalidArgument, match=r"limits\.disk_bytes"):
        applied_disk(256 * MIB, 256 * MIB, asked=True)


def test_input_takes_memory_from_the_files() -> None:
    """Standard input is held in memory: the files give way to it, and what leaves no room at all is refused."""
    assert applied_disk(64 * MIB, 128 * MIB, 0, asked=False) > applied_disk(64 * MIB, 128 * MIB, 8 * MIB, asked=False)
    with pytest.raises(InvalidArgument, match=r"limits\.disk_bytes"):
        applied_disk(8 * MIB, 48 * MIB, 8 * MIB, asked=True)
    with pytest.raises(InvalidArgument, match="stdin"):
        applied_disk(MIB, 48 * MIB, 16 * MIB, asked=False)


def test_files_must_fit() -> None:
    """Files are counted in pages, and with their folders in entries."""
    check_files({"a": 4097}, 8192)
    with pytest.raises(InvalidArgument, match="files"):
        check_files({"a": 4097, "b": 1}, 8192)
    with pytest.raises(InvalidArgument, match="entries"):
        check_files({f"{number}/" + "d/" * 5 + "f": 0 for number in range(400)}, MIB)
