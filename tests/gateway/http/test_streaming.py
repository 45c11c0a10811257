"""Streams over HTTP: events and lines, where they begin, where they go on, and how they end."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from assay.errors import NotFound, QuotaExceeded, SlowReader
from assay.v1 import event_pb2, sandbox_pb2, validation_pb2

from gateway.http import connections, reading
from gateway.http.problems import HttpFailure
from gateway.http.streaming import EVENTS, LINES, chosen
from tests.gateway.http.reading import Event, events
from tests.gateway.http.sides import EXECUTE_STREAM, SUBSCRIBE, WATCH, Web, candidate, side_of, web_of

WEBSOCKET_HEAD = (
    "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
)


async def followed(client: httpx.AsyncClient, path: str, **headers: str) -> list[Event]:
    """Return all events of a stream that ends by itself."""
    async with client.stream("GET", path, headers=headers) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        return [event async for event in events(answer)]


async def test_a_validation_is_followed(client: httpx.AsyncClient) -> None:
    """A queued validation is followed to its end: each event has the number from which to go on."""
    made = (await client.post("/v1/validations", json={"candidate": candidate()})).json()
    path = f"/v1/validations/{made['id']}/events"
    told = await followed(client, path)
    *happened, end = told
    numbers = [int(event.id) for event in happened]
    assert numbers == sorted(numbers)
    assert [event.data["sequence"] for event in happened] == [event.id for event in happened]
    assert happened[-1].data["snapshot"]["verdict"] == "VERDICT_INAUTHENTIC"
    assert (end.kind, end.id, "problem" in end.data) == ("end", "", False)
    assert set(end.data["used"]) >= {"calls", "bytes"}


async def some(client: httpx.AsyncClient, count: int, after: str, **headers: str) -> list[Event]:
    """Return the next events of a stream that goes on."""
    async with (
        asyncio.timeout(20),
        client.stream("GET", "/v1/events", params={"afterSequence": after}, headers=headers) as answer,
    ):
        stream = events(answer)
        return [await anext(stream) for _ in range(count)]


async def test_going_on(client: httpx.AsyncClient) -> None:
    """After Last-Event-ID comes what happened after it, whatever the address says; so it does by the parameter."""
    await client.post("/v1/validations:validate", json={"candidate": candidate(b"x = 1\n")})
    whole = await some(client, 5, "0")
    by_parameter = await some(client, 3, whole[1].id)
    by_header = await some(client, 3, "0", **{"last-event-id": whole[1].id})
    assert [event.data for event in by_header] == [event.data for event in whole[2:]]
    assert by_parameter == by_header


async def test_live_events(client: httpx.AsyncClient) -> None:
    """What happens while a client follows events is told to it, with the field of the answer that is the event."""
    async with client.stream("GET", "/v1/events", params={"kinds": "validation.*", "afterSequence": -1}) as answer:
        stream = events(answer)
        made = await client.post("/v1/validations:validate", json={"candidate": candidate(b"y = 2\n")})
        async with asyncio.timeout(20):
            async for event in stream:
                if event.data["resource"] == made.json()["id"] and event.data["kind"] == "validation.completed":
                    break
    assert event.id == event.data["sequence"]


async def test_a_batch_as_lines(client: httpx.AsyncClient) -> None:
    """A stream is one object a line where the client asks for that; the last line is its end."""
    body = {"requests": [{"candidate": candidate(f"z = {n}\n".encode())} for n in range(3)]}
    answer = await client.post("/v1/validations:batch", json=body, headers={"accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in answer.text.splitlines() if line]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert {line["index"] for line in lines[:-1]} == {0, 1, 2}
    assert set(lines[-1]) == {"@end"}


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", EVENTS), ("*/*", EVENTS), ("text/event-stream", EVENTS), ("application/x-ndjson", LINES),
        ("text/html, */*;q=0.8", EVENTS), ("application/x-ndjson, */*", LINES), ("application/*", LINES),
    ],
)  # fmt: skip
def test_the_form(accept: str, form: Any) -> None:
    """A stream comes in the form that the client takes, as events where it takes any."""
    assert chosen(accept) is form


def test_no_form() -> None:
    """A client that takes neither form is told so."""
    with pytest.raises(HttpFailure, match="text/event-stream"):
        chosen("image/png")


async def test_a_failure_before_the_first_answer(client: httpx.AsyncClient) -> None:
    """What fails before anything was told is a problem with a status of its own."""
    answer = await client.get("/v1/validations/val_none/events")
    assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")
    nowhere = await client.get("/v1/validations/val_none/events", headers={"last-event-id": "soon"})
    assert (nowhere.status_code, nowhere.json()["errors"][0]["field"]) == (400, "afterSequence")


async def ends_badly(request: Any, context: Any) -> AsyncIterator[Any]:
    """Tell one event, and be cut off."""
    context.set_trailing_metadata((("x-assay-used-calls", "1"), ("x-inner", "no")))
    yield event_pb2.SubscribeResponse(event=event_pb2.Event(id="e", sequence=7))
    raise SlowReader("too far behind", metadata={"sequence": "7"})


@pytest.mark.parametrize("accept", [EVENTS.media_type, LINES.media_type])
async def test_a_failure_later(folder: Path, accept: str) -> None:
    """What fails later ends the stream with the problem, and with what the call used."""
    async with side_of(folder, {SUBSCRIBE: ends_badly}) as side, web_of(side).client() as client:
        answer = await client.get("/v1/events", headers={"accept": accept})
    lines = [line for line in answer.text.splitlines() if line]
    end = json.loads(lines[-1].removeprefix("data: "))
    end = end.get("@end", end)
    assert answer.status_code == 200
    assert (end["problem"]["reason"], end["problem"]["metadata"]) == ("SLOW_READER", {"sequence": "7"})


class Waiting:
    """A stream that never ends, and says when its call did."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def __call__(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """Tell one event, then nothing."""
        try:
            yield event_pb2.SubscribeResponse(event=event_pb2.Event(id="e", sequence=1))
            await asyncio.sleep(60)
        finally:
            self.ended.set()


async def test_a_client_that_leaves(folder: Path) -> None:
    """A client that leaves ends the call that was made for it."""
    waiting = Waiting()
    async with side_of(folder, {SUBSCRIBE: waiting}) as side, web_of(side).client() as client:
        async with client.stream("GET", "/v1/events") as answer:
            await anext(events(answer))
        await asyncio.wait_for(waiting.ended.wait(), 10)


async def test_a_client_that_waits_for_one_answer_and_leaves(folder: Path) -> None:
    """It is the same where there is only one answer."""
    ended = asyncio.Event()

    async def wait(request: Any, context: Any) -> Any:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with side_of(folder, {"/assay.v1.ValidationService/Validate": wait}) as side, web_of(side).client() as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v1/validations:validate", json={}, timeout=0.3)
        await asyncio.wait_for(ended.wait(), 10)


async def test_the_stop(folder: Path) -> None:
    """A stop ends what follows something, with a reason by which the client goes on elsewhere."""
    async with side_of(folder, {SUBSCRIBE: Waiting()}) as side, web_of(side).client() as client:
        async with client.stream("GET", "/v1/events") as answer:
            stream = events(answer)
            await anext(stream)
            stopping = asyncio.create_task(side.server.stop())
            end = await asyncio.wait_for(anext(stream), 10)
        await asyncio.wait_for(stopping, 10)
    assert (end.kind, end.data["problem"]["reason"]) == ("end", "SHUTTING_DOWN")


async def test_a_beat(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing comes for a while a comment does, and the stream begins without an answer."""
    monkeypatch.setattr(reading, "FIRST_SECONDS", 0.1)
    monkeypatch.setattr(reading, "BEAT_SECONDS", 0.1)

    async def silent(request: Any, context: Any) -> AsyncIterator[Any]:
        await asyncio.sleep(60)
        yield None

    async with (
        side_of(folder, {SUBSCRIBE: silent}) as side,
        web_of(side).client() as client,
        client.stream("GET", "/v1/events") as answer,
    ):
        read = answer.aiter_raw()
        beats = [await asyncio.wait_for(anext(read), 10) for _ in range(3)]
    assert b"".join(beats).startswith(b"retry: 2000\n\n:\n\n")


