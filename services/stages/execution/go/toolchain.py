"""Go as a compiled language of the stage."""

from assay.stage import Candidate, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult

from services.stages.execution.compiled_toolchain import Problem, Program, Ran, as_submitted
from services.stages.execution.go.messages import problems
from services.stages.execution.go.program import program
from services.stages.execution.go.report import ran


class GoToolchain:
    """See :class:`services.stages.execution.compiled_toolchain.Toolchain`."""

    language = "go"

    def program(self, candidate: Candidate, suite: TestSuite | None, nonce: str) -> Program:
        """Return the candidate's package with the tests in it, as a program."""
        return program(candidate, suite, nonce)

    def own_program(self, candidate: Candidate) -> Program:
        """Return the candidate as it was submitted."""
        return as_submitted(candidate)

    def problems(self, candidate: Candidate, suite: TestSuite | None, messages: str) -> list[Problem]:
        """Return what the compiler and the go command say."""
        return problems(candidate, suite, messages)

    def ran(self, candidate: Candidate, suite: TestSuite, result: ExecutionResult, nonce: str) -> Ran:
        """Return how each test ended."""
        return ran(candidate, suite, result, nonce)


GO = GoToolchain()
