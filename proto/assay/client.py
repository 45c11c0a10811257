"""
A typed async client.

    async with connect("tls:assay.example.org:443", key="assay_…") as suite:
        answer = await suite.validation.Validate(ValidateRequest(candidate=...), timeout=60)

An address is "host:port", "tls:host:port" or "unix:/path"; "tls:" alone says that the connection is encrypted.

Failures arrive as :class:`grpc.aio.AioRpcError`; :func:`error_from_rpc` rebuilds the :class:`assay.errors.AssayError`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc.aio

from assay import late_writes
from assay.addresses import is_local
from assay.client_key import showing
from assay.errors import DOMAIN, AssayError, DeadlineExceeded, InvalidArgument, NotFound, Unavailable, by_reason
from assay.outgoing import adapted
from assay.v1 import event_pb2_grpc, sandbox_pb2_grpc, stage_pb2_grpc, system_pb2_grpc, validation_pb2_grpc

if TYPE_CHECKING:
    from google.rpc import error_details_pb2

# Here, since whoever makes a channel takes its options from below.
late_writes.mend()

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
"""The largest message that the suite sends or takes, in bytes."""

TLS = "tls:"
"""What the address of an encrypted connection begins with."""

CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # How long at most it takes to find a suite again that was away.
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Calls to a suite on the same machine must never go out to a proxy.
    ("grpc.enable_http_proxy", 0),
)


@dataclass(frozen=True, slots=True)
class Suite:
    """The services behind one address. Stages cannot be reached through a gateway."""

    channel: grpc.aio.Channel
    validation: "validation_pb2_grpc.ValidationServiceAsyncStub"
    sandbox: "sandbox_pb2_grpc.SandboxServiceAsyncStub"
    stages: "stage_pb2_grpc.StageServiceAsyncStub"
    events: "event_pb2_grpc.EventServiceAsyncStub"
    system: "system_pb2_grpc.SystemServiceAsyncStub"


@asynccontextmanager
async def connect(
    address: str, *, key: str = "", ca: bytes | None = None, certificate: tuple[bytes, bytes] | None = None
) -> AsyncIterator[Suite]:
    """
    Connect to a suite.

    The connection is made by the first call and made anew when it breaks.

    :param address: "host:port", "tls:host:port" or "unix:/path".
    :param key: An API key, shown with every call. It is never sent to another machine without encryption.
    :param ca: The authorities (PEM) of which one has to have signed the server's certificate; None: those that gRPC
        knows. For "tls:" alone.
    :param certificate: The client's own certificate chain and its private key (PEM), where the server asks for one. For
        "tls:" alone.
    :raises InvalidArgument: The key would travel where others can read it, or is no text that can travel; or something
        is given that needs "tls:".
    """
    secure = address.startswith(TLS)
    if (ca or certificate) and not secure:
        raise InvalidArgument("address", f"authorities and certificates are for addresses that begin with {TLS!r}")
    if key and not (secure or is_local(address)):
        raise InvalidArgument("address", f"a key is not sent to another machine without encryption: use {TLS}{address}")
    shown = (showing(key),) if key else ()
    if secure:
        private, chain = reversed(certificate) if certificate else (None, None)
        credentials = grpc.ssl_channel_credentials(ca, private, chain)
        channel = grpc.aio.secure_channel(address.removeprefix(TLS), credentials, CHANNEL_OPTIONS)
    else:
        channel = grpc.aio.insecure_channel(address, CHANNEL_OPTIONS)
    async with channel:
        yield suite_on(adapted(channel, shown) if shown else channel)


def suite_on(channel: grpc.aio.Channel) -> Suite:
    """Return the services behind a channel that the caller owns."""
    return Suite(
        channel=channel,
        validation=validation_pb2_grpc.ValidationServiceStub(channel),
        sandbox=sandbox_pb2_grpc.SandboxServiceStub(channel),
        stages=stage_pb2_grpc.StageServiceStub(channel),
        events=event_pb2_grpc.EventServiceStub(channel),
        system=system_pb2_grpc.SystemServiceStub(channel),
    )


def error_from_rpc(error: grpc.aio.AioRpcError) -> AssayError:
    """
    Rebuild the error that a call ended with.

    A status without ErrorInfo, for example from a proxy or from gRPC itself, becomes the nearest class.
    """
    info, request, retry = _details(error)
    message = error.details() or error.code().name
    ours = by_reason().get(info.reason) if info.domain == DOMAIN else None
    made = _make(ours or _nearest(error.code()), message, request)
    made.metadata.update(info.metadata)
    if retry.HasField("retry_delay"):
        made.retry_after = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return made


def _details(
    error: grpc.aio.AioRpcError,
) -> "tuple[error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo]":
    from google.protobuf.message import DecodeError
    from google.rpc import error_details_pb2
    from grpc_status import rpc_status

    found = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    try:
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            for wanted in found:
                detail.Unpack(wanted)
    except (ValueError, DecodeError):
        # They cannot be read, or contradict the code: a middleman's doing. The code is what counts.
        pass
    return found


def _make(kind: type[AssayError], message: str, request: "error_details_pb2.BadRequest") -> AssayError:
    if not issubclass(kind, InvalidArgument):
        return kind(message)
    if request.field_violations:
        violation = request.field_violations[0]
        return kind(violation.field, violation.description)
    return kind("", message)


def _nearest(code: grpc.StatusCode) -> type[AssayError]:
    match code:
        case grpc.StatusCode.UNAVAILABLE:
            return Unavailable
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded
        case grpc.StatusCode.INVALID_ARGUMENT:
            return InvalidArgument
        case grpc.StatusCode.NOT_FOUND:
            return NotFound
        case _:
            return AssayError
