"""
What can go wrong on the suite's side, never what the code under test did.

    AssayError                     INTERNAL             INTERNAL
    ├── InvalidArgument            INVALID_ARGUMENT     INVALID_ARGUMENT
    │   ├── UnknownLanguage        INVALID_ARGUMENT     UNKNOWN_LANGUAGE
    │   └── UnknownStage           INVALID_ARGUMENT     UNKNOWN_STAGE
    ├── NotFound                   NOT_FOUND            NOT_FOUND
    ├── RequestIdReused            ALREADY_EXISTS       REQUEST_ID_REUSED
    ├── QueueFull                  RESOURCE_EXHAUSTED   QUEUE_FULL
    ├── RateLimited                RESOURCE_EXHAUSTED   RATE_LIMITED
    ├── QuotaExceeded              RESOURCE_EXHAUSTED   QUOTA_EXCEEDED
    ├── SlowReader                 RESOURCE_EXHAUSTED   SLOW_READER
    ├── Unauthenticated            UNAUTHENTICATED      UNAUTHENTICATED
    ├── PermissionDenied           PERMISSION_DENIED    PERMISSION_DENIED
    ├── UnknownMethod              UNIMPLEMENTED        UNKNOWN_METHOD
    ├── LimitNotEnforceable        FAILED_PRECONDITION  LIMIT_NOT_ENFORCEABLE
    ├── DeadlineExceeded           DEADLINE_EXCEEDED    DEADLINE_EXCEEDED
    ├── PluginFailed               INTERNAL             PLUGIN_FAILED
    └── Unavailable                UNAVAILABLE          PEER_UNAVAILABLE
        ├── SandboxUnavailable     UNAVAILABLE          SANDBOX_UNAVAILABLE
        ├── SandboxLost            UNAVAILABLE          SANDBOX_LOST
        ├── StoreUnavailable       UNAVAILABLE          STORE_UNAVAILABLE
        └── ShuttingDown           UNAVAILABLE          SHUTTING_DOWN

The first column is the gRPC status code, the second the ErrorReason without its prefix. Domain modules raise these;
`host.status` turns them into a status with details and `assay.client` turns that back.
"""

from collections.abc import Mapping
from typing import ClassVar

DOMAIN = "assay"
"""The domain of ErrorInfo in which the reasons have their meaning."""


class AssayError(Exception):
    """
    A failure of the suite.

    :param message: One sentence for a person. Never the submitted code.
    :param metadata: Facts for a program, sent as ErrorInfo.metadata.
    :param retry_after: Seconds after which a new try can succeed; None where that is not known.
    """

    code: ClassVar[str] = "INTERNAL"
    reason: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[object, ...]:
        # Subclasses take other arguments than the message, so the default would not bring them back from a worker.
        return _unpickled, (type(self), self.args, self.__dict__)


def _unpickled(kind: type[AssayError], args: tuple[object, ...], state: Mapping[str, object]) -> AssayError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InvalidArgument(AssayError):
    """
    A field of a request is missing or out of bounds.

    :param field: The path of the field in the request, for example "candidate.files[0].path".
    """

    code = "INVALID_ARGUMENT"
    reason = "INVALID_ARGUMENT"

    def __init__(self, field: str, message: str, *, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{field}: {message}" if field else message, metadata=metadata)
        self.field = field
        self.description = message

    def within(self, outer: str) -> "InvalidArgument":
        """Return the same error for a message that is a field of another, for example ``cases[3]``."""
        return type(self)(f"{outer}.{self.field}" if self.field else outer, self.description, metadata=self.metadata)


class UnknownLanguage(InvalidArgument):
    """The language is not one that this service knows."""

    reason = "UNKNOWN_LANGUAGE"


class UnknownStage(InvalidArgument):
    """There is no stage of that name."""

    reason = "UNKNOWN_STAGE"


class NotFound(AssayError):
    """There is no such resource, or it is somebody else's."""

    code = "NOT_FOUND"
    reason = "NOT_FOUND"


class RequestIdReused(AssayError):
    """A request_id was used before, for another request."""

    code = "ALREADY_EXISTS"
    reason = "REQUEST_ID_REUSED"


class QueueFull(AssayError):
    """A bounded queue is full; retry_after says when to come back."""

    code = "RESOURCE_EXHAUSTED"
    reason = "QUEUE_FULL"


class RateLimited(AssayError):
    """A tenant calls too often; retry_after says when to come back."""

    code = "RESOURCE_EXHAUSTED"
    reason = "RATE_LIMITED"


class QuotaExceeded(AssayError):
    """A tenant has used what it may use: the metadata names the quota, retry_after says when there is more."""

    code = "RESOURCE_EXHAUSTED"
    reason = "QUOTA_EXCEEDED"


class SlowReader(AssayError):
    """A client did not read its stream fast enough; the metadata has the sequence from which it can go on."""

    code = "RESOURCE_EXHAUSTED"
    reason = "SLOW_READER"


class Unauthenticated(AssayError):
    """There is no key, token or certificate, or it is not valid any more. The message says no more than that."""

    code = "UNAUTHENTICATED"
    reason = "UNAUTHENTICATED"


class PermissionDenied(AssayError):
    """The key does not allow this; the metadata names the scope that it lacks."""

    code = "PERMISSION_DENIED"
    reason = "PERMISSION_DENIED"


class UnknownMethod(AssayError):
    """There is no such method, or none that can be called from outside."""

    code = "UNIMPLEMENTED"
    reason = "UNKNOWN_METHOD"


class LimitNotEnforceable(AssayError):
    """The runtime does not enforce a limit or policy that was asked for."""

    code = "FAILED_PRECONDITION"
    reason = "LIMIT_NOT_ENFORCEABLE"


class DeadlineExceeded(AssayError):
    """The deadline had passed, or passed in mid-call."""

    code = "DEADLINE_EXCEEDED"
    reason = "DEADLINE_EXCEEDED"


class PluginFailed(AssayError):
    """A plug-in, for example a stage or a validator, broke."""

    code = "INTERNAL"
    reason = "PLUGIN_FAILED"


class Unavailable(AssayError):
    """Something that this service needs cannot be reached; a later try may succeed."""

    code = "UNAVAILABLE"
    reason = "PEER_UNAVAILABLE"


class SandboxUnavailable(Unavailable):
    """The container runtime cannot be reached or does not answer."""

    reason = "SANDBOX_UNAVAILABLE"


class SandboxLost(Unavailable):
    """The sandbox was lost in mid-run, more than once. Never the program's fault."""

    reason = "SANDBOX_LOST"


class StoreUnavailable(Unavailable):
    """The store cannot be reached or written."""

    reason = "STORE_UNAVAILABLE"


class ShuttingDown(Unavailable):
    """The service is stopping and takes no new work."""

    reason = "SHUTTING_DOWN"


def by_reason() -> dict[str, type[AssayError]]:
    """Return the class that stands for each reason, the most general one where several share it."""
    found: dict[str, type[AssayError]] = {}
    waiting: list[type[AssayError]] = [AssayError]
    while waiting:
        error = waiting.pop(0)
        found.setdefault(error.reason, error)
        waiting.extend(error.__subclasses__())
    return found
