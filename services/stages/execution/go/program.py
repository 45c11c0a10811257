"""
What goes into the sandbox for a candidate in Go.

The tests run inside the candidate's package. It becomes the package main, whatever it was called, with a main function
of ours (``harness``) instead of its own. Lines stay what they were, so that the compiler and panics name the caller's.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

from assay.stage import Candidate, SourceFile, TestSuite

from services.stages.execution.compiled_toolchain import CannotRun, Program
from services.stages.execution.go.source import GoFile, Import
from services.stages.execution.go.standard import is_standard
from services.stages.execution.masking import MAX_BYTES

HARNESS = Path(__file__).parent / "harness"
TESTS_NAME = "assay-tests.go"
"""What the tests are called in messages of the compiler and of panics."""

FOR_TESTS = {
    "testing": "TB",
    "github.com/stretchr/testify/assert": "TestingT",
    "github.com/stretchr/testify/mock": "Mock",
    "github.com/stretchr/testify/require": "TestingT",
    "github.com/stretchr/testify/suite": "Suite",
}
"""Packages that only tests use, and a type of each. Code that imports them for tests in the same file is no worse."""


def program(candidate: Candidate, suite: TestSuite | None, nonce: str) -> Program:
    """
    Return the program of a run; see :class:`services.stages.execution.compiled_toolchain.Toolchain`.

    :raises CannotRun: The suite has no tests that can be run here, or there is too much of the code.
    """
    _check_size(candidate, suite)
    token = hashlib.sha256(nonce.encode()).hexdigest()[:16]
    files = {file.path: _beside(file) for file in suite.files[1:]} if suite else {}
    files |= {file.path: file for file in candidate.context_files}
    files |= {file.path: file for file in candidate.files}
    files |= {file.path: SourceFile(file.path, _code(file, token).content) for file in package_files(candidate)}
    folder = _folder(candidate.entry())
    entry = SourceFile(PurePosixPath(candidate.entry().path).name, files.pop(candidate.entry().path).content)
    if suite:
        tests = _with_exit(tests_of(candidate, suite), token)
        harness = {"0assay.go": "report.go", "0assayrun.go": "program.go" if is_program(tests) else "tests.go"}
        added = [*_with_tests(entry, tests.with_main_called(f"tests{token}")), *_harness(harness, token, tests.tests)]
    else:
        added = [entry, *_harness({"0assay.go": "nothing.go"}, token)]
    files |= {path: SourceFile(path, file.content) for file in added if (path := str(folder / _plain(file.path)))}
    return Program(tuple(files.values()), str(folder / "0assay.go"), f"{nonce}\n".encode())


def tests_of(candidate: Candidate, suite: TestSuite) -> GoFile:
    """
    Return the tests, as they stand inside the candidate's package: without an import of it, which others have.

    :raises CannotRun: They have nothing that can be run here.
    """
    tests = GoFile.of(suite.files[0].content)
    own = GoFile.of(candidate.entry().content).package
    if tests.declares("TestMain"):
        raise CannotRun("they have a TestMain function, which is not run here")
    if not tests.tests and not tests.has_main:
        raise CannotRun("they have neither a test function nor a main function")
    for imported in tests.imports:
        if own != "main" and imported.local_name == own and not is_standard(imported.path):
            return tests.without_import(imported)
    return tests


def _check_size(candidate: Candidate, suite: TestSuite | None) -> None:
    files = (*candidate.files, *candidate.context_files, *(suite.files if suite else ()))
    if sum(len(file.content) for file in files if file.path.endswith(".go")) > MAX_BYTES:
        raise CannotRun(f"there are more than {MAX_BYTES >> 20} MiB of code and tests")


def is_program(tests: GoFile) -> bool:
    """Say whether tests are a main function, which fails by a panic or an exit status."""
    return not tests.tests


def package_files(candidate: Candidate) -> Iterator[SourceFile]:
    """Yield the entry point and the files of its package."""
    entry = candidate.entry()
    package = GoFile.of(entry.content).package
    for file in (*candidate.files, *candidate.context_files):
        beside = file.path.endswith(".go") and not file.path.endswith("_test.go") and _folder(file) == _folder(entry)
        if file == entry or (beside and GoFile.of(file.content).package == package):
            yield file


def _code(file: SourceFile, token: str) -> GoFile:
    """Return a file of the candidate's package in the package main, without the errors that tests would mend."""
    code = GoFile.of(file.content).in_package("main").with_main_called(f"main{token}")
    return GoFile("\n".join([code.text, *_kept(code.imports)]))


def _kept(imports: tuple[Import, ...]) -> Iterator[str]:
    """Yield declarations by which imports for tests are in use."""
    for imported in imports:
        if imported.path in FOR_TESTS and imported.local_name not in {"_", "."}:
            yield f"var _ {imported.local_name}.{FOR_TESTS[imported.path]}\n"


def _with_exit(tests: GoFile, token: str) -> GoFile:
    """Return tests that are a program so that leaving with status 0 is told by them, and only by them."""
    if not is_program(tests) or not tests.uses("os"):
        return tests
    left = tests.with_calls("os.Exit", f"exit{token}")
    return GoFile(f"{left.text}\nvar _ = os.Exit\n")


def _with_tests(entry: SourceFile, tests: GoFile) -> list[SourceFile]:
    """Return the entry point's file with the tests at its end, or beside it where they are a file of their own."""
    line = f"//line {TESTS_NAME}:1\n"
    if tests.package:
        placed = f"{line}{tests.in_package('main').text}"
        return [entry, SourceFile("assaytests.go", GoFile(placed).content)]
    code = GoFile.of(entry.content)
    body = tests.without_header()
    header = "; ".join(f'import {name} "{path}"' for name, path in _needed(code, tests, body))
    code = code.after_package(header) if header else code
    return [SourceFile(entry.path, GoFile(f"{code.text}\n{line}{body.text}\n").content)]


def _needed(code: GoFile, tests: GoFile, body: GoFile) -> Iterator[tuple[str, str]]:
    """Yield the imports that tests without a package clause bring, or that every test needs, by name and path."""
    known = {imported.local_name for imported in code.imports}
    for imported in (*tests.imports, *(Import(path, "", (0, 0)) for path in FOR_TESTS)):
        name = imported.local_name
        if name in {"_", "."} or (name not in known and body.uses(name)):
            known.add(name)
            yield imported.name, imported.path


def _beside(file: SourceFile) -> SourceFile:
    """Return a further file of the tests: of Go in the candidate's package, under a name that is no test's."""
    if not file.path.endswith(".go"):
        return file
    return SourceFile(_plain(file.path), GoFile.of(file.content).in_package("main").content)


def _plain(path: str) -> str:
    """Return a path under which a file is compiled: the go command leaves tests out."""
    name = PurePosixPath(path).name
    return f"{path.removesuffix('_test.go')}.go" if name.endswith("_test.go") else path


def _folder(file: SourceFile) -> PurePosixPath:
    return PurePosixPath(file.path).parent


def _harness(names: dict[str, str], token: str, tests: tuple[str, ...] = ()) -> Iterator[SourceFile]:
    table = "".join(f'test{token}("{name}", {name}), ' for name in tests)
    for name, source in names.items():
        text = re.sub("TOKEN", token, _source(source)).replace("/* TESTS */", table)
        yield SourceFile(name, text.encode())


@cache
def _source(name: str) -> str:
    return (HARNESS / name).read_text(encoding="utf-8")
