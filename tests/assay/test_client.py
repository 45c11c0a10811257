"""The client's side of errors: every class comes back as it was raised, and foreign statuses as the nearest."""

import grpc
import grpc.aio
import pytest
from assay import errors
from assay.client import error_from_rpc
from assay.errors import AssayError, InvalidArgument

from host.status import status_of
from tests.assay.test_errors import ALL


def rpc_error(
    code: grpc.StatusCode, details: str, trailing: tuple[tuple[str, str | bytes], ...] = ()
) -> grpc.aio.AioRpcError:
    """Return an error as a call raises it."""
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailing), details)


def returned(error: AssayError) -> AssayError:
    """Send an error through its status."""
    status = status_of(error)
    return error_from_rpc(rpc_error(status.code, status.details, status.trailing_metadata))


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("retry_after", [None, 0.0, 0.25, 3600.0])
def test_round_trip(kind: type[AssayError], retry_after: float | None) -> None:
    """Class, text, field, metadata and the time after which to try again come back."""
    arguments = ("candidate.files[3].path", "it is absolute") if issubclass(kind, InvalidArgument) else ("it broke",)
    error = kind(*arguments, metadata={"language": "python"})
    error.retry_after = retry_after
    back = returned(error)
    assert type(back) is kind
    assert vars(back) == vars(error)
    assert status_of(error).code.name == kind.code


@pytest.mark.parametrize("text", ["", "\N{SNOWMAN} and \n line ends", "\ud800", "x" * 5_000])
def test_any_text(text: str) -> None:
    """Any text can be sent: what cannot be is escaped, and what is too long is cut."""
    assert type(returned(errors.NotFound(text))) is errors.NotFound
    back = returned(InvalidArgument(text, text))
    assert isinstance(back, InvalidArgument)
    assert len(back.description.encode()) < 1_000


def test_whole_request() -> None:
    """A bad request that has no one field to blame keeps its text."""
    back = returned(InvalidArgument("", "there is nothing in it"))
    assert isinstance(back, InvalidArgument)
    assert (back.field, back.message) == ("", "there is nothing in it")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, errors.Unavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceeded),
        (grpc.StatusCode.INVALID_ARGUMENT, errors.InvalidArgument),
        (grpc.StatusCode.NOT_FOUND, errors.NotFound),
        (grpc.StatusCode.UNKNOWN, errors.AssayError),
        (grpc.StatusCode.UNIMPLEMENTED, errors.AssayError),
    ],
)
def test_foreign_status(code: grpc.StatusCode, kind: type[AssayError]) -> None:
    """A status without details, as a proxy or gRPC itself gives one, becomes the nearest class with its text."""
    error = error_from_rpc(rpc_error(code, "said so"))
    assert type(error) is kind
    assert error.message == "said so"


def test_no_text() -> None:
    """A status without a text is told by its code."""
    assert error_from_rpc(rpc_error(grpc.StatusCode.UNAVAILABLE, "")).message == "UNAVAILABLE"


@pytest.mark.parametrize("content", [b"nonsense", b"", status_of(errors.NotFound("x")).trailing_metadata[0][1]])
def test_details_that_lie(content: bytes) -> None:
    """Details that cannot be read, or that contradict the code, do not keep the code from being told."""
    error = error_from_rpc(rpc_error(grpc.StatusCode.UNAVAILABLE, "down", (("grpc-status-details-bin", content),)))
    assert type(error) is errors.Unavailable


def test_reason_of_a_stranger() -> None:
    """A reason of another domain is not read as one of ours."""
    from google.protobuf import any_pb2
    from google.rpc import error_details_pb2, status_pb2
    from grpc_status import rpc_status

    packed = any_pb2.Any()
    packed.Pack(error_details_pb2.ErrorInfo(reason="NOT_FOUND", domain="elsewhere.example"))
    status = rpc_status.to_status(status_pb2.Status(code=14, message="down", details=[packed]))
    back = error_from_rpc(rpc_error(status.code, status.details, status.trailing_metadata))
    assert type(back) is errors.Unavailable
