"""Who calls: told to the services behind the door by a token, or on a private socket by headers; told on to peers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import grpc
import grpc.aio
import structlog
from assay.errors import AssayError, Unauthenticated, Unavailable
from assay.outgoing import Outgoing, OutgoingInterceptor

from host.caller import (
    LOCAL_TENANT,
    NAME_HEADER,
    SCOPES_HEADER,
    SYSTEM_TENANT,
    TENANT_HEADER,
    Caller,
    acting_for,
    caller,
    is_tenant,
)
from host.interceptors.around import AroundInterceptor, Context
from host.interceptors.late_reading import LateReading
from host.interceptors.probes import Probes

if TYPE_CHECKING:
    from host.tokens import Signer, Verifier

_log = structlog.get_logger("assay.tokens")

SHOWN_IN = "authorization"

BEARER = "Bearer "

OPEN_SERVICES = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/")
"""What anybody may ask: probes have no keys, and it tells nothing of anybody's."""

Continuation = Callable[[grpc.HandlerCallDetails], Awaitable["grpc.RpcMethodHandler[Any, Any] | None"]]

Identify = Callable[[grpc.HandlerCallDetails], Caller]
"""Says who calls, or raises :class:`Unauthenticated`."""


def by_nothing(details: grpc.HandlerCallDetails) -> Caller:
    """
    Take every caller for the person at this machine: nothing tells them apart, and no other machine can call.

    :raises Unauthenticated: A caller shows who it is, which nothing here can verify: taken for the local tenant, the
        calls of all tenants would be one's.
    """
    if SHOWN_IN in _headers(details):
        raise Unauthenticated("the call shows a token, and none can be verified here: set ASSAY_TOKENS__TRUSTED")
    return Caller()


def by_headers(details: grpc.HandlerCallDetails) -> Caller:
    """
    Believe what a caller says of itself: on a socket that only this process's user can open.

    :raises Unauthenticated: It says something that cannot be.
    """
    said = _headers(details)
    tenant = said.get(TENANT_HEADER)
    if tenant is None:
        return Caller()
    if not is_tenant(tenant):
        raise Unauthenticated("the tenant's name is none")
    scopes = frozenset(said.get(SCOPES_HEADER, "").split())
    return Caller(tenant, unquote(said.get(NAME_HEADER, "")), scopes)


def by_token(verifier: "Verifier") -> Identify:
    """Return what believes tokens alone."""

    def identify(details: grpc.HandlerCallDetails) -> Caller:
        metadata: Any = details.invocation_metadata or ()
        shown = [value for key, value in metadata if key == SHOWN_IN]
        if len(shown) != 1 or not isinstance(shown[0], str) or not shown[0].startswith(BEARER):
            raise Unauthenticated("the call has no valid token")
        return verifier.verify(shown[0].removeprefix(BEARER), details.method)

    return identify


def _headers(details: grpc.HandlerCallDetails) -> Mapping[str, str]:
    metadata: Any = details.invocation_metadata or ()
    return {key: value for key, value in metadata if isinstance(value, str)}


class AuthenticationInterceptor(grpc.aio.ServerInterceptor):
    """
    Has every call served on behalf of whoever makes it, and refuses those that do not say who that is.

    A call that is refused is refused before any message of it is read. What anybody may ask is bounded for those who do
    not say who they are.

    :param identify: Says who calls.
    """

    def __init__(self, identify: Identify) -> None:
        self._identify = identify
        self._probes = Probes()
        self._late_reading = LateReading()

    async def intercept_service(
        self,
        continuation: Continuation,
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Return the handler with the caller around it, or one that refuses the call."""
        try:
            who = self._identify(handler_call_details)
        except AssayError as error:
            if handler_call_details.method.startswith(OPEN_SERVICES):
                return await self._probes.intercept_service(self._reading_late(continuation), handler_call_details)
            return _refusing(error)
        return await _ActingFor(who).intercept_service(continuation, handler_call_details)

    def _reading_late(self, continuation: Continuation) -> Continuation:
        return lambda details: self._late_reading.intercept_service(continuation, details)


class _ActingFor(AroundInterceptor):
    """Serves one call on behalf of somebody."""

    def __init__(self, who: Caller) -> None:
        self._who = who

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        with acting_for(self._who):
            yield


def _refusing(error: AssayError) -> "grpc.RpcMethodHandler[Any, Any]":
    async def refuse(requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        raise error
        yield b""

    # A stream of both sides stands for every shape on the wire, and does not read before it answers.
    handler: grpc.RpcMethodHandler[Any, Any] = grpc.stream_stream_rpc_method_handler(refuse)
    return handler


class OutgoingIdentity(OutgoingInterceptor):
    """
    Tells a peer on whose behalf it is called; what else the metadata says of that never goes on.

    :param signer: Signs a token for each call; None: none is shown.
    :param private: Whether the peer is behind a private socket, where headers are believed.
    """

    def __init__(self, signer: "Signer | None" = None, *, private: bool = False) -> None:
        self._signer = signer
        self._private = private

    def adapt(self, call: Outgoing) -> None:
        """
        See :class:`OutgoingInterceptor`.

        :raises Unavailable: The peer cannot be told, and would take the call for the local tenant's.
        """
        who = caller()
        if self._signer is None and not self._private and who.tenant not in {LOCAL_TENANT, SYSTEM_TENANT}:
            _log.error("a peer cannot be told whose call it is: set ASSAY_TOKENS__SIGNING_KEY")
            raise Unavailable("a service cannot be told whose call it is; the log of the suite has the details")
        metadata = [pair for pair in call.metadata if pair[0].lower() not in _OURS]
        if self._private:
            said = (TENANT_HEADER, who.tenant), (NAME_HEADER, quote(who.name)), (SCOPES_HEADER, _spaced(who.scopes))
            metadata.extend(said)
        if self._signer is not None:
            metadata.append((SHOWN_IN, BEARER + self._signer.sign(call.method, who)))
        call.metadata = metadata


@lru_cache(1000)
def _spaced(scopes: frozenset[str]) -> str:
    return " ".join(sorted(scopes))


_OURS = frozenset({TENANT_HEADER, NAME_HEADER, SCOPES_HEADER, SHOWN_IN})
