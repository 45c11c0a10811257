"""Programs that are run over HTTP, in a real sandbox: at once, as a stream, and both ways on a WebSocket."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.gateway.http.sides import Web, suite_on_the_web
from tests.gateway.http.test_websocket import closed

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
async def running(docker_ready: None) -> AsyncIterator[Web]:
    """Give the HTTP side of a suite that runs code."""
    async with suite_on_the_web(sandbox=True) as found:
        yield found


def program(text: str) -> dict[str, Any]:
    """Return a request to run a program, as JSON has it."""
    return {"language": "python", "files": [{"path": "main.py", "content": encoded(text)}]}


def encoded(text: str) -> str:
    """Return text as JSON has bytes."""
    return base64.b64encode(text.encode()).decode()


async def test_a_run(running: Web) -> None:
    """A program is run, and its output, outcome and use are told, and what it used of the quota."""
    async with running.client("acme") as client:
        answer = await client.post("/v1/executions", json=program("print(6 * 7)"))
    assert answer.status_code == 200
    assert answer.json()["outcome"] == "OUTCOME_OK"
    assert base64.b64decode(answer.json()["stdout"]["content"]) == b"42\n"
    assert float(answer.headers["x-assay-used-sandbox-seconds"]) > 0


async def test_a_stream(running: Web) -> None:
    """The output of a program is told as it comes, without a WebSocket too."""
    text = "import time\nfor n in range(3):\n    print(n, flush=True)\n    time.sleep(0.1)\n"
    async with running.client("acme") as client:
        answer = await client.post(
            "/v1/executions:stream", json={"start": program(text)}, headers={"accept": "application/x-ndjson"}
        )
    lines = [json.loads(line) for line in answer.text.splitlines() if line]
    output = b"".join(base64.b64decode(line["stdout"]) for line in lines if "stdout" in line)
    assert output == b"0\n1\n2\n"
    assert lines[-2]["result"]["outcome"] == "OUTCOME_OK"
    assert float(lines[-1]["@end"]["used"]["sandbox-seconds"]) > 0


async def test_both_ways(running: Web) -> None:
    """A program is spoken with while it runs."""
    async with running.socket("/v1/executions:stream", "acme") as socket:
        await socket.send(json.dumps({"start": program("print(int(input()) * 2, flush=True)\nprint(input())\n")}))
        await socket.send(json.dumps({"stdin": encoded("21\n")}))
        heard = b""
        while heard != b"42\n":
            frame = json.loads(await asyncio.wait_for(socket.recv(), 20))
            heard += base64.b64decode(frame.get("stdout", ""))
        await socket.send(json.dumps({"stdin": encoded("bye\n")}))
        await socket.send(json.dumps({"endOfInput": {}}))
        code, _, frames = await closed(socket)
    assert code == 1000
    assert frames[-2]["result"]["outcome"] == "OUTCOME_OK"
    assert b"".join(base64.b64decode(frame.get("stdout", "")) for frame in frames) == b"bye\n"
