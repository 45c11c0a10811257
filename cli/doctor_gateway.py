"""`assay doctor --gateway`: how a running suite says it is."""

from collections.abc import Iterator

from assay.v1 import system_pb2

from cli.diagnosis import Diagnosis, tell
from cli.printable import printable
from cli.running_suite import RunningSuite
from cli.suite import run, suite

CALL_SECONDS = 30.0

_GOOD = {system_pb2.HEALTH_STATUS_HEALTHY: True, system_pb2.HEALTH_STATUS_UNHEALTHY: False}
"""What is degraded is neither good nor bad."""


def doctor(gateway: RunningSuite) -> int:
    """
    Ask a running suite how each part of it is, print what it says, and return 0 if all is well, else 1.

    :raises assay.errors.AssayError: It cannot be reached, or does not tell this key.
    """
    return tell(_diagnoses(run(_report(gateway))))


async def _report(gateway: RunningSuite) -> system_pb2.HealthReport:
    async with suite(gateway) as client:
        answer = await client.system.GetHealthReport(system_pb2.GetHealthReportRequest(), timeout=CALL_SECONDS)
    return answer.report


def _diagnoses(report: system_pb2.HealthReport) -> Iterator[Diagnosis]:
    yield Diagnosis("the suite", True, f"version {report.version} answers")
    for check in report.checks:
        yield Diagnosis(printable(check.name), _GOOD.get(check.status), _shown(check))


def _shown(check: system_pb2.HealthCheck) -> str:
    """Return what is to be said of a part, and its figures."""
    figures = ", ".join(f"{name.replace('_', ' ')} {_figure(value)}" for name, value in sorted(check.figures.items()))
    said = check.message or "works"
    return f"{said} ({figures})" if figures else said


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:.3g}"
