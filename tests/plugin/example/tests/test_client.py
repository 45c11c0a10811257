"""What the contract's distribution offers beside the plug-ins can be imported with nothing else installed."""

import pytest
from assay import errors
from assay.client import connect, error_from_rpc
from assay.v1 import candidate_pb2, validation_pb2


async def test_client() -> None:
    """A call to where nobody listens is an error of the suite's own kind."""
    import grpc.aio

    request = validation_pb2.ValidateRequest(candidate=candidate_pb2.Candidate())
    async with connect("unix:/nobody/is/here") as suite:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await suite.validation.Validate(request, timeout=10)
    assert isinstance(error_from_rpc(caught.value), errors.Unavailable)
