"""What javac says, as problems of the candidate and of its tests."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assay.stage import Candidate, TestSuite

from services.stages.execution.compiled_toolchain import Problem, tests_path
from services.stages.execution.java.program import OWN_UNIT, UNIT, appended_after
from services.stages.execution.java.source import JavaFile
from services.stages.execution.java.standard import PREFIXES, TYPES

MAX_LINES = 20_000
ERROR = re.compile(r"^(?P<path>[^\n:]{1,4096}\.java):(?P<line>\d{1,8}): error: (?P<message>.+)$")
NO_PACKAGE = re.compile(r"^package (?P<name>[\w.]{1,512}) does not exist$")
SYMBOL = re.compile(r"^  symbol: +(?P<kind>\w+) (?P<name>\w{1,512})")
LOCATION = re.compile(r"^  location: +(?P<where>.{1,512})$")
IMPORT = re.compile(r"^\s*import\s")
OF_OTHERS = re.compile(r"^(?:com|org|net|io|edu|javax|jakarta|dev|android|lombok|junit)\.")


def problems(candidate: Candidate, suite: TestSuite | None, messages: str) -> list[Problem]:
    """
    Return the errors, in their order.

    Where a package is not there, only that is told: types that extend or hold its own bring about errors of every kind.
    """
    found = list(_Reader(candidate, suite).problems(messages))
    return [problem for problem in found if problem.missing == "module"] or found


def placed(candidate: Candidate, suite: TestSuite | None, path: str, line: int) -> tuple[str, int]:
    """Return the path that the caller knows a file by, and the line in it; a path of ours without a caller is empty."""
    tests = tests_path(candidate, suite) if suite else ""
    if OWN_UNIT.search(path):
        return tests, line
    if not UNIT.search(path):
        return path.removeprefix("./"), line
    after = appended_after(candidate)
    return (candidate.entry().path, line) if line <= after else (tests, line - after)


class _Reader:
    def __init__(self, candidate: Candidate, suite: TestSuite | None) -> None:
        self._candidate = candidate
        self._suite = suite
        self._entry = JavaFile.of(candidate.entry().content)
        self._own = {file.path for file in (*candidate.files, *candidate.context_files)}
        self._is_tested = suite is not None or bool(candidate.tests)
        self._is_part = not _is_whole(candidate)

    def problems(self, messages: str) -> Iterator[Problem]:
        """Yield the errors."""
        lines = messages.splitlines()[:MAX_LINES]
        starts = [index for index, line in enumerate(lines) if ERROR.match(line)]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
            yield self._problem(lines[start:end])

    def _problem(self, told: Sequence[str]) -> Problem:
        """Return one error; what is told of it begins with its own line and ends before the next error."""
        error = ERROR.match(told[0])
        assert error is not None
        path, line = placed(self._candidate, self._suite, error["path"], int(error["line"]))
        message = error["message"].strip()
        if missing := NO_PACKAGE.match(message):
            source = told[1] if len(told) > 1 else ""
            return self._no_package(Problem(path, line, message), missing["name"], source)
        if symbol := next(filter(None, map(SYMBOL.match, told)), None):
            where = next(filter(None, map(LOCATION.match, told)), None)
            message = f"cannot find symbol: {symbol['kind']} {symbol['name']}"
            return self._no_symbol(
                Problem(path, line, message, symbol["name"]), symbol, where["where"] if where else ""
            )
        return Problem(path, line, message)

    def _no_package(self, problem: Problem, name: str, source: str) -> Problem:
        """Tell packages that this environment lacks from misspelt names, which javac takes for packages too."""
        is_import = IMPORT.match(source) is not None
        if name.startswith(PREFIXES) or not (is_import or OF_OTHERS.match(name)):
            return replace(problem, name=name, missing="standard" if name.startswith(PREFIXES) else "name")
        return replace(problem, name=name, missing="module")

    def _no_symbol(self, problem: Problem, symbol: re.Match[str], where: str) -> Problem:
        """Tell what nothing defines from what the standard library has, and from what other files may define."""
        name = problem.name
        is_type = symbol["kind"] == "class" or (symbol["kind"] == "variable" and name[0].isupper())
        if where.startswith("package "):
            package = where.removeprefix("package ")
            is_theirs = package.startswith(PREFIXES) or package == "java"
            return replace(problem, name=f"{package}.{name}", missing="standard" if is_theirs else "module")
        if is_type and name in TYPES:
            return replace(problem, missing="standard")
        if is_type and not self._is_tested and (self._is_part or self._is_given(name)):
            return replace(problem, name=f"the type {name}", missing="module")
        return replace(problem, missing="name")

    def _is_given(self, name: str) -> bool:
        """Say whether a comment declares a type, as tasks do that give it together with the tests."""
        declared = re.compile(rf"\b(?:class|interface|record|enum)\s+{re.escape(name)}\b")
        return declared.search(self._entry.text) is not None and declared.search(self._entry.code) is None


def _is_whole(candidate: Candidate) -> bool:
    """
    Say whether a candidate without tests is all of its program: one file that answers a specification.

    Of others, files with more types may not have been submitted.
    """
    return len(candidate.files) == 1 and not candidate.context_files and bool(candidate.specification.strip())
