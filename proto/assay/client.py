"""
A typed async client.

    async with connect("127.0.0.1:50051") as suite:
        answer = await suite.validation.Validate(ValidateRequest(candidate=...), timeout=60)

Failures arrive as :class:`grpc.aio.AioRpcError`; :func:`error_from_rpc` rebuilds the :class:`assay.errors.AssayError`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc.aio

from assay.errors import DOMAIN, AssayError, DeadlineExceeded, InvalidArgument, NotFound, Unavailable, by_reason
from assay.v1 import sandbox_pb2_grpc, stage_pb2_grpc, validation_pb2_grpc

if TYPE_CHECKING:
    from google.rpc import error_details_pb2

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
"""The largest message that the suite sends or takes, in bytes."""

CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Calls to a suite on the same machine must never go out to a proxy.
    ("grpc.enable_http_proxy", 0),
)


@dataclass(frozen=True, slots=True)
class Suite:
    """The services behind one address."""

    channel: grpc.aio.Channel
    validation: "validation_pb2_grpc.ValidationServiceAsyncStub"
    sandbox: "sandbox_pb2_grpc.SandboxServiceAsyncStub"
    stages: "stage_pb2_grpc.StageServiceAsyncStub"


@asynccontextmanager
async def connect(address: str) -> AsyncIterator[Suite]:
    """
    Connect to a suite.

    The connection is made by the first call and made anew when it breaks.

    :param address: "host:port" or "unix:/path".
    """
    async with grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        yield suite_on(channel)


def suite_on(channel: grpc.aio.Channel) -> Suite:
    """Return the services behind a channel that the caller owns."""
    return Suite(
        channel=channel,
        validation=validation_pb2_grpc.ValidationServiceStub(channel),
        sandbox=sandbox_pb2_grpc.SandboxServiceStub(channel),
        stages=stage_pb2_grpc.StageServiceStub(channel),
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
