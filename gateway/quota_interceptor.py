"""Admits calls of public methods by their tenants' quotas, counts what they use, and tells it at their end."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from gateway.admission import Admission, bounds_by
from gateway.allowances import allowing
from gateway.contract import PublicMethod
from gateway.overload import Overload
from host.caller import caller
from host.database import opened
from host.interceptors.around import AroundInterceptor, Context
from host.settings import Settings
from host.tally import Tally, tally, tallying
from host.usage import metering

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]

LOOK_BYTES = 16 * 1024 * 1024
"""After so many bytes of one stream it is looked whether its tenant may use more."""


class QuotaInterceptor(AroundInterceptor):
    """
    Bounds what tenants use. Stands inside of authentication, which says whose calls they are.

    Health and reflection, and what is not public, are none of a tenant's and go by.

    :param methods: Those that are public, by path.
    """

    def __init__(self, methods: Mapping[str, PublicMethod], admission: Admission) -> None:
        self._methods = methods
        self._admission = admission

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        method = self._methods.get(details.method)
        if method is None:
            yield
            return
        used = Tally()
        try:
            with tallying(used):
                async with self._admission.admitted(caller().tenant, method):
                    yield
        finally:
            if used.amounts:
                context.set_trailing_metadata(used.metadata(context.trailing_metadata() or ()))

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Return the handler with this interceptor around it, and its messages counted."""

        async def counted(details: grpc.HandlerCallDetails) -> "Handler | None":
            handler = await continuation(details)
            method = self._methods.get(details.method)
            return handler if handler is None or method is None else _Counting(self._admission).around(handler)

        return await super().intercept_service(counted, handler_call_details)


class _Counting:
    """Counts the bytes of a method's messages as they pass."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def around(self, handler: Any) -> "Handler":
        """Return a handler that does the same, counted."""
        kind = "stream" if handler.request_streaming else "unary"
        answers = "stream" if handler.response_streaming else "unary"
        behaviour = getattr(handler, f"{kind}_{answers}")
        request = self._requests if handler.request_streaming else self._request
        wrapped = self._stream(behaviour, request) if handler.response_streaming else self._single(behaviour, request)
        make = getattr(grpc, f"{kind}_{answers}_rpc_method_handler")
        made: Handler = make(wrapped, handler.request_deserializer, handler.response_serializer)
        return made

    def _single(self, behaviour: Callable[..., Any], counted: Callable[[Any], Any]) -> Callable[..., Any]:
        async def call(request: Any, context: Context) -> Any:
            response = await behaviour(counted(request), _Telling(context))
            self._count(response)
            return response

        return call

    def _stream(self, behaviour: Callable[..., Any], counted: Callable[[Any], Any]) -> Callable[..., Any]:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            looked = 0
            async with aclosing(behaviour(counted(request), _Telling(context))) as responses:
                async for response in responses:
                    looked += self._count(response)
                    if looked >= LOOK_BYTES:
                        looked = 0
                        await self._admission.check_day(caller().tenant, spends=False)
                    yield response

        return call

    def _request(self, request: Any) -> Any:
        self._count(request)
        return request

    async def _requests(self, requests: Any) -> AsyncIterator[Any]:
        async with aclosing(aiter(requests)) as stream:
            async for request in stream:
                self._count(request)
                yield request

    def _count(self, message: Any) -> int:
        size = len(message) if isinstance(message, bytes) else message.ByteSize()
        self._admission.count_bytes(size)
        return int(size)


class _Telling:
    """The context of a call, which tells what was used also where the call is ended by its handler."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> None:
        """End the call with a status. Raises always."""
        told = trailing_metadata or self._context.trailing_metadata() or ()
        used = tally()
        await self._context.abort(code, details, told if used is None else used.metadata(told))


@asynccontextmanager
async def quota_interceptor(settings: Settings, methods: Mapping[str, PublicMethod]) -> AsyncIterator[QuotaInterceptor]:
    """Open what quotas are counted in, the suite's database, and yield the interceptor; close it at the end."""
    overload = Overload(settings.gateway.max_concurrent_calls)
    # Before the first call comes, which would wait for it. That call tells of an error.
    async with (
        opened(settings, early=True) as database,
        metering(database) as meter,
        allowing(database) as allowances,
    ):
        admission = Admission(bounds_by(settings.gateway), overload, allowances, meter)
        yield QuotaInterceptor(methods, admission)
