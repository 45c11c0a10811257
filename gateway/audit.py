"""
Who did what, when, and how it ended: one record for each call.

Records of a tenant's calls are its events of the kind "audit.call", and lines of the log "assay.audit"; those of calls
that nobody can be made out for are lines alone. Neither ever has a key in it, or anything of a message but the id that
it asks about.
"""

import asyncio
import contextvars
import ipaddress
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import structlog
from assay.errors import AssayError

from gateway.refusals import Refusals
from gateway.resources import resource_of
from host.caller import Caller
from host.events.port import Bus, Event, Value
from host.interceptors.around import AroundInterceptor, Context, code_of

_log = structlog.get_logger("assay.audit")

KIND = "audit.call"

FORWARDED_FOR = "x-forwarded-for"
"""Says where a call comes from that somebody else hands on; believed on a Unix socket alone."""

QUIET_PREFIX = "/grpc.health."
"""What probes call all the time, and tells nothing of anybody."""

_REFUSED = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED"})
"""Codes that cost a caller nothing to get: records of these are bounded, and of all that nobody can be made out for."""


@dataclass(slots=True)
class _Record:
    who: Caller | None = None
    resource: str = ""


_record: contextvars.ContextVar[_Record | None] = contextvars.ContextVar("assay_audit", default=None)


def identified(who: Caller) -> None:
    """Tell the record of the call that is being served who makes it, also where the call is then refused."""
    record = _record.get()
    if record is not None:
        record.who = who


def asked(method: str, request: object) -> None:
    """Tell the record of the call that is being served what its request asks about."""
    record = _record.get()
    if record is not None and isinstance(request, bytes):
        record.resource = resource_of(method, request)


class AuditInterceptor(AroundInterceptor):
    """Makes the record of each call, refused ones too. It stands around what says who calls."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._refusals = Refusals()

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        if details.method.startswith(QUIET_PREFIX):
            yield
            return
        record = _Record()
        # Not taken back: each call has a task, and so a context, of its own.
        _record.set(record)
        started = time.monotonic()
        address = _address(details, context)
        code, reason = "OK", ""
        try:
            yield
            code = code_of(context).name
        except BaseException as error:
            code, reason = _outcome(error, context)
            raise
        finally:
            seconds = round(time.monotonic() - started, 6)
            data: dict[str, Value] = {"method": details.method, "code": code, "reason": reason}
            self._tell(record, data | {"seconds": seconds, "address": address})

    def refused(self, method: str, error: AssayError, address: str, who: Caller | None) -> None:
        """Make the record of what was refused before it became a call."""
        data: dict[str, Value] = {"method": method, "code": error.code, "reason": error.reason, "address": address}
        self._tell(_Record(who), data)

    def _tell(self, record: _Record, data: dict[str, Value]) -> None:
        tenant = record.who.tenant if record.who else ""
        is_bounded = not tenant or data["code"] in _REFUSED
        left_out = self._refusals.left_out(tenant) if is_bounded else 0
        if left_out is None:
            return
        if left_out:
            data["left_out"] = left_out
        if record.who is not None:
            data["caller"] = record.who.name
            self._bus.publish(Event(tenant, KIND, record.resource, data=data))
        _log.info("audit", tenant=tenant, resource=record.resource, **data)


def _address(details: grpc.HandlerCallDetails, context: Context) -> str:
    """Return where a call comes from. To be asked at its start: grpc crashes on the peer of a call that has ended."""
    peer = context.peer()
    if peer.startswith("unix:"):
        # Only our own user can call there: the HTTP side, or a proxy, which says whom it calls for.
        metadata: Any = details.invocation_metadata or ()
        with suppress(ValueError):
            return str(ipaddress.ip_address(dict(metadata).get(FORWARDED_FOR, "")))
    return peer


def _outcome(error: BaseException, context: Context) -> tuple[str, str]:
    match error:
        case AssayError():
            return error.code, error.reason
        case grpc.aio.AioRpcError():
            return error.code().name, ""
        case asyncio.CancelledError() | GeneratorExit():
            return "CANCELLED", ""
        case grpc.aio.AbortError():
            return code_of(context).name, ""
        case _:
            return "INTERNAL", "INTERNAL"
