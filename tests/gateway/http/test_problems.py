"""Problem details: every error of the suite, as it arrives over gRPC and is told over HTTP."""

import json
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.errors import AssayError, InvalidArgument, by_reason
from assay.v1 import validation_pb2

from gateway.http import problems
from host.interceptors.status import StatusInterceptor
from tests.host import echo

EXPECTED = {
    "INTERNAL": 500, "INVALID_ARGUMENT": 400, "UNKNOWN_LANGUAGE": 400, "UNKNOWN_STAGE": 400, "NOT_FOUND": 404,
    "REQUEST_ID_REUSED": 409, "QUEUE_FULL": 429, "RATE_LIMITED": 429, "QUOTA_EXCEEDED": 429, "SLOW_READER": 429,
    "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "UNKNOWN_METHOD": 404, "LIMIT_NOT_ENFORCEABLE": 400,
    "DEADLINE_EXCEEDED": 504, "PLUGIN_FAILED": 500, "PEER_UNAVAILABLE": 503, "SANDBOX_UNAVAILABLE": 503,
    "SANDBOX_LOST": 503, "STORE_UNAVAILABLE": 503, "SHUTTING_DOWN": 503,
}  # fmt: skip


async def told_of(folder: Path, failure: BaseException) -> problems.Problem:
    """Return the problem that a failure behind a real server becomes."""

    async def fail(request: bytes, context: Any) -> bytes:
        raise failure

    async with (
        echo.served(folder, [StatusInterceptor()], echo.handler(fail)) as address,
        grpc.aio.insecure_channel(address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary")
    kind: Any = validation_pb2.ValidateRequest.DESCRIPTOR
    return await problems.told(caught.value, kind)


@pytest.mark.parametrize("reason", sorted(by_reason()))
async def test_every_reason(folder: Path, reason: str) -> None:
    """Every reason has its status, and arrives with its text, metadata and delay."""
    kind = by_reason()[reason]
    if issubclass(kind, InvalidArgument):
        error: AssayError = kind("policy.reject_below", "is too high", metadata={"most": "1"})
    else:
        error = kind("It went wrong.", metadata={"most": "1"}, retry_after=1.5)
    problem = await told_of(folder, error)
    assert (problem.status, problem.document["status"]) == (EXPECTED[reason], EXPECTED[reason])
    assert (problem.reason, problem.document["code"]) == (reason, kind.code)
    assert problem.document["type"] == f"urn:assay:error:{reason}"
    assert problem.document["metadata"] == {"most": "1"}
    if issubclass(kind, InvalidArgument):
        assert problem.document["errors"] == [{"field": "policy.rejectBelow", "detail": "is too high"}]
        assert problem.document["detail"] == "policy.rejectBelow: is too high"
    else:
        assert problem.document["detail"] == "It went wrong."
        assert (problem.document["retry_after"], problem.headers["retry-after"]) == (1.5, "2")


def test_no_reason_is_forgotten() -> None:
    """The table of this test has every reason that there is."""
    assert set(EXPECTED) == set(by_reason())


async def test_a_foreign_failure(folder: Path) -> None:
    """What broke without a word of ours is INTERNAL, and its text is not told."""
    problem = await told_of(folder, ValueError("def secret(): pass"))
    assert (problem.status, problem.reason) == (500, "INTERNAL")
    assert "secret" not in json.dumps(problem.document)
    own = await problems.told(ValueError("def secret(): pass"))
    assert (own.status, "secret" in json.dumps(own.document)) == (500, False)


async def test_what_grpc_says_itself(folder: Path) -> None:
    """gRPC's own words name inner addresses; they are not told."""
    async with grpc.aio.insecure_channel(f"unix:{folder}/nobody") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary")
    problem = await problems.told(caught.value)
    assert (problem.status, problem.reason) == (503, "PEER_UNAVAILABLE")
    assert str(folder) not in json.dumps(problem.document)


def test_statuses_of_all_codes() -> None:
    """Every code of gRPC but OK has a status."""
    assert set(problems.STATUS) == {code.name for code in grpc.StatusCode} - {"OK"}
