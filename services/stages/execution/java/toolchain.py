"""Java as a compiled language of the stage."""

from assay.stage import Candidate, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult

from services.stages.execution.compiled_toolchain import Problem, Program, Ran, as_submitted
from services.stages.execution.java.messages import problems
from services.stages.execution.java.program import program
from services.stages.execution.java.report import ran


class JavaToolchain:
    """See :class:`services.stages.execution.compiled_toolchain.Toolchain`."""

    language = "java"

    def program(self, candidate: Candidate, suite: TestSuite | None, nonce: str) -> Program:
        """Return the candidate and its tests, with a main class of ours."""
        return program(candidate, suite, nonce)

    def own_program(self, candidate: Candidate) -> Program:
        """Return the candidate as it was submitted."""
        return as_submitted(candidate)

    def problems(self, candidate: Candidate, suite: TestSuite | None, messages: str) -> list[Problem]:
        """Return what javac says."""
        return problems(candidate, suite, messages)

    def ran(self, candidate: Candidate, suite: TestSuite, result: ExecutionResult, nonce: str) -> Ran:
        """Return whether the tests came to their end, and the exception that ended them otherwise."""
        return ran(candidate, suite, result, nonce)


JAVA = JavaToolchain()
