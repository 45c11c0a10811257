"""
What goes into the sandbox for a candidate in Java.

The tests stand at the end of the entry point's file, where they see what it imports, or in a file of their own where
they name a package. A class of ours (``harness``) calls their main method.
"""

import hashlib
import re
from functools import cache
from pathlib import Path, PurePosixPath

from assay.stage import Candidate, SourceFile, TestSuite

from services.stages.execution.compiled_toolchain import CannotRun, Program
from services.stages.execution.java.source import JavaFile
from services.stages.execution.masking import MAX_BYTES

HARNESS = Path(__file__).parent / "harness"
UNIT = re.compile(r"(?:^|/)Assay[0-9a-f]{16}\.java$")
"""The path of the entry point's file, with what stands at its end, in messages of the compiler and in stack traces."""

OWN_UNIT = re.compile(r"(?:^|/)assay[0-9a-f]{16}/")
"""The folder of tests that are a file of their own."""


def program(candidate: Candidate, suite: TestSuite | None, nonce: str) -> Program:
    """
    Return the program of a run; see :class:`services.stages.execution.compiled_toolchain.Toolchain`.

    :raises CannotRun: The code, or the tests, are of a kind that cannot be run here.
    """
    token = hashlib.sha256(nonce.encode()).hexdigest()[:16]
    entry = candidate.entry()
    if len(entry.content) + (len(suite.files[0].content) if suite else 0) > MAX_BYTES:
        raise CannotRun(f"there are more than {MAX_BYTES >> 20} MiB of code and tests")
    code = JavaFile.of(entry.content)
    if not code.types:
        raise CannotRun("the code declares no type, so that it is no whole file")
    files = {file.path: file for file in (suite.files[1:] if suite else ())}
    files |= {file.path: file for file in (*candidate.context_files, *candidate.files)}
    del files[entry.path]
    if suite is None:
        unit = f"{code.text}\n{_harness('Nothing.java', token)}"
    else:
        tests = tests_of(suite)
        files |= _own_file(code, tests, token)
        unit = f"{_with_tests(code, tests, token).text}\n{_tests_harness(tests, token)}"
    path = str(PurePosixPath(entry.path).parent / f"Assay{token}.java")
    return Program((SourceFile(path, JavaFile(unit).content), *files.values()), path, f"{nonce}\n".encode())


def tests_of(suite: TestSuite) -> JavaFile:
    """
    Return the tests.

    :raises CannotRun: They have no main method.
    """
    tests = JavaFile.of(suite.files[0].content)
    if any(name.startswith(("org.junit", "junit.framework")) for name in tests.imports):
        raise CannotRun("JUnit is not in this environment")
    if not tests.main_type:
        raise CannotRun("they have no class with a main method")
    return tests


def appended_after(candidate: Candidate) -> int:
    """Return how many lines of the unit are the candidate's, where tests stand at its end."""
    return JavaFile.of(candidate.entry().content).text.count("\n") + 1


def _with_tests(code: JavaFile, tests: JavaFile, token: str) -> JavaFile:
    """
    Return the entry point with the tests at its end; a type that both declare is, in the code, another one.

    :raises CannotRun: The tests need both.
    """
    if tests.package:
        return code
    for name in {one.name for one in code.types} & {one.name for one in tests.types}:
        if not tests.has_all_of(name):
            raise CannotRun(f"they declare a type {name}, and call that of the code")
        code = code.with_name(name, f"{name}{token}")
    body = _with_exit(code, tests, token).without_header()
    return JavaFile(f"{code.with_imports(tests.header).text}\n{body.text}")


def _own_file(code: JavaFile, tests: JavaFile, token: str) -> dict[str, SourceFile]:
    if not tests.package:
        return {}
    path = f"assay{token}/{tests.public_type or tests.main_type}.java"
    return {path: SourceFile(path, _with_exit(code, tests, token).content)}


def _with_exit(code: JavaFile, tests: JavaFile, token: str) -> JavaFile:
    """Return tests that leave, where they would leave the program, only themselves."""
    ours = f"{code.package}.Assay{token}" if tests.package and code.package else f"Assay{token}"
    return tests.with_calls("System.exit", f"{ours}.exit")


def _tests_harness(tests: JavaFile, token: str) -> str:
    prefix = f"{tests.package}." if tests.package else ""
    types = ", ".join(f'"{prefix}{one.name}"' for one in tests.types)
    harness = _harness("Tests.java", token).replace("/* TYPES */", types)
    return re.sub(r"\bMAIN\b", f"{prefix}{tests.main_type}", harness)


def _harness(name: str, token: str) -> str:
    return _source(name).replace("TOKEN", token)


@cache
def _source(name: str) -> str:
    return (HARNESS / name).read_text(encoding="utf-8")
