"""Limits as they are said on the command line."""

import pytest
from assay.v1 import limits_pb2

from cli.limits import LimitOptions, limits_of, size_of
from cli.sources import BadSource


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("64K", 65536), ("64k", 65536), ("2M", 2 << 20), ("2MB", 2 << 20), ("1GiB", 1 << 30)]
)
def test_sizes_are_read(text: str, size: int) -> None:
    """K, M and G are powers of 1,024, however they are written."""
    assert size_of("--memory", text) == size


@pytest.mark.parametrize("text", ["", "M", "-1", "1.5M", "1T", "9" * 30, "9" * 15 + "G"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """The error names the option."""
    with pytest.raises(BadSource, match="--memory"):
        size_of("--memory", text)


def test_every_limit_of_the_contract_has_an_option() -> None:
    """With every option said, every limit is set."""
    limits = limits_of(
        LimitOptions(
            wall=1.5, cpu=2, compile_time=3, memory="4M", processes=5, open_files=6, output="7", output_hard="8K",
            disk="9", artifact_bytes="10", artifact_count=11,
        )
    )  # fmt: skip
    unset = [field.name for field in limits_pb2.ExecutionLimits.DESCRIPTOR.fields if not limits.HasField(field.name)]
    assert unset == []
    assert (limits.wall_time.ToMilliseconds(), limits.compile_time.seconds) == (1500, 3)
    assert (limits.memory_bytes, limits.output_hard_bytes, limits.artifact_count) == (4 << 20, 8192, 11)


def test_what_is_not_said_is_not_set() -> None:
    """The service's defaults are its own."""
    assert limits_of(LimitOptions()) == limits_pb2.ExecutionLimits()


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_times_that_are_none_are_refused(seconds: float) -> None:
    """The error names the option."""
    for option, said in (
        ("--wall", LimitOptions(wall=seconds)),
        ("--cpu", LimitOptions(cpu=seconds)),
        ("--compile-time", LimitOptions(compile_time=seconds)),
    ):
        with pytest.raises(BadSource, match=option):
            limits_of(said)
