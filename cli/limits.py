"""Limits of a run, as they are said on the command line."""

import re
from dataclasses import dataclass

from assay.convert import duration_to_proto
from assay.v1 import limits_pb2

from cli.sources import BadSource

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE = re.compile(r"(\d{1,15})([KMG]?)(?:I?B)?", re.IGNORECASE)

_MOST_BYTES = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """One option for each limit, as it was said; None and nothing: not said. Times are in seconds."""

    wall: float | None = None
    cpu: float | None = None
    compile_time: float | None = None
    memory: str = ""
    processes: int | None = None
    open_files: int | None = None
    output: str = ""
    output_hard: str = ""
    disk: str = ""
    artifact_bytes: str = ""
    artifact_count: int | None = None


def limits_of(options: LimitOptions) -> limits_pb2.ExecutionLimits:
    """
    Return the limits that were said; the service checks them against its bounds.

    :raises BadSource: One is no size or no time; the message names its option.
    """
    limits = limits_pb2.ExecutionLimits(
        processes=options.processes, open_files=options.open_files, artifact_count=options.artifact_count
    )
    for field, option, seconds in (
        ("wall_time", "--wall", options.wall),
        ("cpu_time", "--cpu", options.cpu),
        ("compile_time", "--compile-time", options.compile_time),
    ):
        if seconds is not None:
            getattr(limits, field).CopyFrom(duration_to_proto(_seconds(option, seconds)))
    for field, option, text in (
        ("memory_bytes", "--memory", options.memory),
        ("output_bytes", "--output", options.output),
        ("output_hard_bytes", "--output-hard", options.output_hard),
        ("disk_bytes", "--disk", options.disk),
        ("artifact_bytes", "--artifact-bytes", options.artifact_bytes),
    ):
        if text:
            setattr(limits, field, size_of(option, text))
    return limits


def size_of(option: str, text: str) -> int:
    """
    Return the bytes that a size such as "64M" means; K, M and G are powers of 1,024.

    :raises BadSource: It is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise BadSource(f"{option} {text}: this is no size; sizes look like 65536, 512K, 256M or 1G")
    size = int(match[1]) * _UNITS[match[2].upper()]
    if size > _MOST_BYTES:
        raise BadSource(f"{option} {text}: this is more than any machine has")
    return size


def _seconds(option: str, seconds: float) -> float:
    if not 0 < seconds < 1e9:
        raise BadSource(f"{option}: the time must be above zero and finite")
    return seconds
