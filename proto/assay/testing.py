"""
A conformance suite that any stage can be run through, built in or not.

    async def test_conformance(workers):
        assert await check_stage(stage, resources, candidates=python_candidates()) == []

It says what a stage does against the contract of :mod:`assay.stage`, as a list of sentences; whether the stage is right
about the code is not its business.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assay.errors import AssayError
from assay.stage import (
    Candidate,
    Finding,
    Location,
    SourceFile,
    Stage,
    StageFactory,
    StageResources,
    StageResult,
    StageStatus,
)

RUN_SECONDS = 60.0
"""How long one run may take."""

CANCEL_SECONDS = 5.0
"""How long a stage may go on after it was cancelled."""

MAX_MESSAGE = 1_000
"""Characters of a finding's message or suggestion."""

MAX_EVIDENCE = 2_000
"""Characters of one value of a finding's evidence."""

LONG_LINE = 20
"""Characters from which on a line of code is told apart from words that could stand in any sentence."""

NAME = re.compile(r"[a-z][a-z0-9-]*")
RULE = re.compile(r"[a-z][a-z0-9-]*/[a-z0-9]([a-z0-9-]*[a-z0-9])?")
LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass
class Context:
    """A context for one run, which writes down what the stage reports; see :class:`assay.stage.StageContext`."""

    prior_results: Mapping[str, StageResult] = field(default_factory=dict)
    seconds_left: float = RUN_SECONDS
    findings: list[Finding] = field(default_factory=list)

    async def found(self, finding: Finding) -> None:
        """Write a finding down."""
        self.findings.append(finding)

    async def progress(self, message: str, fraction: float) -> None:
        """Pass over how far the run is."""


def python_candidates() -> tuple[Candidate, ...]:
    """Return candidates in Python that a stage must bear, from the ordinary to the hostile."""
    contents = {
        "ordinary": b"import os\n\n\ndef size(path):\n    return os.stat(path).st_size\n",
        "placeholder": b"def save(rows):\n    # TODO: Implement this\n    raise NotImplementedError('later')\n",
        "unknown import": b"import reqeusts_of_nobody\n\nreqeusts_of_nobody.get('x')\n",
        "empty": b"",
        "blank": b"\n \n\t\n",
        "no line end": b"x = 1",
        "windows": b"def f():\r\n    # TODO\r\n    pass\r\n",
        "old mac": b"x = 1\ry = 2\r",
        "byte order mark": b"\xef\xbb\xbfx = undefined_name\n",
        "wide characters": "größe = '\N{SNOWMAN}\N{MUSICAL SYMBOL G CLEF}'; # TODO \N{PILE OF POO}\n".encode(),
        "form feed": b"x = 1\n\x0c\ny = undefined_name\n",
        "other separators": "x = '\u2028\u0085'; y = undefined_name\n".encode(),
        "latin-1": b"# -*- coding: latin-1 -*-\nname = '\xe9'\n",
        "no text": bytes(range(256)) * 4,
        "NUL": b"x = 1\x00\n",
        "cut off": b"def f(a, b):\n    return [a for a in (b,\n",
        "fenced": b"```python\nprint('x')\n```\n",
        "no program": b"Sure! Here is the code you asked for, with all of its parts filled in.\n",
        "deep": b"x = " + b"(" * 2_000 + b"1" + b")" * 2_000 + b"\n",
        "deep blocks": b"".join(b" " * depth + b"if 1:\n" for depth in range(150)) + b" " * 150 + b"pass\n",
        "long line": b"x = '" + b"a" * 200_000 + b"'\n",
        "many lines": b"".join(b"value_%d = undefined_%d\n" % (n, n) for n in range(1_500)),
    }
    single = [_candidate(content) for content in contents.values()]
    several = (
        SourceFile("pkg/__init__.py", b"from .core import run\n"),
        SourceFile("pkg/core.py", b"def run():\n    ...  # TODO\n"),
        SourceFile("notes.txt", b"TODO: not a program\n"),
    )
    beside = (SourceFile("settings.py", b"import module_of_nobody\n# TODO\n"),)
    return (*single, Candidate(several, "python", "3.13", "pkg/core.py", context_files=beside))


def _candidate(content: bytes) -> Candidate:
    return Candidate((SourceFile("main.py", content),), "python", "3.13", "main.py")


async def check_stage(
    factory: StageFactory, resources: StageResources, *, candidates: Iterable[Candidate], name: str = ""
) -> list[str]:
    """
    Build a stage, take candidates through it and return what it does against the contract; empty where nothing.

    :param candidates: In languages that the stage can judge, for example :func:`python_candidates`.
    :param name: The name that the stage is registered by; empty: whichever it has.
    """
    async with factory(resources) as stage:
        problems = [*_identity(stage, name)]
        tried = list(candidates)
        for number, candidate in enumerate(tried):
            problems += [f"candidate {number}: {problem}" for problem in await _runs(stage, candidate)]
        if tried:
            problems += await _cancellation(stage, max(tried, key=_size))
    return problems


def _size(candidate: Candidate) -> int:
    return sum(len(file.content) for file in candidate.files)


