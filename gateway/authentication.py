"""The interceptor that asks who calls and whether that caller may, and has the call served on their behalf."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
from assay.errors import AssayError

from gateway.audit import identified
from gateway.authenticator import Authenticator, require
from gateway.contract import public_methods
from gateway.side_calls import SideCalls
from host.caller import Caller, acting_for
from host.interceptors.around import AroundInterceptor, Context
from host.interceptors.probes import Probes

PROBE = "/grpc.health.v1.Health/Check"
"""The one method that needs no key: whoever balances load asks it, and it tells no more than that the door is there."""

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]]


class AuthenticationInterceptor(AroundInterceptor):
    """
    Takes calls of those who may make them. Everything but :data:`PROBE` needs a key, also what does not exist.

    A key stands in the call's metadata, and is looked at before any message is read: who has none cannot make the
    server hold anything of theirs. A certificate is known only when the call is served.
    """

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._probes = Probes()
        self._side_calls = SideCalls()

    async def intercept_service(
        self,
        continuation: Continuation,
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return the handler with this interceptor around it, or one that refuses the call as it stands."""
        method = handler_call_details.method
        if method == PROBE:
            return await self._probes.intercept_service(continuation, handler_call_details)
        shown = _authorization(handler_call_details)
        who: Caller | None = None
        try:
            if shown or not self._authenticator.knows_certificates:
                who = await self._authenticator.authenticate(shown)
                _check_scope(who, method)
        except AssayError as error:
            return _refusing(error, who)
        inside = continuation if method in public_methods() else self._bounded(continuation)
        return await super().intercept_service(inside, handler_call_details)

    def _bounded(self, continuation: Continuation) -> Continuation:
        return lambda details: self._side_calls.intercept_service(continuation, details)

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        names = certificate_names(context) if self._authenticator.knows_certificates else ()
        who = await self._authenticator.authenticate(_authorization(details), names)
        identified(who)
        _check_scope(who, details.method)
        with acting_for(who):
            yield


def certificate_names(context: Context) -> Sequence[str]:
    """Return the names in a client's certificate, which the server has verified: URIs, DNS names, the common name."""
    found: Any = context.auth_context()
    return [
        value.decode(errors="replace")
        for kind in ("x509_uri", "x509_dns", "x509_subject_alternative_name", "x509_common_name")
        for value in found.get(kind, ())
    ]


def _authorization(details: grpc.HandlerCallDetails) -> list[str]:
    metadata: Any = details.invocation_metadata or ()
    return [value for key, value in metadata if key == "authorization"]


def _check_scope(who: Caller, method: str) -> None:
    public = public_methods().get(method)
    if public is not None:
        require(who, public.scope)


def _refusing(error: AssayError, who: Caller | None) -> "grpc.RpcMethodHandler[Any, Any]":
    """Return a handler that refuses a call. Streaming both ways, it fits every call, and reads none of its messages."""

    async def refuse(requests: object, context: Context) -> AsyncIterator[bytes]:
        if who is not None:
            identified(who)
        raise error
        yield b""

    handler: grpc.RpcMethodHandler[Any, Any] = grpc.stream_stream_rpc_method_handler(refuse)
    return handler
