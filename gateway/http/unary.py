"""Methods with one answer, over HTTP."""

import asyncio
from typing import Any

import grpc.aio
from google.protobuf.message import Message
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.contract import PublicMethod, Route
from gateway.http import bodies, json, problems
from gateway.http.door import Door, Metadata, authorization, metadata, seconds, used
from gateway.http.leaving import ClientLeft, while_there


class UnaryEndpoint:
    """
    One route of a method with one answer: an ASGI application.

    :param resource: Where what was created is found by its id, for example "/v1/validations/{id}"; empty: nowhere.
    """

    def __init__(self, door: Door, method: PublicMethod, route: Route, resource: str = "") -> None:
        self._door = door
        self._method = method
        self._route = route
        self._resource = resource
        self._call = door.caller(method)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with a problem where it fails."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except (ClientDisconnect, ClientLeft):
            return
        except Exception as failure:  # noqa: BLE001  # every failure is told in one way
            response = await failed(failure, self._method)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        most = self._door.settings.max_http_seconds
        shown = authorization(request)
        told = metadata(request, shown)
        timeout = seconds(request, most, most)
        tenant = await self._door.tenant_of(request, shown, self._method)
        fields = bodies.of_address(request, self._method, self._route)
        if self._route.method != "POST":
            return await self._called(request, json.message(self._method.request, fields), told, timeout)
        async with bodies.body(request, self._door, tenant, bodies.JSON) as content:
            (message,) = await bodies.messages(content, self._method, fields)
            return await self._called(request, message, told, timeout)

    async def _called(self, request: Request, message: Message, told: Metadata, until: float | None) -> Response:
        call = self._call(message, metadata=told, timeout=until)
        answer = await while_there(request.receive, _finished(call))
        headers = used(await call.trailing_metadata())
        value = await plain(answer, self._route.response)
        if self._resource and "id" in value:
            headers["location"] = self._resource.replace("{id}", value["id"])
        return Response(json.text(value), self._route.status, headers, media_type=bodies.JSON)


async def _finished(call: Any) -> Any:
    return await call


async def plain(message: Message, response: str) -> Any:
    """Return a message as JSON's own values, made in a thread where it is large."""
    if message.ByteSize() <= bodies.LARGE:
        return json.plain(message, response)
    return await asyncio.to_thread(json.plain, message, response)


async def failed(failure: Exception, method: PublicMethod) -> Response:
    """Return the answer that tells of a failure, and of what the call used all the same."""
    response = (await problems.told(failure, method.request)).response()
    if isinstance(failure, grpc.aio.AioRpcError):
        response.headers.update(used(failure.trailing_metadata()))
    return response
