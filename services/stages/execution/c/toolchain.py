"""
C and C++: the tests stand at the end of the entry point, in its translation unit.

What tells that they came to their end is in a unit of its own (``start.c``), whose symbols a candidate cannot define
a second time. ``#line`` keeps paths and lines what the caller knows them by.
"""

import re
import secrets
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from assay.stage import Candidate, SourceFile, TestSuite
from assay.v1.sandbox_pb2 import ExecutionResult

from services.stages.execution.compiled_toolchain import (
    CannotRun,
    Failure,
    Problem,
    Program,
    Ran,
    as_submitted,
    tests_path,
)

from .messages import problems_in

HARNESS = Path(__file__).parent / "start.c"
NO_TESTS = b"int main(void) { return 0; }\n"
"""What runs where a candidate is only compiled."""

OTHER_SUFFIXES = {"c": (), "cpp": (".cc", ".cxx", ".c++", ".C")}
"""Suffixes of sources that the sandbox's command does not name: they get one that it does."""

CONTROL = (
    "if",
    "else",
    "for",
    "while",
    "do",
    "switch",
    "case",
    "default",
    "break",
    "continue",
    "return",
    "throw",
    "try",
)
"""Words that a macro of the candidate's must not change in the tests. Types may: "#define int long long" is in use."""

END = "static int assay_end_of_the_code(void);"
"""Stands behind the code's last line, and is an error there where a function is not closed."""

MAIN = re.compile(rb"\bmain(?=\s*\()")
EXIT = re.compile(rb"(?<![\w.>:])(?:::)?(?:std::)?exit(?=\s*\()")
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"(?:\./)?([^"\n]{1,512})"', re.MULTILINE)
THROWN = re.compile(
    r"^terminate called after throwing an instance of '([^'\n]{1,500})'(?:\n  what\(\):  ([^\n]*))?", re.MULTILINE
)
FAILED = re.compile(r" failed (\d{1,10}) ([^\t]{0,4096})\t(.*)")


