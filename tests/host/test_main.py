"""``python -m host``: services in processes of their own, over TCP, and what it says when it cannot start."""

import asyncio
import json
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import grpc.aio
import pytest
from assay.client import connect
from assay.v1 import candidate_pb2, source_pb2, validation_pb2

from tests.processes import ROOT, host, run_python


def request(content: bytes, stages: Sequence[str]) -> validation_pb2.ValidateRequest:
    """Return a request to judge one file."""
    return validation_pb2.ValidateRequest(
        candidate=candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=content)]),
        policy=validation_pb2.ValidationPolicy(stages=stages),
    )


STAGES = ("static", "placeholder", "semantic")


async def test_two_processes(folder: Path) -> None:
    """The engine in one process judges by stages in another, found by name; both stop gracefully on SIGTERM."""
    async with host(*STAGES, state=folder) as stages:
        peers = json.dumps(dict.fromkeys(STAGES, stages.address))
        async with host("validation", state=folder, ASSAY_PEERS=peers) as engine:
            async with connect(engine.address) as suite:
                real = await suite.validation.Validate(
                    request(b"def double(x):\n    return 2 * x\n", STAGES), timeout=60
                )
                fake = await suite.validation.Validate(
                    request(b"def f(x):\n    # TODO\n    pass\n", STAGES), timeout=60
                )
            assert await engine.stop() == 0
        assert await stages.stop() == 0
    assert real.validation.verdict == validation_pb2.VERDICT_AUTHENTIC
    assert fake.validation.verdict == validation_pb2.VERDICT_INAUTHENTIC
    assert [result.stage for result in real.validation.stage_results] == list(STAGES)
    calls = {
        (line["method"], line["trace_id"]) for line in map(json.loads, stages.lines) if line["event"] == "call"
    } | {(line["method"], line["trace_id"]) for line in map(json.loads, engine.lines) if line["event"] == "call"}
    traces = [trace for method, trace in calls if method.endswith("/Validate")]
    assert len(traces) == 2
    assert all(("/assay.v1.StageService/RunStages", trace) in calls for trace in traces)


async def test_sigint_and_peers_that_are_gone(folder: Path) -> None:
    """An engine whose stages cannot be reached answers INCONCLUSIVE with the reason, and stops on SIGINT."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        peers = json.dumps({"static": f"127.0.0.1:{taken.getsockname()[1]}"})
        async with host("validation", state=folder, ASSAY_PEERS=peers) as engine:
            async with connect(engine.address) as suite:
                answer = await suite.validation.Validate(request(b"x = 1\n", ["static"]), timeout=30)
            assert await engine.stop(signal.SIGINT) == 0
    assert answer.validation.verdict == validation_pb2.VERDICT_INCONCLUSIVE
    assert "cannot be reached" in answer.validation.stage_results[0].reason


async def test_signals_close_together(folder: Path) -> None:
    """Two signals close together, as `timeout` sends them, are one wish to stop gracefully."""
    async with host("validation", state=folder) as engine:
        engine.process.send_signal(signal.SIGTERM)
        engine.process.send_signal(signal.SIGINT)
        assert await engine.stop() == 0


async def test_second_signal(folder: Path) -> None:
    """A second signal, a while after the first, ends a process that is still draining."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        peers = json.dumps({"static": f"127.0.0.1:{silent.getsockname()[1]}"})
        async with (
            host("validation", state=folder, ASSAY_PEERS=peers) as engine,
            connect(engine.address) as suite,
        ):
            call = asyncio.ensure_future(suite.validation.Validate(request(b"x = 1\n", ["static"]), timeout=60))
            await asyncio.sleep(1)
            engine.process.send_signal(signal.SIGTERM)
            await asyncio.sleep(1.5)
            assert engine.process.returncode is None
            assert await engine.stop() == -signal.SIGTERM
            with pytest.raises(grpc.aio.AioRpcError):
                await call


@pytest.mark.parametrize(
    ("arguments", "environment", "text"),
    [
        (["sttaic"], {}, "no service 'sttaic'; there are events, sandbox, static"),
        (["validation"], {"ASSAY_LOG_LEVEL": "loud"}, "the setting ASSAY_LOG_LEVEL"),
        (["validation"], {"ASSAY_PEERS": "hunter2"}, '"peers"'),
        (["validation", "--listen", "{taken}"], {}, "Address already in use"),
        (["validation", "--listen", "no.such.host.invalid:1"], {}, "cannot listen on 'no.such.host.invalid:1'"),
        (["validation", "--listen", "0.0.0.0:0"], {}, "set ASSAY_TOKENS__TRUSTED, or listen on 127.0.0.1"),
        (["validation"], {"ASSAY_TOKENS__SIGNING_KEY": "/nowhere"}, "the setting ASSAY_TOKENS__SIGNING_KEY: /nowhere"),
    ],
)
async def test_cannot_start(arguments: list[str], environment: dict[str, str], text: str) -> None:
    """What keeps it from starting is one line on standard error, and exit status 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        arguments = [argument.format(taken=address) for argument in arguments]
        done = await run_python("-P", "-m", "host", *arguments, environment=environment)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("host: ")
    assert text in line
    assert "hunter2" not in line


async def test_hostile_working_directory(folder: Path) -> None:
    """With -P a module of the working directory is not taken for one of the suite."""
    for name in ("host.py", "assay.py", "services.py", "grpc.py", "asyncio.py"):
        (folder / name).write_text("raise SystemExit('hijacked')")
    done = await run_python("-P", "-m", "host", "sttaic", cwd=folder)
    assert done.returncode == 2
    assert "no service 'sttaic'" in done.stderr
    assert folder != ROOT
