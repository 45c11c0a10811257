"""What a process of the suite tells of itself: metrics at an address, traces to an endpoint, and an end in time."""

import asyncio
import socket
import time
from pathlib import Path

import httpx
import prometheus_client
import pytest

from host import telemetry
from host.listening import CannotListen
from host.settings_network import TelemetrySettings
from tests.host.collector import collecting
from tests.processes import Done, host, run_python

PROGRAM = """
import sys, time
from host import logs, telemetry
from host.settings_network import TelemetrySettings
from host.spans import span

logs.configure("warning", "json")
with telemetry.told(("static", "semantic"), TelemetrySettings(trace_sample=float(sys.argv[1]))):
    for number in range(5):
        with span(f"number {number}") as made:
            assert made.get_span_context().is_valid
    print(made.is_recording() or made.get_span_context().trace_flags.sampled)
    left = time.monotonic()
print(time.monotonic() - left)
"""


async def told(endpoint: str, share: str = "1") -> Done:
    """Run a program that makes five spans."""
    environment = {telemetry.ENDPOINT: endpoint} if endpoint else {}
    return await run_python("-P", "-c", PROGRAM, share, environment=environment)


async def test_traces_are_exported() -> None:
    """Where an endpoint is set the spans arrive there by the end of the process, under its services' names."""
    async with collecting() as taken:
        done = await told(taken.endpoint)
        assert taken.spans == [("assay-static-semantic", f"number {number}") for number in range(5)], done.stderr
        await told(taken.endpoint, share="0")
    assert len(taken.spans) == 5


async def test_nothing_is_recorded_without_an_endpoint() -> None:
    """Without an endpoint spans have ids, and nothing is recorded."""
    done = await told("")
    assert done.stdout.splitlines()[0] == "False", done.stderr


@pytest.mark.slow
async def test_an_endpoint_that_does_not_answer() -> None:
    """A process ends in time where nobody takes its traces, even where somebody accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = await told(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.splitlines()[1]) < telemetry.EXPORT_SECONDS + 5


async def test_metrics_address(folder: Path) -> None:
    """A process answers GET /metrics at its own address, also while clients hold connections open and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    async with host("validation", state=folder, ASSAY_TELEMETRY__METRICS_LISTEN=listen) as server:
        held = [await asyncio.open_connection(*listen.split(":")) for _ in range(20)]
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://{listen}/metrics", timeout=10)
        for _, writer in held:
            writer.close()
        assert await server.stop() == 0
    assert answer.status_code == 200
    for name in (
        "process_resident_memory_bytes", "process_cpu_seconds_total", "assay_validation_queue_depth",
        "assay_validation_under_way", "assay_calls_active",
    ):  # fmt: skip
        assert f"\n{name}" in answer.text, name
    assert 'service_name="assay-validation"' in answer.text


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the metrics' address no more connections are held than may be, and none by one who says nothing for long."""
    monkeypatch.setattr(telemetry, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(telemetry, "REQUEST_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with telemetry._served(f"127.0.0.1:{port}"):
        held = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(6)]
        assert sorted(one.recv(1) for one in held[3:]) == [b""] * 3
        # Those that are held are let go after a while.
        assert [one.recv(1) for one in held[:3]] == [b""] * 3
        for one in held:
            one.close()
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    assert b"process_cpu_seconds_total" in answer.content


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1:x", ":5", "203.0.113.7:5", "127.0.0.1:{taken}"])
def test_address_that_cannot_be(listen: str) -> None:
    """An address of metrics that is none, taken or not ours stops the start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = listen.format(taken=taken.getsockname()[1])
        with pytest.raises(CannotListen, match="for metrics"), telemetry._served(listen):
            pass


async def test_address_in_the_environment(folder: Path) -> None:
    """A process whose metrics' address cannot be used says so in one line, and does not start."""
    environment = {"ASSAY_TELEMETRY__METRICS_LISTEN": "nonsense", "ASSAY_STATE_DIR": str(folder)}
    done = await run_python("-P", "-m", "host", "validation", "--listen", "127.0.0.1:0", environment=environment)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2, "host: cannot listen on 'nonsense' for metrics: an address is host:port",
    )  # fmt: skip


def test_exposition() -> None:
    """The metrics are there for whoever asks in this process, in Prometheus' form, however many ask at once."""
    assert telemetry.CONTENT_TYPE == prometheus_client.exposition.CONTENT_TYPE_PLAIN_0_0_4
    started = time.monotonic()
    texts = [telemetry.exposition() for _ in range(3)]
    assert all(b"\nprocess_resident_memory_bytes " in text for text in texts)
    assert time.monotonic() - started < 60
    assert TelemetrySettings().metrics_listen == ""
