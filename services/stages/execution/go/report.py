"""What a run of Go tells about its tests: the harness's lines, failed tests as "go test" prints them, and panics."""

import re
from collections.abc import Iterator, Sequence

from assay.stage import Candidate, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult

from services.stages.execution.compiled_toolchain import Failure, Ran
from services.stages.execution.go.messages import own_path
from services.stages.execution.go.program import TESTS_NAME, is_program, tests_of

MAX_LINES = 20_000
MAX_FAILURES = 50
FAILED = re.compile(r"^\s*--- FAIL: (?P<test>\S{1,512}) \(")
OTHER = re.compile(r"^\s*--- |^\S")
SAID = re.compile(r"^\s+(?P<path>\S{1,512}\.go):(?P<line>\d{1,8}): ?(?P<message>.*)$")
ERROR = re.compile(r"^\s+Error:\s+(?P<message>.*)$")
SIDE = re.compile(r"^\s+(?P<side>expected|actual  ?): ?(?P<value>.*)$")
PANIC = re.compile(r"^(?P<kind>panic|fatal error): (?P<message>.*?)(?: \[recovered\].*)?$")
FRAME = re.compile(r"^\t(?P<path>/\S{1,4096}\.go):(?P<line>\d{1,8})(?: \+0x[0-9a-f]+)?$")


def ran(candidate: Candidate, suite: TestSuite, result: ExecutionResult, nonce: str) -> Ran:
    """Return what a run told; only lines behind the nonce say that a test came to its end."""
    tests = tests_of(candidate, suite)
    planned = ("main",) if is_program(tests) else tests.tests
    ends, under_way = _told(result.stdout.content.decode(errors="replace"), nonce)
    lines = result.stderr.content.decode(errors="replace").split("\n")[:MAX_LINES]
    failures = [*_failed(lines, tests.text.split("\n")), *_panicked(candidate, lines, under_way)]
    named = {failure.test.split("/")[0] for failure in failures}
    failures += [Failure(test) for test, end in ends.items() if end == "failed" and test not in named]
    return Ran(
        ended=all(ends.get(test) in {"passed", "failed", "skipped"} for test in planned),
        planned=len(planned),
        passed=sum(ends.get(test) == "passed" for test in planned),
        skipped=sum(ends.get(test) == "skipped" for test in planned),
        failures=failures[:MAX_FAILURES],
        under_way="" if under_way == "main" else under_way,
    )


def _told(stdout: str, nonce: str) -> tuple[dict[str, str], str]:
    """Return how each test ended, and the last one that began and did not."""
    ends: dict[str, str] = {}
    begun: list[str] = []
    for line in stdout.split("\n"):
        told = line.split(" ")
        if len(told) != 3 or told[0] != nonce:
            continue
        if told[1] == "started":
            begun.append(told[2])
        else:
            ends.setdefault(told[2], told[1])
    return ends, next((test for test in reversed(begun) if test not in ends), "")


def _failed(lines: Sequence[str], tests: Sequence[str]) -> Iterator[Failure]:
    """Yield the tests that failed, with what was said first in each."""
    for index, line in enumerate(lines):
        if not (found := FAILED.match(line)):
            continue
        end = next((at for at in range(index + 1, len(lines)) if OTHER.match(lines[at])), len(lines))
        if failure := _said(found["test"], lines[index + 1 : end], tests):
            yield failure


def _said(test: str, block: Sequence[str], tests: Sequence[str]) -> Failure | None:
    """Return what a failed test says; None where only tests inside it say something."""
    starts = [index for index, line in enumerate(block) if SAID.match(line)]
    if not starts:
        return None
    first = SAID.match(block[starts[0]])
    assert first is not None
    said = block[starts[0] : starts[1] if len(starts) > 1 else len(block)]
    line = int(first["line"]) if first["path"].endswith(TESTS_NAME) else 0
    sides = {found["side"].strip(): found["value"] for found in map(SIDE.match, said) if found}
    error = next(filter(None, map(ERROR.match, said)), None)
    message = error["message"].strip().rstrip(":") if error else first["message"].strip()
    statement = tests[line - 1].strip() if error and not sides and 0 < line <= len(tests) else ""
    return Failure(
        test=test,
        message=message,
        test_line=line,
        statement=f"{message}: {statement}" if statement else "",
        actual=sides.get("actual", ""),
        expected=sides.get("expected", ""),
    )


def _panicked(candidate: Candidate, lines: Sequence[str], test: str) -> Iterator[Failure]:
    """Yield the panic, or the runtime's fatal error, that ended the program."""
    for index, line in enumerate(lines):
        if not (found := PANIC.match(line)):
            continue
        frames = [frame for frame in map(FRAME.match, lines[index:]) if frame]
        path, number = next(_own_frames(candidate, frames), ("", 0))
        in_tests = (int(frame["line"]) for frame in frames if frame["path"].endswith(TESTS_NAME))
        test = "" if test == "main" else test
        message = found["message"].strip()
        yield Failure(test, message, found["kind"], test_line=next(in_tests, 0), path=path, line=number)
        return


def _own_frames(candidate: Candidate, frames: Sequence[re.Match[str]]) -> Iterator[tuple[str, int]]:
    for frame in frames:
        if path := own_path(candidate, frame["path"]):
            yield path, int(frame["line"])
