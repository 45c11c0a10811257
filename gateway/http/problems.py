"""Failures as problem details (RFC 9457): the one place where they become HTTP."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import grpc
import grpc.aio
import structlog
from assay.client import error_from_rpc
from assay.errors import AssayError, InvalidArgument, QueueFull
from google.protobuf.descriptor import Descriptor
from starlette.responses import Response

from gateway.http.fields import json_path
from gateway.metadata import STATUS_DETAILS

_log = structlog.get_logger("assay.http")

MEDIA_TYPE = "application/problem+json"

CLIENT_LEFT = 499
"""What nginx says of a client that left before its answer; no client ever sees it."""

STATUS = {
    "CANCELLED": CLIENT_LEFT,
    "UNKNOWN": HTTPStatus.INTERNAL_SERVER_ERROR,
    "INVALID_ARGUMENT": HTTPStatus.BAD_REQUEST,
    "DEADLINE_EXCEEDED": HTTPStatus.GATEWAY_TIMEOUT,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "ALREADY_EXISTS": HTTPStatus.CONFLICT,
    "PERMISSION_DENIED": HTTPStatus.FORBIDDEN,
    "RESOURCE_EXHAUSTED": HTTPStatus.TOO_MANY_REQUESTS,
    "FAILED_PRECONDITION": HTTPStatus.BAD_REQUEST,
    "ABORTED": HTTPStatus.CONFLICT,
    "OUT_OF_RANGE": HTTPStatus.BAD_REQUEST,
    "UNIMPLEMENTED": HTTPStatus.NOT_FOUND,
    "INTERNAL": HTTPStatus.INTERNAL_SERVER_ERROR,
    "UNAVAILABLE": HTTPStatus.SERVICE_UNAVAILABLE,
    "DATA_LOSS": HTTPStatus.INTERNAL_SERVER_ERROR,
    "UNAUTHENTICATED": HTTPStatus.UNAUTHORIZED,
}
"""HTTP's status by gRPC's, as google/rpc/code.proto maps them; but a method that is not there is a path that is not."""


@dataclass(frozen=True, slots=True)
class Problem:
    """
    A failure, ready to be told.

    :param document: By RFC 9457, with the members ``code`` and ``reason`` of the contract, ``metadata``, ``errors``
        (each a ``field`` and its ``detail``) and ``retry_after`` (seconds) where they apply.
    """

    status: int
    document: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The reason, as the contract names it."""
        return str(self.document["reason"])

    def response(self) -> Response:
        """Return it as an answer."""
        content = json.dumps(self.document, ensure_ascii=False)
        return Response(content, self.status, dict(self.headers), media_type=MEDIA_TYPE)


class HttpFailure(Exception):
    """
    A failure for which HTTP has a status of its own.

    :param error: What is told of it.
    """

    def __init__(self, status: int, error: AssayError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


async def told(failure: Exception, request: Descriptor | None = None) -> Problem:
    """
    Return the problem that stands for a failure; what is no failure of ours is written to the log, and told as none.

    :param request: The message whose fields the failure may name.
    """
    match failure:
        case HttpFailure():
            return _problem(failure.status, failure.error, request, failure.headers)
        case AssayError():
            return _problem(STATUS[failure.code], failure, request)
        case grpc.aio.AioRpcError():
            return _of_rpc(failure, request)
        case _:
            await _log.aexception("unhandled", exc_info=failure)
            return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, _UNSAID, request)


def of_error(error: AssayError, status: HTTPStatus) -> Problem:
    """Return the problem that stands for an error, with a status of its own."""
    return _problem(status, error, None)


_UNSAID = AssayError("an error of the suite; its log has the details")


def _of_rpc(error: grpc.aio.AioRpcError, request: Descriptor | None) -> Problem:
    made = error_from_rpc(error) if is_ours(error) else _of_grpc_itself(error)
    return _problem(STATUS[error.code().name], made, request)


def is_ours(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether the suite ended a call so, and not gRPC itself."""
    return STATUS_DETAILS in dict(error.trailing_metadata() or ())


def _of_grpc_itself(error: grpc.aio.AioRpcError) -> AssayError:
    """Return the error that is nearest to what gRPC says itself; its own words name inner addresses."""
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return QueueFull("a message is too large, or there are too many calls")
    kind = type(error_from_rpc(error))
    words = f"the call ended with {error.code().name}"
    return kind("", words) if issubclass(kind, InvalidArgument) else kind(words)


def _problem(
    status: int, error: AssayError, request: Descriptor | None, headers: Mapping[str, str] | None = None
) -> Problem:
    document: dict[str, Any] = {
        "type": f"urn:assay:error:{error.reason}",
        "title": error.reason.replace("_", " ").capitalize(),
        "status": int(status),
        "detail": error.message,
        "code": error.code,
        "reason": error.reason,
    }
    told = dict(headers or {})
    if isinstance(error, InvalidArgument) and error.field:
        named = json_path(request, error.field) if request else error.field
        document["detail"] = f"{named}: {error.description}"
        document["errors"] = [{"field": named, "detail": error.description}]
    if error.metadata:
        document["metadata"] = error.metadata
    if error.retry_after is not None:
        document["retry_after"] = error.retry_after
        told["retry-after"] = str(max(1, math.ceil(error.retry_after)))
    if status == HTTPStatus.UNAUTHORIZED:
        told["www-authenticate"] = 'Bearer realm="assay"'
    return Problem(int(status), document, told)