class CFamily:
    """The toolchain of C or of C++; see :class:`services.stages.execution.compiled_toolchain.Toolchain`."""

    def __init__(self, language: str, suffix: str) -> None:
        self.language = language
        self._suffix = suffix

    def program(self, candidate: Candidate, suite: TestSuite | None, nonce: str) -> Program:
        """Return the entry point with the tests at its end, the other files, and what wraps main."""
        entry, name = candidate.entry(), secrets.token_hex(4)
        appended, start = b"", NO_TESTS
        if suite is not None:
            appended = self._tests(candidate, suite, f"assay_exit_{name}")
            start = f"#define EXIT_OF_THE_TESTS assay_exit_{name}\n".encode() + _harness()
        files = {file.path: file for file in (suite.files[1:] if suite else ())}
        files |= {file.path: self._source(file) for file in (*candidate.context_files, *candidate.files)}
        files[entry.path] = self._renamed(SourceFile(entry.path, _without_main(entry.content) + appended), always=True)
        wrapper = SourceFile(f".assay-{name}/start{self._suffix}", start)
        return Program((*files.values(), wrapper), files[entry.path].path, f"{nonce}\n".encode())

    def own_program(self, candidate: Candidate) -> Program:
        """Return the candidate as a program of its own."""
        program = as_submitted(candidate)
        entry = self._renamed(candidate.entry(), always=True).path
        files = (self._renamed(file, always=file.path == program.entry_point) for file in program.files)
        return Program(tuple(files), entry)

    def problems(self, candidate: Candidate, suite: TestSuite | None, messages: str) -> list[Problem]:
        """Return what GCC and the linker say."""
        is_part = suite is None and not any(MAIN.search(file.content) for file in candidate.files)
        return problems_in(messages, candidate, suite, is_part=is_part)

    def ran(self, candidate: Candidate, suite: TestSuite, result: ExecutionResult, nonce: str) -> Ran:
        """Return whether main returned 0, and the assertion or exception that ended it otherwise."""
        prefix = f"{nonce} "
        stdout = result.stdout.content.decode(errors="replace")
        told = [line.removeprefix(nonce) for line in stdout.split("\n") if line.startswith(prefix)]
        failures = tuple(_asserted(candidate, suite, told)) or tuple(_thrown(suite, result))
        ended = " ended" in told and not failures and result.exit_code == 0 and not result.HasField("signal")
        return Ran(ended, passed=int(ended), failures=failures)

    def _tests(self, candidate: Candidate, suite: TestSuite, leave: str) -> bytes:
        """
        Return the text of the tests as it is appended: macros of the candidate's own do not change its words.

        :param leave: The function that an exit of the tests' own becomes.
        """
        text = _without_include(suite.files[0].content, candidate.entry().path)
        if not MAIN.search(text):
            raise CannotRun("they have no main function")
        undefined = "".join(f"#undef {name}\n" for name in ("main", "NDEBUG", "assert", *CONTROL))
        linkage = 'extern "C" ' if self.language == "cpp" else ""
        declared = f"{linkage}__attribute__((noreturn)) void {leave}(int);\n"
        path = _literal(tests_path(candidate, suite))
        before = f'\n{END}\n{undefined}#include <assert.h>\n{declared}#line 1 "{path}"\n'
        return before.encode() + EXIT.sub(leave.encode(), text) + b"\n"

    def _source(self, file: SourceFile) -> SourceFile:
        """Return a file as it is compiled beside the entry point; what is not compiled stays as it is."""
        if PurePosixPath(file.path).suffix not in {self._suffix, *OTHER_SUFFIXES[self.language]}:
            return file
        return self._renamed(SourceFile(file.path, _without_main(file.content)))

    def _renamed(self, file: SourceFile, *, always: bool = False) -> SourceFile:
        """Return a file that is compiled under a path that the sandbox compiles; messages have its own."""
        suffix = PurePosixPath(file.path).suffix
        if suffix == self._suffix or not (always or suffix in OTHER_SUFFIXES[self.language]):
            return file
        return SourceFile(f"{file.path}{self._suffix}", f'#line 1 "{_literal(file.path)}"\n'.encode() + file.content)


C = CFamily("c", ".c")
CPP = CFamily("cpp", ".cpp")


def _without_main(text: bytes) -> bytes:
    """
    Return a source, line for line, whose main function is another function.

    The text is changed, since a macro before the first header would keep GCC from taking it precompiled.
    """
    return MAIN.sub(b"assay_main_of_the_candidate", text)


def _without_include(text: bytes, path: str) -> bytes:
    """Return tests that do not include the entry point once more: they stand at its end."""
    own = path.encode()
    return INCLUDE.sub(lambda found: b"" if found[1] == own else found[0], text)


def _literal(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"')


@cache
def _harness() -> bytes:
    return HARNESS.read_bytes()


def _asserted(candidate: Candidate, suite: TestSuite, told: list[str]) -> Iterator[Failure]:
    """Yield the assertion that failed: of the tests, or of the code itself."""
    for found in filter(None, map(FAILED.fullmatch, told)):
        line, path, statement = int(found[1]), found[2], found[3]
        if path == tests_path(candidate, suite):
            yield Failure(test_line=line, statement=statement)
        else:
            yield Failure(exception="a failed assertion", message=statement, path=path, line=line)
        return


def _thrown(suite: TestSuite, result: ExecutionResult) -> Iterator[Failure]:
    """Yield the exception that nothing caught; one whose message stands in the tests is their own way to fail."""
    found = THROWN.search(result.stderr.content.decode(errors="replace"))
    if found is None:
        return
    kind, message = found[1], (found[2] or "").strip()
    tests = suite.files[0].content.decode(errors="replace")
    if len(message) > 3 and (place := tests.find(message)) >= 0:
        yield Failure(message=message, test_line=tests.count("\n", 0, place) + 1)
    else:
        yield Failure(exception=kind, message=message)
