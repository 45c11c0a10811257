"""How a validation ends that was queued: with a verdict, or without; and how one begins again."""

from dataclasses import replace

from assay.errors import AssayError, InvalidArgument
from assay.v1 import validation_pb2

from services.validation.store import Stored


def error_to_proto(error: AssayError) -> validation_pb2.ValidationError:
    """Return the message of an error that is an answer, not the end of a call."""
    return validation_pb2.ValidationError(
        reason=f"ERROR_REASON_{error.reason}",
        message=error.message,
        field=error.field if isinstance(error, InvalidArgument) else "",
    )


def succeeded(row: Stored, message: validation_pb2.Validation, key: str) -> Stored:
    """
    Return a validation as one that was made.

    :param key: What an equal one goes by; empty where none is to.
    """
    body = message.SerializeToString()
    return replace(row, state=message.state, verdict=message.verdict, body=body, key=key)


def failed(row: Stored, error: AssayError, reason: str = "") -> Stored:
    """
    Return a validation as one for which no verdict can be reached.

    :param reason: An ErrorReason without its prefix; empty: that of the error.
    """
    said = error_to_proto(error)
    if reason:
        said = validation_pb2.ValidationError(reason=f"ERROR_REASON_{reason}", message=said.message)
    return _ended(row, validation_pb2.STATE_FAILED, said)


def cancelled(row: Stored) -> Stored:
    """Return a validation as one that was stopped at the caller's wish."""
    return _ended(row, validation_pb2.STATE_CANCELLED)


def queued_again(row: Stored) -> Stored:
    """Return a validation that failed as one that waits as on its first day."""
    message = validation_pb2.Validation.FromString(row.body)
    message.state = validation_pb2.STATE_QUEUED
    for field in ("end_time", "error"):
        message.ClearField(field)
    return replace(row, state=message.state, body=message.SerializeToString())


def _ended(row: Stored, state: validation_pb2.State, error: validation_pb2.ValidationError | None = None) -> Stored:
    message = validation_pb2.Validation.FromString(row.body)
    message.state = state
    message.end_time.GetCurrentTime()
    if error is not None:
        message.error.CopyFrom(error)
    return replace(row, state=state, body=message.SerializeToString())
