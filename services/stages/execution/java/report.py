"""What a run of Java tells about its tests: whether they came to their end, or the exception that ended them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay.errors import PluginFailed
from assay.stage import Candidate, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

from services.stages.execution.compiled_toolchain import Failure, Ran, tests_path
from services.stages.execution.java.messages import placed

MAX_LINES = 20_000
MAX_MESSAGE_LINES = 20
EXCEPTION = re.compile(
    r'^(?:Exception in thread "main" |(?P<cause>Caused by: ))(?P<type>[\w.$]{1,512})(?:: (?P<message>.*))?$'
)
FRAME = re.compile(r"^\tat (?P<method>[^\s(]{1,1024})\((?P<file>[^\s:()]{1,512}\.java):(?P<line>\d{1,8})\)$")
ANY_FRAME = re.compile(r"^\s+(?:at |\.\.\. )")
WRAPPERS = ("java.lang.ExceptionInInitializerError", "java.lang.reflect.InvocationTargetException")
"""Exceptions that tell only of another one."""

OWN_END = {Outcome.OUTCOME_OK, Outcome.OUTCOME_NONZERO_EXIT}

MEANT = re.compile(r"\b(?:throw|assert)\b")
"""How tests say by themselves that something is wrong."""


@dataclass(frozen=True, slots=True)
class Thrown:
    """An exception of a stack trace; its frames are the caller's paths with lines, the innermost first."""

    type: str
    message: str
    frames: Sequence[tuple[str, int]]


def ran(candidate: Candidate, suite: TestSuite, result: ExecutionResult, nonce: str) -> Ran:
    """
    Return what a run told; only a line behind the nonce says that the tests came to their end.

    :raises PluginFailed: The harness, before which nothing of the candidate runs, did not begin.
    """
    told = set(result.stdout.content.decode(errors="replace").split("\n"))
    if f"{nonce} begun" not in told and result.outcome in OWN_END:
        raise PluginFailed(f"the harness did not begin (exit status {result.exit_code})")
    ended = f"{nonce} ended" in told
    failures = () if ended else tuple(_failures(candidate, suite, result))
    return Ran(ended, passed=int(ended), failures=failures)


def _failures(candidate: Candidate, suite: TestSuite, result: ExecutionResult) -> Iterator[Failure]:
    lines = result.stderr.content.decode(errors="replace").split("\n")[:MAX_LINES]
    told = list(_thrown(candidate, suite, lines))
    if not told:
        return
    thrown = told[1] if told[0].type in WRAPPERS and len(told) > 1 else told[0]
    tests = tests_path(candidate, suite)
    own = {file.path for file in (*candidate.files, *candidate.context_files)}
    test_line = next((line for path, line in thrown.frames if path == tests), 0)
    path, line = next(((path, line) for path, line in thrown.frames if path in own), ("", 0))
    source = suite.files[0].content.decode(errors="replace").split("\n")[max(0, test_line - 2) : test_line]
    if thrown.frames[:1] == [(tests, test_line)] and MEANT.search("\n".join(source)):
        yield Failure(
            message=thrown.message, test_line=test_line, statement="" if thrown.message else source[-1].strip()
        )
    else:
        kind = thrown.type.removeprefix("java.lang.")
        yield Failure(message=thrown.message, exception=kind, test_line=test_line, path=path, line=line)


def _thrown(candidate: Candidate, suite: TestSuite, lines: Sequence[str]) -> Iterator[Thrown]:
    """Yield the exception that nothing caught, and its causes."""
    starts = [index for index, line in enumerate(lines) if EXCEPTION.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        found = EXCEPTION.match(lines[start])
        assert found is not None
        first = next((at for at in range(start + 1, end) if ANY_FRAME.match(lines[at])), end)
        message = [found["message"] or "", *lines[start + 1 : min(first, start + MAX_MESSAGE_LINES)]]
        frames = [frame for frame in map(FRAME.match, lines[first:end]) if frame]
        yield Thrown(found["type"], " ".join(message).strip(), [_place(candidate, suite, frame) for frame in frames])


def _place(candidate: Candidate, suite: TestSuite, frame: re.Match[str]) -> tuple[str, int]:
    """Return the caller's path and line; a trace has a file's name alone, so that its package tells the folder."""
    path, line = placed(candidate, suite, frame["file"], int(frame["line"]))
    package = frame["method"].rpartition(".")[0].rpartition(".")[0].replace(".", "/")
    names = [file.path for file in candidate.files if f"/{file.path}".endswith(f"/{package}/{path}".replace("//", "/"))]
    return (names[0] if len(names) == 1 else path), line
