"""
Errors of the suite as gRPC statuses: the one place where they are translated on the way out.

The details follow https://google.aip.dev/193: one ErrorInfo, and BadRequest or RetryInfo where they apply.
`assay.client` turns them back.
"""

from typing import Any

import grpc
import grpc.aio
from assay.convert import duration_to_proto
from assay.errors import AssayError, InvalidArgument
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

DOMAIN = "assay"


def status_of(error: AssayError) -> grpc.Status:
    """Return the status that stands for an error, with its details."""
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)]
    if isinstance(error, InvalidArgument):
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.description)
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if error.retry_after is not None:
        details.append(error_details_pb2.RetryInfo(retry_delay=duration_to_proto(error.retry_after)))
    status = status_pb2.Status(code=code_pb2.Code.Value(error.code), message=error.message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    made: grpc.Status = rpc_status.to_status(status)
    return made


async def abort(context: grpc.aio.ServicerContext[Any, Any], error: AssayError) -> None:
    """End a call with the status of an error. Raises always."""
    await context.abort_with_status(status_of(error))
