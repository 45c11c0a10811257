"""Methods with a stream of answers, over HTTP: as Server-Sent Events, or as one JSON object a line."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from assay.errors import InvalidArgument
from google.protobuf.message import Message
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from gateway.contract import PublicMethod, Route
from gateway.http import bodies, json, problems
from gateway.http.door import USED, Door, authorization, metadata, seconds, used
from gateway.http.leaving import ClientLeft, while_there
from gateway.http.reading import answers
from gateway.http.unary import failed, plain

LAST_ID = "last-event-id"
"""What a browser sends when it takes a stream up again: the id of the last event that it has."""

AFTER = "after_sequence"
"""The field of a request that says where to go on."""

SEQUENCE = "sequence"
"""The field of an answer that :data:`AFTER` is about."""

AGAIN_MILLISECONDS = 2000
"""When a browser takes up again a stream that broke off."""


@dataclass(frozen=True, slots=True)
class Form:
    """
    How a stream is written.

    :param answer: Makes the bytes of an answer, of its JSON and its sequence.
    :param end: Makes the bytes that end the stream, of the JSON that says how.
    :param beat: What is sent where nothing comes for a while.
    """

    media_type: str
    head: bytes
    answer: Callable[[bytes, str], bytes]
    end: Callable[[bytes], bytes]
    beat: bytes


def _event(content: bytes, sequence: str) -> bytes:
    number = f"id: {sequence}\n".encode() if sequence else b""
    return number + b"data: " + content + b"\n\n"


EVENTS = Form(
    media_type="text/event-stream",
    head=f"retry: {AGAIN_MILLISECONDS}\n\n".encode(),
    answer=_event,
    end=lambda content: b"event: end\ndata: " + content + b"\n\n",
    beat=b":\n\n",
)

LINES = Form(
    media_type="application/x-ndjson",
    head=b"",
    answer=lambda content, _: content + b"\n",
    end=lambda content: b'{"@end":' + content + b"}\n",
    beat=b"\n",
)


def chosen(accept: str) -> Form:
    """
    Return the form that a client wants, of an Accept header; Server-Sent Events where it takes anything.

    :raises HttpFailure: It takes neither.
    """
    wanted = {part.partition(";")[0].strip().lower() for part in (accept or "*/*").split(",")}
    if wanted & {EVENTS.media_type, "text/*"}:
        return EVENTS
    if wanted & {LINES.media_type, "application/*"}:
        return LINES
    if "*/*" in wanted:
        return EVENTS
    error = InvalidArgument("", f"this is a stream, as {EVENTS.media_type} or {LINES.media_type}")
    raise problems.HttpFailure(HTTPStatus.NOT_ACCEPTABLE, error)


def ending(trailing: Any = None, problem: problems.Problem | None = None) -> dict[str, Any]:
    """Return what the end of a stream says: what the call used, and the problem where it failed."""
    told: dict[str, Any] = {"used": {key.removeprefix(USED): value for key, value in used(trailing).items()}}
    if problem is not None:
        told["problem"] = problem.document
    return told


class StreamEndpoint:
    """One route of a method with a stream of answers: an ASGI application."""

    def __init__(self, door: Door, method: PublicMethod, route: Route) -> None:
        self._door = door
        self._method = method
        self._route = route
        self._call = door.caller(method)
        self._is_following = route.method == "GET"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with a stream, or with a problem where it fails before the first answer."""
        request = Request(scope, receive)
        try:
            form = chosen(request.headers.get("accept", ""))
            async with self._requests(request) as requests:
                await while_there(receive, self._stream(request, requests, form, send))
        except (ClientDisconnect, ClientLeft):
            return
        except Exception as failure:  # noqa: BLE001  # every failure is told in one way
            await (await failed(failure, self._method))(scope, receive, send)

    @asynccontextmanager
    async def _requests(self, request: Request) -> AsyncIterator[list[Message]]:
        """Yield the messages that a request stands for."""
        tenant = await self._door.tenant_of(request, authorization(request), self._method)
        if self._route.method != "POST":
            yield [json.message(self._method.request, self._of_address(request))]
            return
        fields = bodies.of_address(request, self._method, self._route)
        several = (bodies.LINES,) if self._method.request_streaming else ()
        async with bodies.body(request, self._door, tenant, bodies.JSON, *several) as content:
            yield await bodies.messages(content, self._method, fields, bodies.media_type(request))

    def _of_address(self, request: Request) -> dict[str, Any]:
        fields = bodies.of_address(request, self._method, self._route)
        last = request.headers.get(LAST_ID)
        if last and AFTER in self._method.request.fields_by_name:
            # The address is that of the first time; what the client has by now counts.
            fields[AFTER] = last
        return fields

    async def _stream(self, request: Request, requests: list[Message], form: Form, send: Send) -> None:
        most = self._door.settings.max_http_seconds
        timeout = seconds(request, most, None if self._is_following else most)
        given = _each(requests) if self._method.request_streaming else requests[0]
        call = self._call(given, metadata=metadata(request, authorization(request)), timeout=timeout)
        async with aclosing(answers(call, self._door.stopping if self._is_following else None)) as stream:
            # A failure before this is a problem with a status of its own.
            first = await anext(stream, END)
            await send(_start(form))
            await _send(send, form.head)
            end = await self._write(first, stream, form, send)
        await _send(send, form.end(json.text(end or ending(await call.trailing_metadata()))))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, first: Any, stream: AsyncIterator[Message | None], form: Form, send: Send) -> dict[str, Any]:
        """Write the answers of a stream; return what its end says, nothing where it ended well."""
        answer = first
        try:
            while answer is not END:
                if answer is None:
                    await _send(send, form.beat)
                else:
                    value = await plain(answer, self._route.response)
                    await _send(send, form.answer(json.text(value), sequence_of(value)))
                answer = await anext(stream, END)
        except Exception as failure:  # noqa: BLE001  # every failure is told in one way
            trailing = getattr(failure, "trailing_metadata", lambda: None)()
            return ending(trailing, await problems.told(failure, self._method.request))
        return {}


END: Any = object()


async def _each(requests: list[Message]) -> AsyncIterator[Message]:
    for request in requests:
        yield request


def _start(form: Form) -> dict[str, Any]:
    headers = [(b"content-type", form.media_type.encode()), (b"x-accel-buffering", b"no")]
    return {"type": "http.response.start", "status": 200, "headers": headers}


async def _send(send: Send, content: bytes) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": True})


def sequence_of(value: Any) -> str:
    """Return the number by which a client can go on after an answer; empty: it has none."""
    found = value.get(SEQUENCE, "") if isinstance(value, dict) else ""
    return "" if found in {"", "0"} else str(found)
