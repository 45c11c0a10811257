"""What Go's compiler and its go command say, as problems of the candidate and of its tests."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from assay.stage import Candidate, TestSuite

from services.stages.execution.compiled_toolchain import Problem, tests_path
from services.stages.execution.go.program import TESTS_NAME, package_files
from services.stages.execution.go.source import GoFile
from services.stages.execution.go.standard import PACKAGES, is_standard

MAX_LINES = 20_000
ERROR = re.compile(r"^(?P<path>[^\s:][^\n:]{0,4096}):(?P<line>\d{1,8}):(?:\d{1,8}:)? (?P<message>.+)$")
PACKAGE = re.compile(
    r"^could not import (?P<a>\S{1,512}) \(|^cannot find package \"(?P<b>[^\"]{1,512})\""
    r"|^no required module provides package (?P<c>[^\s:;]{1,512})|^package (?P<d>\S{1,512}) is not in std"
)
"""How the compiler and the go command say that a package is not there."""

UNDEFINED = re.compile(r"^undefined: (?P<name>\w{1,512})$")
LACKING = re.compile(r" undefined \(type (?P<type>\S{1,512}) has no field or method (?P<name>\w{1,512})")
UNUSED = re.compile(r"^\"(?P<name>[^\"]{1,512})\" imported(?: as \S+)? and not used")
NOT_GO = re.compile(r"build constraints exclude all Go files|C source files not allowed|no non-test Go files")


def problems(candidate: Candidate, suite: TestSuite | None, messages: str) -> list[Problem]:
    """
    Return the errors, in their order.

    A package that is not there brings about no further error, so those that are told beside one count, and it does not.
    Neither do imports that only code to follow may use, beside other errors.
    """
    found = list(_Reader(candidate, suite).problems(messages))
    code = [problem for problem in found if problem.missing != "module"] or found
    return [problem for problem in code if not _is_for_later(problem)] or code


def _is_for_later(problem: Problem) -> bool:
    return problem.missing == "standard" and UNUSED.match(problem.message) is not None


class _Reader:
    def __init__(self, candidate: Candidate, suite: TestSuite | None) -> None:
        self._candidate = candidate
        self._suite = suite
        self._package = {file.path: GoFile.of(file.content) for file in package_files(candidate)}
        is_tested = suite is not None or bool(candidate.tests)
        self._is_part = not is_tested and not _is_whole(candidate)
        files = self._package.values()
        is_program = any(file.has_main or file.package != "main" for file in files)
        self._is_passage = not is_tested and not is_program

    def problems(self, messages: str) -> Iterator[Problem]:
        """Yield the errors."""
        for line in messages.splitlines()[:MAX_LINES]:
            error = ERROR.match(line)
            if error is not None and not error["message"].startswith("too many errors"):
                yield self._problem(self._path(error["path"]), int(error["line"]), error["message"].strip())
            elif NOT_GO.search(line):
                yield Problem("", 0, line.strip(), "cgo", "module")

    def _problem(self, path: str, line: int, message: str) -> Problem:
        if found := PACKAGE.match(message):
            return self._package_missing(path, line, message, next(filter(None, found.groups())))
        if found := UNDEFINED.match(message) or LACKING.search(message):
            return self._name_missing(path, line, message, found["name"])
        if message.startswith("undefined: ") and path not in self._package:
            return Problem(path, line, message, message.removeprefix("undefined: "), "standard")
        if self._is_passage and (found := UNUSED.match(message)):
            # The package main without a main function is to be followed by something, which may use the import.
            return Problem(path, line, message, found["name"], "standard")
        return Problem(path, line, message)

    def _package_missing(self, path: str, line: int, message: str, name: str) -> Problem:
        """Tell packages that this environment lacks from those that the standard library would have to have."""
        message = f"there is no package {name} in the standard library" if is_standard(name) else message
        if name == "C":
            return Problem(path, line, message, "cgo", "module")
        if not is_standard(name) or self._is_own(name):
            return Problem(path, line, message, name, "module")
        code = self._package.get(path)
        if code is None or name not in {imported.path for imported in code.imports}:
            return Problem(self._tests(), line, message, name, "standard")
        return Problem(path, line, message)

    def _name_missing(self, path: str, line: int, message: str, name: str) -> Problem:
        """Tell names that nothing defines from those that another file of the package may."""
        code = self._package.get(path)
        is_package = name in PACKAGES and (code is None or code.uses(name))
        if code is None:
            return Problem(path, line, message, name, "standard" if is_package else "name")
        if self._is_part and not is_package:
            return Problem(path, line, message, f"the rest of the package {code.package}", "module")
        # Without a package clause it is a passage to be put where its imports are.
        return Problem(path, line, message, name, "standard" if is_package and not code.package else "name")

    def _is_own(self, package: str) -> bool:
        """Say whether a package would be one of the candidate's own module."""
        modules = (file.content for file in self._candidate.files if PurePosixPath(file.path).name == "go.mod")
        names = (re.search(rb"^module\s+([^\s/]+)", content, re.MULTILINE) for content in modules)
        return any(package.partition("/")[0].encode() == name[1] for name in names if name)

    def _path(self, shown: str) -> str:
        """Return the path that the caller knows a file by."""
        return own_path(self._candidate, shown) or (self._tests() if TESTS_NAME in shown else shown)

    def _tests(self) -> str:
        return tests_path(self._candidate, self._suite) if self._suite else ""


def own_path(candidate: Candidate, shown: str) -> str:
    """Return the path of the candidate's file that the compiler, or a panic, means; empty where it is none of them."""
    shown = shown.removeprefix("./").removeprefix("/work/")
    paths = [file.path for file in (*candidate.files, *candidate.context_files)]
    known = {path.replace("_test.go", ".go"): path for path in paths} | {path: path for path in paths}
    ends = [path for plain, path in known.items() if plain.endswith(f"/{shown}")]
    return known.get(shown) or (ends[0] if len(set(ends)) == 1 else "")


def _is_whole(candidate: Candidate) -> bool:
    """
    Say whether a candidate without tests is all of its package: one file that answers a specification.

    Of others, files of the same package may not have been submitted; they may define what is missing.
    """
    return len(candidate.files) == 1 and not candidate.context_files and bool(candidate.specification.strip())
