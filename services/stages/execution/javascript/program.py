"""The program of a run: the code, its tests and the harness, as the sandbox of each language takes them."""

import json
import posixpath
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assay.stage import Candidate, SourceFile, TestSuite

from services.stages.execution.plan import Program

from .apart import Tests
from .preparation import Code

HARNESS = Path(__file__).parent / "harness"


@dataclass(frozen=True, slots=True)
class Names:
    """
    What is new in every run, so that nobody can know it before.

    :param harness: By which name the tests know the harness.
    :param nonce: What the report's lines begin with.
    """

    harness: str
    nonce: str


def names() -> Names:
    """Return new names."""
    return Names(f"assay_{secrets.token_hex(4)}", secrets.token_hex(16))


def entry_text(candidate: Candidate) -> str:
    """Return the entry point's text."""
    return candidate.entry().content.decode(errors="replace")


def first_test_line(candidate: Candidate) -> int:
    """Return the line of the entry point at which tests stand that are appended, from 1."""
    return entry_text(candidate).count("\n") + 2


def program(candidate: Candidate, suite: TestSuite | None, code: Code, tests: Tests | None, made: Names) -> Program:
    """
    Return the program of a run.

    In JavaScript the tests travel on standard input and are never a file. In TypeScript they are compiled together with
    the code, and the harness takes all of it away before the code is loaded.
    """
    beside = list(suite.files[1:]) if suite else []
    files = {file.path: file for file in (*beside, *candidate.context_files, *candidate.files)}
    job = {
        "nonce": made.nonce,
        "name": made.harness,
        "entry": candidate.entry().path,
        "module": code.is_module,
        "appended": bool(tests and tests.appended),
        "tests": suite.files[0].path if suite and tests and not tests.appended else "",
        "text": _text(tests, made) if tests else "",
        "modules": list(tests.modules) if tests else [],
        "waits": bool(tests and tests.waits),
        "restore": [],
    }
    place = _compiled if candidate.language == "typescript" else _interpreted
    return place(candidate, files, job, made)


def _text(tests: Tests, made: Names) -> str:
    """Return the tests' text, with what tells that the code before it is loaded."""
    text = f"{made.harness}.run(async () => {{{tests.text}\n}});" if tests.wrapped else tests.text
    return f"\n;{made.harness}.loaded();{text}\n" if tests.appended else text


def _interpreted(candidate: Candidate, files: dict[str, SourceFile], job: dict[str, object], made: Names) -> Program:
    folder = f".{made.harness}"
    main = SourceFile(f"{folder}/main.cjs", b'require("./session.cjs").start(require("./load.cjs"));\n')
    harness = [SourceFile(f"{folder}/{name}", content) for name, content in _harness()]
    job["remove"] = [folder]
    stdin = json.dumps(job).encode()
    return Program((*files.values(), *harness, main), main.path, stdin, made.nonce)


def _compiled(candidate: Candidate, files: dict[str, SourceFile], job: dict[str, object], made: Names) -> Program:
    """Return a program whose main file is beside the entry point: a bundle knows one place for all of its files."""
    entry = candidate.entry()
    text, test = str(job.pop("text")), str(job["tests"])
    if job["appended"]:
        files[entry.path] = SourceFile(entry.path, (entry_text(candidate) + text).encode())
        job["restore"] = [[entry.path, entry.content.decode("latin1")]]
    elif test:
        files[test] = SourceFile(test, text.encode())
    folder = posixpath.dirname(entry.path)
    main = posixpath.join(folder, f".{made.harness}.ts")
    loads = f"candidate: () => import({_beside(entry.path, folder)})"
    if test:
        loads += f", tests: () => import({_beside(test, folder)})"
    source = f"const {{ start }} = require({_beside(f'.{made.harness}/session.cjs', folder)});\nstart({{ {loads} }});\n"
    harness = [SourceFile(f".{made.harness}/{name}", content) for name, content in _harness() if name != "load.cjs"]
    removed = [main, f".{made.harness}", ".build"]
    job["remove"] = [*removed, test] if test else removed
    stdin = json.dumps(job).encode()
    return Program((*files.values(), *harness, SourceFile(main, source.encode())), main, stdin, made.nonce)


def _beside(path: str, folder: str) -> str:
    found = posixpath.relpath(path, folder or ".")
    return json.dumps(found if found.startswith(".") and not found.startswith(".assay") else f"./{found}")


@cache
def _harness() -> tuple[tuple[str, bytes], ...]:
    return tuple((file.name, file.read_bytes()) for file in sorted(HARNESS.glob("*.cjs")))
