"""The interceptor that asks who calls and whether that caller may, and has the call served on their behalf."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio

from gateway.audit import identified
from gateway.authenticator import Authenticator, require
from gateway.contract import public_methods
from gateway.side_calls import SideCalls
from gateway.validity import while_valid
from host.caller import Caller, acting_for
from host.interceptors.around import AroundInterceptor, Context
from host.interceptors.probes import Probes

PROBE = "/grpc.health.v1.Health/Check"
"""The one method that needs no key: whoever balances load asks it, and it tells no more than that the door is there."""

_ANSWERED_AT_ONCE = frozenset(path for path, method in public_methods().items() if not method.response_streaming)
"""Methods with one answer: who was let in gets it, within the call's deadline."""

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]]


class AuthenticationInterceptor(AroundInterceptor):
    """
    Takes calls of those who may make them. Everything but :data:`PROBE` needs a key.

    A key stands in the call's metadata, and requests are read last (:mod:`host.interceptors.late_reading`): who has
    none cannot make the server hold anything of theirs.
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
        """Return the handler with this interceptor around it, or what bounds a call that no quota counts."""
        method = handler_call_details.method
        if method == PROBE:
            return await self._probes.intercept_service(continuation, handler_call_details)
        inside = continuation if method in public_methods() else self._bounded(continuation)
        return await super().intercept_service(inside, handler_call_details)

    def _bounded(self, continuation: Continuation) -> Continuation:
        return lambda details: self._side_calls.intercept_service(continuation, details)

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        names = certificate_names(context) if self._authenticator.knows_certificates else ()
        shown = _authorization(details)
        who = await self._authenticator.authenticate(shown, names)
        identified(who)
        _check_scope(who, details.method)
        with acting_for(who):
            if not shown or details.method in _ANSWERED_AT_ONCE:
                yield
                return
            async with while_valid(lambda: self._authenticator.authenticate(shown, names)):
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