def _identity(stage: Stage, name: str) -> Iterator[str]:
    if not NAME.fullmatch(stage.name):
        yield f"the name {stage.name!r} is not lower-case words joined by hyphens"
    if name and stage.name != name:
        yield f"it is registered as {name!r} and calls itself {stage.name!r}"
    if not stage.version:
        yield "it has no version"
    if not stage.description.strip() or "\n" in stage.description:
        yield "its description is not one line of text"
    if any(language != language.lower() or not language for language in stage.languages):
        yield "its languages are not all in lower case"
    if stage.name in stage.requires:
        yield "it requires itself"


async def _runs(stage: Stage, candidate: Candidate) -> list[str]:
    results: list[StageResult | str] = []
    problems: list[str] = []
    for _ in range(2):
        context = Context()
        try:
            async with asyncio.timeout(RUN_SECONDS):
                result = await stage.run(candidate, context)
        except TimeoutError:
            return [*problems, f"it took longer than {RUN_SECONDS:g} s"]
        except AssayError as error:
            results.append(error.message)
            problems += _quoted([error.message], candidate, most=0)
        except Exception as error:  # noqa: BLE001  # any exception at all is what is looked for
            return [*problems, f"it raised {type(error).__name__}, which is no error of the suite"]
        else:
            results.append(replace(result, seconds=0.0, details={}))
            problems += _result(stage, candidate, result, context)
    if results[0] != results[1]:
        problems.append("the same candidate had two different results")
    return list(dict.fromkeys(problems))


def _result(stage: Stage, candidate: Candidate, result: StageResult, context: Context) -> Iterator[str]:
    if (result.status is StageStatus.COMPLETED) == bool(result.reason):
        yield f"a result of status {result.status.name} has the reason {result.reason!r}"
    yield from _quoted([result.reason], candidate, most=0)
    for finding in context.findings:
        if finding not in result.findings:
            yield f"the finding {finding.rule_id} was reported and does not stand in the result"
    for finding in result.findings:
        yield from (f"{finding.rule_id}: {problem}" for problem in _finding(stage, candidate, finding))


def _finding(stage: Stage, candidate: Candidate, finding: Finding) -> Iterator[str]:
    if not RULE.fullmatch(finding.rule_id) or finding.rule_id.split("/")[0] != stage.name:
        yield f"the rule is not named {stage.name}/words-joined-by-hyphens"
    if not 0 <= finding.confidence <= 1:
        yield "its confidence is not from 0 to 1"
    for text in (finding.message, finding.suggestion):
        if LINE_END.search(text) or len(text) > MAX_MESSAGE:
            yield f"a text is not one line of at most {MAX_MESSAGE} characters"
    if not finding.message.strip():
        yield "it has no message"
    if any(len(value) > MAX_EVIDENCE for value in finding.evidence.values()):
        yield f"its evidence has a value of more than {MAX_EVIDENCE} characters"
    yield from _quoted([finding.message, finding.suggestion], candidate, most=1)
    if finding.location is not None:
        yield from _location(candidate, finding.location)
    for fix in finding.fixes:
        yield from (f"fix: {problem}" for edit in fix.edits for problem in _location(candidate, edit.range))


def _location(candidate: Candidate, location: Location) -> Iterator[str]:
    suites = [file for suite in candidate.tests for file in suite.files]
    file = next((file for file in (*candidate.files, *suites) if file.path == location.path), None)
    if file is None:
        yield f"{location.path!r} is not one of the files"
        return
    start = location.start_line, location.start_column
    end = location.end_line, location.end_column
    lines = _lines(file)
    if min(*start, *end) < 1 or start > end:
        yield f"its range {start} to {end} is none"
    elif not _within(lines, start) or not _within(lines, end):
        yield f"its range {start} to {end} leaves the file"


def _lines(file: SourceFile) -> list[str] | int:
    """Return the lines of a file, or how many there are where its bytes are no text whose characters can be counted."""
    try:
        return LINE_END.split(file.content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return len(LINE_END.split(file.content.decode("latin-1")))


def _within(lines: list[str] | int, position: tuple[int, int]) -> bool:
    line, column = position
    if isinstance(lines, int):
        return line <= lines
    return line <= len(lines) and column <= len(lines[line - 1]) + 1


def _quoted(texts: Sequence[str], candidate: Candidate, *, most: int) -> Iterator[str]:
    """Say so where texts quote more lines of the code than they may."""
    told = "\n".join(texts)
    if len(told) < LONG_LINE:
        return
    lines = {
        line.strip()
        for file in candidate.files
        for line in LINE_END.split(file.content.decode(errors="replace"))
        if len(line.strip()) >= LONG_LINE
    }
    if sum(line in told for line in lines) > most:
        yield f"a text quotes more than {most} lines of the submitted code"


async def _cancellation(stage: Stage, candidate: Candidate) -> list[str]:
    problems = []
    for after in (0.0, 0.02, 0.2):
        task = asyncio.ensure_future(stage.run(candidate, Context()))
        await asyncio.wait({task}, timeout=after)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=CANCEL_SECONDS)
        if not done:
            problems.append(f"it went on for {CANCEL_SECONDS:g} s after it was cancelled")
            break
        await asyncio.gather(task, return_exceptions=True)
    return problems
