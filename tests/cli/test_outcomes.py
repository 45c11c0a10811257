"""What the end of a run means."""

import pytest
from assay.errors import AssayError
from assay.v1 import sandbox_pb2

from cli.outcomes import compiler_output, said_of, status_of


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_OK, exit_code=0), 0),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_NONZERO_EXIT, exit_code=7), 7),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_SIGNALED, signal=11), 139),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_WALL_TIME_LIMIT), 124),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_CPU_TIME_LIMIT), 124),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_MEMORY_LIMIT, signal=9), 123),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_PROCESS_LIMIT, exit_code=1), 123),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_OUTPUT_LIMIT), 123),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_DISK_LIMIT), 123),
        (sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_COMPILE_ERROR), 126),
    ],
)
def test_each_outcome_has_its_status(outcome: sandbox_pb2.ExecutionResult, status: int) -> None:
    """The status of the program is its own; limits have statuses of ours."""
    assert status_of(outcome) == status


def test_a_lost_sandbox_is_no_outcome_of_the_program() -> None:
    """What the sandbox did wrong is an error."""
    with pytest.raises(AssayError):
        status_of(sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_SANDBOX_LOST))


def test_ends_that_are_not_the_programs_own_are_said() -> None:
    """A limit is told with its evidence, of the compiler too; a plain end is not told."""
    ok = sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_NONZERO_EXIT, exit_code=7)
    assert said_of(ok) == ""
    memory = sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_MEMORY_LIMIT, evidence={"oom_kills": "1"})
    assert said_of(memory) == "the program was ended: it used more memory than the limit allows (oom_kills=1)"
    compilation = sandbox_pb2.Compilation(outcome=sandbox_pb2.OUTCOME_WALL_TIME_LIMIT, evidence={"limit": "wall_time"})
    late = sandbox_pb2.ExecutionResult(outcome=sandbox_pb2.OUTCOME_COMPILE_ERROR, compilation=compilation)
    assert said_of(late).startswith("the program did not compile: the compiler was ended: it ran longer")


def test_the_compilers_output_is_whole() -> None:
    """Both streams are in it, and what was left out is said where it was."""
    cut = sandbox_pb2.OutputStream(content=b"abyz", truncated=True, head_bytes=2, total_bytes=1004)
    compilation = sandbox_pb2.Compilation(stdout=sandbox_pb2.OutputStream(content=b"note\n"), stderr=cut)
    assert compiler_output(compilation) == b"note\nab\n[1,000 bytes were left out here]\nyz"
