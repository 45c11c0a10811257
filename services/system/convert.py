"""Check-ups and snapshots as messages of the contract."""

from collections.abc import Sequence
from typing import Any

from assay.convert import duration_to_proto
from assay.v1 import statistics_pb2, system_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from host.call_counts import CallCounts
from services.system.checkup import Checked
from services.system.process import Process


def report_to_proto(checks: Sequence[Checked], version: str) -> system_pb2.HealthReport:
    """Return the message of a check-up of at least one check; as a whole it is as its worst."""
    return system_pb2.HealthReport(
        status=_numbered(max(check.found.status for check in checks)),
        checks=[_check_to_proto(check) for check in checks],
        create_time=_timestamp(min(check.at for check in checks)),
        version=version,
    )


def _check_to_proto(check: Checked) -> system_pb2.HealthCheck:
    return system_pb2.HealthCheck(
        name=check.name,
        status=_numbered(check.found.status),
        message=check.found.message,
        run_duration=duration_to_proto(check.seconds),
        figures=dict(check.found.figures),
    )


def performance_to_proto(calls: CallCounts, process: Process) -> system_pb2.PerformanceMetrics:
    """Return the message of calls and of what the process takes."""
    return system_pb2.PerformanceMetrics(
        uptime=duration_to_proto(process.uptime_seconds),
        calls=calls.calls,
        failed_calls=calls.failed,
        median_duration=duration_to_proto(calls.quantile(0.5)),
        p95_duration=duration_to_proto(calls.quantile(0.95)),
        memory_bytes=process.memory_bytes,
        cpu_time=duration_to_proto(process.cpu_seconds),
    )


def validation_to_proto(told: statistics_pb2.ValidationStatistics) -> system_pb2.ValidationMetrics:
    """Return the message of what the validation service tells."""
    return system_pb2.ValidationMetrics(
        validations=told.validations, queued=told.queued, running=told.running, verdicts=told.verdicts
    )


def _timestamp(seconds: float) -> Timestamp:
    made = Timestamp()
    made.FromNanoseconds(int(seconds * 1e9))
    return made


def _numbered(number: int) -> Any:
    # The stubs want a member of the enum; what there is, and is taken, is its number.
    return int(number)
