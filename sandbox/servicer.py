"""SandboxService: converts, calls the executor, converts back."""

from collections.abc import Mapping
from typing import Any, Protocol

from assay.v1 import sandbox_pb2, sandbox_pb2_grpc

from sandbox.convert import limits_from_proto, program_from_proto, result_to_proto
from sandbox.program import Program, Result


class Executes(Protocol):
    """What runs programs."""

    async def execute(self, program: Program, asked: Mapping[str, float]) -> Result:
        """Run one program to its end."""


class SandboxServicer(sandbox_pb2_grpc.SandboxServiceServicer):
    """The edge of the service."""

    def __init__(self, executor: Executes) -> None:
        self._executor = executor

    async def Execute(  # noqa: N802 - the contract's name
        self, request: sandbox_pb2.ExecuteRequest, context: Any
    ) -> sandbox_pb2.ExecuteResponse:
        """Run one program."""
        result = await self._executor.execute(program_from_proto(request), limits_from_proto(request.limits))
        return sandbox_pb2.ExecuteResponse(result=result_to_proto(result))
