"""What the end of a run means: its exit status, and what is said of it."""

import sys
from collections.abc import Mapping

from assay.errors import AssayError
from assay.v1 import sandbox_pb2

from cli import exits
from cli.printable import printable

_LIMITS = {
    sandbox_pb2.OUTCOME_WALL_TIME_LIMIT: (exits.RUN_TIME_LIMIT, "it ran longer than the wall time limit allows"),
    sandbox_pb2.OUTCOME_CPU_TIME_LIMIT: (exits.RUN_TIME_LIMIT, "it used more CPU time than the limit allows"),
    sandbox_pb2.OUTCOME_MEMORY_LIMIT: (exits.RUN_LIMIT, "it used more memory than the limit allows"),
    sandbox_pb2.OUTCOME_PROCESS_LIMIT: (exits.RUN_LIMIT, "it wanted more processes than the limit allows"),
    sandbox_pb2.OUTCOME_OUTPUT_LIMIT: (exits.RUN_LIMIT, "it wrote more output than the hard limit allows"),
    sandbox_pb2.OUTCOME_DISK_LIMIT: (exits.RUN_LIMIT, "it filled its work directory"),
}


def status_of(result: sandbox_pb2.ExecutionResult) -> int:
    """
    Return the exit status that stands for a result.

    :raises AssayError: The result is none of the program's doing.
    """
    match result.outcome:
        case sandbox_pb2.OUTCOME_OK | sandbox_pb2.OUTCOME_NONZERO_EXIT:
            return result.exit_code
        case sandbox_pb2.OUTCOME_SIGNALED:
            return exits.SIGNALLED + result.signal
        case sandbox_pb2.OUTCOME_COMPILE_ERROR:
            return exits.RUN_NOT_COMPILED
        case limit if limit in _LIMITS:
            return _LIMITS[limit][0]
        case other:
            raise AssayError(f"the sandbox ended the run: {sandbox_pb2.Outcome.Name(other)}")


def said_of(result: sandbox_pb2.ExecutionResult) -> str:
    """Return one line on an end that the program did not bring about itself; nothing for others."""
    if result.outcome == sandbox_pb2.OUTCOME_COMPILE_ERROR:
        return said_of_compiling(result.compilation)
    if result.outcome in _LIMITS:
        return f"the program was ended: {_LIMITS[result.outcome][1]}{_in_brackets(result.evidence)}"
    return ""


def said_of_compiling(compilation: sandbox_pb2.Compilation) -> str:
    """Return one line on a program that did not compile."""
    if compilation.outcome in _LIMITS:
        why = f"the compiler was ended: {_LIMITS[compilation.outcome][1]}"
        return f"the program did not compile: {why}{_in_brackets(compilation.evidence)}"
    return "the program did not compile"


def compiler_output(compilation: sandbox_pb2.Compilation) -> bytes:
    """Return all that was kept of what a compiler wrote; what was left out is said in its place."""
    return b"".join(_whole(stream) for stream in (compilation.stdout, compilation.stderr))


def _whole(stream: sandbox_pb2.OutputStream) -> bytes:
    if not stream.truncated:
        return stream.content
    head, tail = stream.content[: stream.head_bytes], stream.content[stream.head_bytes :]
    left_out = stream.total_bytes - len(stream.content)
    return head + f"\n[{left_out:,} bytes were left out here]\n".encode() + tail


def say(message: str) -> None:
    """Say something about a run, on standard error."""
    if sys.stderr is not None:
        print(f"assay: {printable(message)}", file=sys.stderr)  # noqa: T201 this is what the command says


def _in_brackets(evidence: Mapping[str, str]) -> str:
    told = ", ".join(f"{key}={value}" for key, value in sorted(evidence.items()))
    return f" ({told})" if told else ""
