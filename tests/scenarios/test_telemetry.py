"""What the suite tells of itself: a call is one trace, and nothing that was said in it, neither code nor keys."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.host.collector import Taken, collecting
from tests.processes import Done, run_python
from tests.test_operations import documented

SECRET = "canary7c1f"
COUNTS = re.compile(r"^(assay_\w+|rpc_\w+?)(?:_total|_count)(?:\{.*\})? ([1-9][\d.]*)$", re.MULTILINE)

HELPED = re.compile(r"^# HELP (\w+) ", re.MULTILINE)


@pytest.fixture(scope="module")
async def told() -> AsyncIterator[tuple[Done, Taken]]:
    """Give what the program left behind, and the traces that it exported."""
    async with collecting() as taken:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": taken.endpoint}
        program = str(Path(__file__).with_name("telemetry_program.py"))
        yield await run_python("-P", program, seconds=120, environment=environment), taken


async def test_nothing_is_told(told: tuple[Done, Taken]) -> None:
    """Code, names, specifications, labels, request ids and keys are in no line of the log, no metric and no span."""
    done, taken = told
    key, _, metrics = done.stdout.partition("\n")
    assert done.returncode == 0, done.stderr
    secrets = [SECRET, key.rpartition("_")[2]]
    spans = b"".join(taken.raw)
    for secret in secrets:
        assert secret not in done.stderr
        assert secret not in metrics
        assert secret.encode() not in spans
    # That there is something in which they could have been.
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    said = [line["event"] for line in lines]
    assert {"call", "audit", "stage broke"} <= set(said)
    assert all("ValueError" in line["exception"] for line in lines if line["event"] == "stage broke")
    assert all(len(line["trace_id"]) == 32 for line in lines if line["event"] == "call" and line["level"] == "info")
    names = {name for _, name in taken.spans}
    assert not any(name.startswith("grpc.health") for name in names)
    assert {
        "assay.v1.ValidationService/Validate", "assay.v1.StageService/RunStages", "stage static", "stage broken",
        "validation job", "database write", "database read",
    } <= names  # fmt: skip
    assert {
        "rpc_server_call_duration_seconds", "assay_validation_validations", "assay_validation_findings",
        "assay_validation_stage_duration_seconds", "assay_validation_reuse", "assay_event_loop_lag_seconds",
    } <= {name for name, _ in COUNTS.findall(metrics)}  # fmt: skip
    assert set(HELPED.findall(metrics)) - {"target_info"} <= documented()


async def test_traces_hang_together(told: tuple[Done, Taken]) -> None:
    """A call is one trace from the gateway to the stages, and so is what it left in the queue."""
    _, taken = told
    call, run = "assay.v1.ValidationService/{}", "assay.v1.StageService/RunStages"
    validate, create = call.format("Validate"), call.format("CreateValidation")
    assert {
        (validate, validate, run, "stage static"),
        (validate, validate, run, "stage broken"),
        (validate, validate, "database write"),
        (create, create, "database write"),
        (create, create, "validation job", run, "stage placeholder"),
        (create, create, "validation job", "database write"),
    } <= taken.ways()
    for trace, parent, _ in taken.traces.values():
        assert parent not in taken.traces or taken.traces[parent][0] == trace