async def test_a_quota_on_a_stream(folder: Path) -> None:
    """A refusal of a quota has its delay as a header."""

    async def refuse(request: Any, context: Any) -> AsyncIterator[Any]:
        raise QuotaExceeded("no more today", metadata={"quota": "bytes"}, retry_after=30)
        yield

    async with side_of(folder, {WATCH: refuse}) as side, web_of(side).client() as client:
        answer = await client.get("/v1/validations/x/events")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")


async def echoes(requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
    """Tell what was sent: the language of the start, and each input."""
    async for request in requests:
        if request.HasField("start"):
            yield sandbox_pb2.ExecuteStreamResponse(started={"language_version": request.start.language})
        else:
            yield sandbox_pb2.ExecuteStreamResponse(stdout=request.stdin)


async def test_a_stream_of_requests(folder: Path) -> None:
    """A method that takes a stream takes one object, or one a line."""
    lines = b'{"start": {"language": "python"}}\n\n{"stdin": "YQ=="}\n{"stdin": "Yg=="}\n'
    forms = {"accept": "application/x-ndjson"}
    async with side_of(folder, {EXECUTE_STREAM: echoes}) as side, web_of(side).client() as client:
        one = await client.post("/v1/executions:stream", json={"start": {"language": "c"}}, headers=forms)
        many = await client.post(
            "/v1/executions:stream", content=lines, headers=forms | {"content-type": "application/x-ndjson"}
        )
    assert [json.loads(line) for line in one.text.splitlines()][:-1] == [
        {"started": {"executionId": "", "languageVersion": "c"}}
    ]
    assert [json.loads(line).get("stdout") for line in many.text.splitlines()] == [None, "YQ==", "Yg==", None]


async def test_a_cancelled_peer(folder: Path) -> None:
    """A call that the other side cancels is no client that left: the client is told."""

    async def cancels(request: Any, context: Any) -> AsyncIterator[Any]:
        import grpc

        await context.abort(grpc.StatusCode.CANCELLED, "inner words")
        yield

    async with side_of(folder, {WATCH: cancels}) as side, web_of(side).client() as client:
        answer = await client.get("/v1/validations/x/events")
    assert answer.status_code in {499, 503}
    assert "inner words" not in answer.text


async def test_an_answer_that_is_too_large(folder: Path) -> None:
    """An answer beyond the bound is an error, and not a client that waits for ever."""

    async def large(request: Any, context: Any) -> Any:
        return validation_pb2.ValidateResponse(validation=validation_pb2.Validation(explanation="x" * 300_000))

    async with (
        side_of(folder, {"/assay.v1.ValidationService/Validate": large}, max_message_bytes=200_000) as side,
        web_of(side).client() as client,
    ):
        answer = await client.post("/v1/validations:validate", json={})
    assert (answer.status_code, answer.json()["reason"]) == (429, "QUEUE_FULL")
    assert "larger than max" not in answer.text


async def test_not_found_by_another_tenant(web: Web, client: httpx.AsyncClient) -> None:
    """A stream of another tenant's resource is not there."""
    made = (await client.post("/v1/validations:validate", json={"candidate": candidate()})).json()
    async with web.client("other") as other:
        answer = await other.get(f"/v1/validations/{made['id']}/events")
    assert answer.json()["reason"] == NotFound.reason


@pytest.mark.parametrize("head", ["accept: text/event-stream\r\n", WEBSOCKET_HEAD], ids=["events", "websocket"])
async def test_a_client_that_reads_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch, head: str) -> None:
    """A client that reads nothing holds its source up, so that nothing piles up for it, and is cut off."""
    monkeypatch.setattr(connections, "GRACE_SECONDS", 0.5)
    told, ended = 0, asyncio.Event()

    async def fast(request: Any, context: Any) -> AsyncIterator[Any]:
        nonlocal told
        try:
            while True:
                told += 1
                yield event_pb2.SubscribeResponse(event=event_pb2.Event(id="e" * 10_000, sequence=told))
        finally:
            ended.set()

    async with side_of(folder, {SUBSCRIBE: fast}) as side:
        host, _, port = side.address.rpartition(":")
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.connect((host, int(port)))
        plain.sendall(f"GET /v1/events HTTP/1.1\r\nhost: {side.address}\r\n{head}\r\n".encode())
        await asyncio.wait_for(ended.wait(), 20)
        plain.close()
    # What the kernel and gRPC keep for one stream is a few megabytes.
    assert told * 10_000 < 20_000_000
