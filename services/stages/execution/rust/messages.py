"""What rustc and a panic say, as problems and failures of the candidate and of its tests."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.stages.execution.compiled_toolchain import Failure, Problem

MAX_LINES = 20_000
ERROR = re.compile(r"^error(?:\[(?P<code>E\d{4})\])?: (?P<message>.*)$")
SUMMARY = re.compile(r"aborting due to|could not compile|linking with `|cannot find macro `\w+` in this scope: ")
PLACE = re.compile(r"^\s*--> (?P<path>[^\n]{1,4096}):(?P<line>\d{1,8}):\d{1,8}$")
CRATE = re.compile(
    r"can't find crate for `(?P<a>\w{1,200})`"
    r"|use of (?:undeclared crate or module|unresolved module or unlinked crate) `(?P<b>\w{1,200})`"
    r"|^file not found for module `(?P<c>\w{1,200})`"
    r"|^unresolved imports? `(?P<d>(?:crate|super)::[^`]{1,200})`"
    r"|could not find `(?P<e>\w{1,200})` in the crate root"
    r"|^failed to resolve: there are too many leading `(?P<f>super)` keywords"
)
"""How rustc says that a crate, a module's file, or another part of the candidate's own crate is not there."""

ELSEWHERE = {
    "E0554": "a nightly compiler",
    "E0152": "a machine without an operating system",
}
"""Errors that say that the code is for another environment, and what it is for."""

NAME = re.compile(
    r"^cannot find \w+(?: \w+)? `(?P<a>[^`]{1,200})` in "
    r"|^failed to resolve: use of undeclared type `(?P<b>[^`]{1,200})`"
    r"|^no (?:method|function or associated item|variant|associated item)(?: \w+)* `?(?P<c>\w{1,200})`? found "
    r"|^unresolved imports? `(?P<d>[^`]{1,200})`"
)
STANDARD = re.compile(r"\buse (?:std|core|alloc)::")
PANIC = re.compile(
    r"^(?:thread '[^\n]{0,200}' (?:\(\d{1,10}\) )?)?panicked at (?P<path>[^\n]{1,4096}):(?P<line>\d{1,8}):\d{1,8}:\n"
    r"(?P<message>[^\n]{0,2000})(?:\n  left: (?P<left>[^\n]{0,2000})\n right: (?P<right>[^\n]{0,2000}))?",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    The compiled entry point: the candidate's text, then that of its tests.

    :param lines: Of the candidate's text.
    :param tests: What the tests are called; empty where there are none.
    """

    path: str
    lines: int
    tests: str

    def place(self, path: str, line: int) -> tuple[str, int]:
        """Return the file and line that a person knows a compiled line by."""
        path = path.removeprefix("./")
        return (self.tests, line - self.lines) if path == self.path and line > self.lines else (path, line)


def problems_in(messages: str, entry: Entry) -> list[Problem]:
    """Return the errors, in their order; warnings are none."""
    lines = messages.splitlines()[:MAX_LINES]
    starts = [index for index, line in enumerate(lines) if ERROR.match(line)]
    told = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=False)]
    return [_problem(lines, entry) for lines in told if not SUMMARY.search(lines[0])]


def _problem(told: Sequence[str], entry: Entry) -> Problem:
    """Return one error; what is told of it begins with its own line and ends before the next error."""
    error = ERROR.match(told[0])
    assert error is not None
    place = next(filter(None, map(PLACE.match, told)), None)
    path, line = entry.place(place["path"], int(place["line"])) if place else ("", 0)
    name, missing = _missing(error, told)
    return Problem(path, line, error["message"], name, missing)


def _missing(error: re.Match[str], told: Sequence[str]) -> tuple[str, Literal["", "module", "name", "standard"]]:
    standard = any(map(STANDARD.search, told[1:]))
    if error["code"] in ELSEWHERE:
        return ELSEWHERE[error["code"]], "module"
    crate = next(filter(None, (CRATE.search(line) for line in (error["message"], *told))), None)
    if crate and not standard:
        return next(filter(None, crate.groups())), "module"
    if named := NAME.match(error["message"]):
        return next(filter(None, named.groups())), "standard" if standard else "name"
    return "", ""


def panic(stderr: str, entry: Entry, test: str = "") -> Failure | None:
    """
    Return the last panic that a program told of; None where it told of none.

    One in the tests' own lines is a comparison of theirs, any other one the code's.
    """
    found = next(iter(list(PANIC.finditer(stderr))[-1:]), None)
    if found is None:
        return None
    path, line = entry.place(found["path"], int(found["line"]))
    message = found["message"].strip()
    if path != entry.tests:
        return Failure(test, message, exception="a panic", path=path, line=line)
    statement = message.removeprefix("assertion failed: ") if message.startswith("assertion failed: ") else ""
    left, right = found["left"] or "", found["right"] or ""
    return Failure(test, message, test_line=line, statement=statement, actual=left, expected=right)
