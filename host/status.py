"""
Errors of the suite as gRPC statuses: the one place where they are translated on the way out.

The details follow https://google.aip.dev/193: one ErrorInfo, and BadRequest or RetryInfo where they apply.
`assay.client` turns them back.
"""

from typing import Any

import grpc
import grpc.aio
from assay.convert import duration_to_proto
from assay.errors import DOMAIN, AssayError, InvalidArgument
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

MESSAGE_BYTES = 800
"""What is kept of a message, and of a violation's description. A status travels in headers of at most 8 KiB in all, in
which it stands three times, escaped; a longer one would reach the client as another error."""

METADATA_BYTES = 200
"""What is kept of a field's name and of each value of the metadata."""


def status_of(error: AssayError) -> grpc.Status:
    """Return the status that stands for an error, with its details."""
    metadata = {key: _shortened(value, METADATA_BYTES) for key, value in error.metadata.items()}
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)]
    if isinstance(error, InvalidArgument):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=_shortened(error.field, METADATA_BYTES), description=_shortened(error.description, MESSAGE_BYTES)
        )
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if error.retry_after is not None:
        details.append(error_details_pb2.RetryInfo(retry_delay=duration_to_proto(error.retry_after)))
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code), message=_shortened(error.message, MESSAGE_BYTES))
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    made: grpc.Status = rpc_status.to_status(status)
    return made


def _shortened(text: str, size: int) -> str:
    # A lone surrogate, as in a path that was no UTF-8, cannot travel in a message.
    content = text.encode(errors="backslashreplace")
    return content.decode() if len(content) <= size else content[:size].decode(errors="ignore") + "…"


async def abort(context: grpc.aio.ServicerContext[Any, Any], error: AssayError) -> None:
    """End a call with the status of an error, and the trailing metadata that it has already. Raises always."""
    status: Any = status_of(error)
    trailing = (*(context.trailing_metadata() or ()), *status.trailing_metadata)
    await context.abort(status.code, status.details, trailing)
