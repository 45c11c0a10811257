"""The bodies of requests: read within bounds, and made the message that they stand for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from assay.errors import InvalidArgument
from google.protobuf.message import Message
from starlette.requests import Request

from gateway.contract import PublicMethod, Route
from gateway.http import json
from gateway.http.door import Door, too_large
from gateway.http.problems import HttpFailure

JSON = "application/json"
LINES = "application/x-ndjson"
"""One JSON object a line: the requests of a method that takes a stream."""

LARGE = 64 * 1024
"""What is larger is read in a thread, so that other requests go on in the meantime. In bytes."""


@asynccontextmanager
async def body(request: Request, door: Door, tenant: str, *media_types: str) -> AsyncIterator[bytes]:
    """
    Yield the body of a request, and hold room for it until the block is left.

    :param media_types: What it may be; a body of any other type is not read.
    :raises HttpFailure: It is of another type, compressed, or too large.
    :raises QueueFull: There is no room for it now.
    :raises starlette.requests.ClientDisconnect: The client has left.
    """
    _check_form(request, media_types)
    most = door.settings.max_message_bytes
    if int(request.headers.get("content-length", 0)) > most:
        raise too_large(most)
    held = size = 0
    parts: list[bytes] = []
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise too_large(most)
            if size > LARGE:
                # As many small ones as there may be connections find room anyway.
                door.room.take(tenant, size - held)
                held = size
            parts.append(part)
        _check_type(request, media_types, is_empty=not size)
        yield b"".join(parts)
    finally:
        door.room.give(tenant, held)


def media_type(request: Request) -> str:
    """Return the type of a request's body, without parameters; empty: it says none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _check_form(request: Request, media_types: tuple[str, ...]) -> None:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        # What is small may be huge when it is unpacked.
        error = InvalidArgument("", "a compressed body is not taken")
        raise HttpFailure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error, {"accept-encoding": "identity"})
    if media_type(request):
        _check_type(request, media_types, is_empty=False)


def _check_type(request: Request, media_types: tuple[str, ...], *, is_empty: bool) -> None:
    # A page of another origin may send text without asking first; JSON it may not.
    if not is_empty and media_type(request) not in media_types:
        error = InvalidArgument("", f"the body must be {' or '.join(media_types)}, and say so in content-type")
        raise HttpFailure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error, {"accept-post": ", ".join(media_types)})


async def messages(content: bytes, method: PublicMethod, extra: dict[str, Any], form: str = JSON) -> list[Message]:
    """
    Return the requests that a body stands for, with fields that come from elsewhere: one, or one a line.

    :raises InvalidArgument: It stands for none.
    """
    if len(content) <= LARGE:
        return _messages(content, method, extra, form)
    return await asyncio.to_thread(_messages, content, method, extra, form)


def _messages(content: bytes, method: PublicMethod, extra: dict[str, Any], form: str) -> list[Message]:
    if form != LINES:
        return [_message(content, method, extra)]
    json.check_size(content)
    return [_message(line, method, extra) for line in content.splitlines() if line.strip()]


def _message(content: bytes, method: PublicMethod, extra: dict[str, Any]) -> Message:
    fields = json.parsed(content) if content.strip() else {}
    for name in extra:
        if name in fields:
            raise InvalidArgument(name, "stands in the path")
    return json.message(method.request, fields | extra)


def of_address(request: Any, method: PublicMethod, route: Route) -> dict[str, Any]:
    """
    Return the fields that stand in the path of a request, and where it has no body those in its query.

    :raises InvalidArgument: A parameter is none.
    """
    if route.method == "POST":
        if request.query_params:
            raise InvalidArgument("", "this takes no parameters in its query")
        return dict(request.path_params)
    fields = json.of_query(method.request, request.query_params.multi_items())
    for name in request.path_params:
        if name in fields:
            raise InvalidArgument(name, "stands in the path")
    return {**fields, **request.path_params}
