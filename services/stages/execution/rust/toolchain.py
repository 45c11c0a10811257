"""
Rust: the tests stand at the end of the entry point's file, so that they see what is private.

Functions marked ``#[test]`` are run one after another by a main function of ours, since the sandbox compiles programs;
other tests bring a main function of their own.
"""

import re
import secrets
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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

from .messages import Entry, panic, problems_in

HARNESS = Path(__file__).parent
NO_TESTS = b"#[allow(warnings)]\nfn main() {}\n"
"""What runs where a candidate is only compiled."""

EXIT = re.compile(rb"(?<![\w:])(?:std::)?process::exit(?=\s*\()")
STRICT = re.compile(rb"#!\[(?:deny|forbid)\(")
BARE = re.compile(rb"#!\[no_std\]")
MACHINE = re.compile(rb"#!\[no_main\]|#\[panic_handler\]")
MAIN = re.compile(
    rb"^(?P<before>(?:pub(?:\([^)\n]{0,100}\))?\s+)?(?:async\s+|unsafe\s+|const\s+)*fn\s+)main(?=\s*\()", re.MULTILINE
)
_BETWEEN = rb"(?:\s|#\[[^\]\n]{0,300}\]|//[^\n]{0,300}\n){0,50}"
TEST = re.compile(rb"#\[test\](?P<between>%b)(?P<head>(?:pub\s+)?fn\s+)(?P<name>\w+)(?=\s*\(\s*\))" % _BETWEEN)
PANICS = re.compile(rb"#\[should_panic[^\]\n]{0,300}\]")
ONLY_TESTS = re.compile(rb"#\[cfg\(test\)\]")
MACROS = ("assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne", "panic")
"""What the tests rest on: macros of the candidate's with these names are not theirs."""

ESCAPE = re.compile(r"\\(.)")
REPORT = re.compile(r" (?P<what>start|passed|failed) (?P<test>\w{1,500})(?:\t(?P<problem>.*))?")


class Rust:
    """See :class:`services.stages.execution.compiled_toolchain.Toolchain`."""

    language = "rust"

    def program(self, candidate: Candidate, suite: TestSuite | None, nonce: str) -> Program:
        """Return the entry point with the tests, and what runs and wraps them, at its end."""
        entry = candidate.entry()
        if MACHINE.search(entry.content):
            raise CannotRun("the code is for a machine without an operating system")
        text = NO_TESTS if suite is None else _tests_text(suite) + b"\n" + _harness("start.rs")
        # Under names that no candidate can know.
        text = _candidate_text(entry) + text.replace(b"assay_", f"assay_{secrets.token_hex(4)}_".encode())
        files = {file.path: file for file in (suite.files[1:] if suite else ())}
        files |= {file.path: file for file in (*candidate.context_files, *candidate.files)}
        files[entry.path] = SourceFile(entry.path, text)
        return Program(tuple(files.values()), entry.path, f"{nonce}\n".encode())

    def own_program(self, candidate: Candidate) -> Program:
        """Return the candidate as a program of its own."""
        return as_submitted(candidate)

    def problems(self, candidate: Candidate, suite: TestSuite | None, messages: str) -> list[Problem]:
        """Return what rustc says."""
        return problems_in(messages, _entry(candidate, suite))

    def ran(self, candidate: Candidate, suite: TestSuite, result: ExecutionResult, nonce: str) -> Ran:
        """Return which tests passed, or whether main returned 0, and the panics that ended them otherwise."""
        stdout = result.stdout.content.decode(errors="replace")
        told = [line.removeprefix(nonce) for line in stdout.split("\n") if line.startswith(f"{nonce} ")]
        entry = _entry(candidate, suite)
        names = [found["name"].decode() for found in TEST.finditer(suite.files[0].content)]
        ended = " ended" in told and not result.HasField("signal") and result.exit_code == 0
        if names:
            return _tested(told, entry, len(names), ended=ended)
        failure = None if ended else panic(result.stderr.content.decode(errors="replace"), entry)
        return Ran(ended, passed=int(ended), failures=(failure,) if failure else ())


RUST = Rust()


def _tested(told: list[str], entry: Entry, planned: int, *, ended: bool) -> Ran:
    reports = [found for found in map(REPORT.fullmatch, told) if found]
    passed = len({found["test"] for found in reports if found["what"] == "passed"})
    failures = tuple(_failures(reports, entry))
    complete = ended and passed + len(failures) == planned
    last = reports[-1] if reports else None
    under_way = last["test"] if last and last["what"] == "start" else ""
    return Ran(complete, planned, passed=min(passed, planned), failures=failures, under_way=under_way)


def _failures(reports: list[re.Match[str]], entry: Entry) -> Iterator[Failure]:
    """Yield the tests that failed, each with its panic, where it had one."""
    for report in reports:
        if report["what"] == "failed":
            said = ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], report["problem"] or "")
            yield panic(said, entry, report["test"]) or Failure(report["test"], said)


def _entry(candidate: Candidate, suite: TestSuite | None) -> Entry:
    entry = candidate.entry()
    lines = _candidate_text(entry).count(b"\n") + (_prelude().count(b"\n") if suite else 0)
    return Entry(entry.path, lines, tests_path(candidate, suite) if suite else "")


def _candidate_text(entry: SourceFile) -> bytes:
    """Return the entry point, line for line, without a main function of its own and without refusing warnings."""
    text = STRICT.sub(b"#![warn(", BARE.sub(b"", entry.content))
    return MAIN.sub(rb"#[allow(dead_code)] \g<before>assay_main_of_the_candidate", text) + b"\n"


def _tests_text(suite: TestSuite) -> bytes:
    """Return the tests, line for line, and a main function that runs those that are marked."""
    text = EXIT.sub(b"crate::assay_start::leave", suite.files[0].content)
    if TEST.search(text):
        return _prelude() + TEST.sub(_registered, ONLY_TESTS.sub(b"", text)) + b"\n" + _harness("tests.rs")
    if not MAIN.search(text):
        raise CannotRun("they have no main function and mark no function as a test")
    return _prelude() + text + b"\n"


def _registered(found: re.Match[bytes]) -> bytes:
    """Return a marked function behind what makes it known to the one that runs it."""
    name, panics = found["name"].decode(), "true" if PANICS.search(found["between"]) else "false"
    static = (
        f'#[used] #[link_section = "assay_tests"] static ASSAY_{name.upper()}: crate::assay_tests::Test = '
        f'crate::assay_tests::Test {{ name: "{name}", panics: {panics}, run: || crate::assay_tests::told({name}()) }}; '
    )
    return PANICS.sub(b"", found["between"]) + static.encode() + found["head"] + found["name"]


@cache
def _prelude() -> bytes:
    forms = " ".join(
        f"#[allow(unused_macros)] macro_rules! {name} {{ ($($t:tt)*) => {{ ::std::{name}!($($t)*) }} }}"
        for name in MACROS
    )
    return forms.encode() + b"\n"


@cache
def _harness(name: str) -> bytes:
    return (HARNESS / name).read_bytes()
