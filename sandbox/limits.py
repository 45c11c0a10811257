"""The limits of a run: what was asked for, the service's defaults, and the bounds of both."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from assay.errors import InvalidArgument

MIB = 1024 * 1024

MIN_MEMORY_BYTES = 48 * MIB
"""Below this not even an interpreter starts beside the runner."""

FIELDS = {"wall_seconds": "wall_time", "cpu_seconds": "cpu_time", "compile_seconds": "compile_time"}
"""Names in the contract, where they differ."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    One value for each limit.

    :param wall_seconds: On the service's clock, from the hand-over of the program to its end.
    :param cpu_seconds: Of everything in the container together.
    :param memory_bytes: Of everything in the container together, files included.
    :param processes: Processes and threads at one time.
    :param open_files: Per process.
    :param output_bytes: Kept of each output stream.
    :param output_hard_bytes: Of one output stream, before the program is killed.
    :param disk_bytes: In the work directory.
    :param artifact_bytes: Of all artifacts together.
    :param artifact_count: Number of artifacts.
    :param compile_seconds: For compiling, on the service's clock; and CPU time of as much.
    """

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    processes: int
    open_files: int
    output_bytes: int
    output_hard_bytes: int
    disk_bytes: int
    artifact_bytes: int
    artifact_count: int
    compile_seconds: float


LEAST = Limits(
    wall_seconds=0.01,
    cpu_seconds=0.01,
    memory_bytes=MIN_MEMORY_BYTES,
    processes=1,
    open_files=8,
    output_bytes=1,
    output_hard_bytes=1,
    disk_bytes=64 * 1024,
    artifact_bytes=1,
    artifact_count=1,
    compile_seconds=0.01,
)
"""The least that can be enforced exactly; what is below is refused."""


def resolve(asked: Mapping[str, float], defaults: Limits, maxima: Limits) -> Limits:
    """
    Return the limits that a request asks for, the defaults where it says nothing.

    :raises InvalidArgument: A value is zero, negative, not a number, or outside the bounds; the error names the field.
    """
    for name, value in asked.items():
        _check(name, value, getattr(LEAST, name), getattr(maxima, name))
    limits = replace(defaults, **{name: _typed(name, value) for name, value in asked.items()})
    if limits.output_bytes > limits.output_hard_bytes:
        # Whoever asks for a low hard cap alone gets no more kept than that.
        if "output_bytes" in asked:
            raise InvalidArgument("limits.output_bytes", "it is above limits.output_hard_bytes")
        limits = replace(limits, output_bytes=limits.output_hard_bytes)
    return limits


def _typed(name: str, value: float) -> Any:
    return float(value) if name.endswith("_seconds") else int(value)


def _check(name: str, value: float, least: float, most: float) -> None:
    field = f"limits.{FIELDS.get(name, name)}"
    unit = " seconds" if name.endswith("_seconds") else ""
    if not math.isfinite(value) or value <= 0:
        raise InvalidArgument(field, "a limit is above zero; leave it unset for the default")
    if value < least:
        raise InvalidArgument(field, f"the least that can be enforced is {least:g}{unit}")
    if value > most:
        raise InvalidArgument(field, f"this service allows at most {most:g}{unit}" if unit else _at_most(most))


def _at_most(most: float) -> str:
    return f"this service allows at most {int(most)}"


def check_settings(defaults: Limits, maxima: Limits) -> None:
    """Raise ValueError where the service's own settings contradict each other."""
    for field in fields(Limits):
        least, default, most = (getattr(limits, field.name) for limits in (LEAST, defaults, maxima))
        if not least <= default <= most:
            raise ValueError(f"the default of {field.name}, {default}, is not between {least} and {most}")
