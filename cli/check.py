"""`assay check`: whether files are authentic, each one candidate with the modules it imports as its context."""

import asyncio
import sys
import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import grpc.aio
from assay.client import error_from_rpc
from assay.errors import UnknownStage
from assay.v1 import candidate_pb2, validation_pb2

from cli.candidates import Framing, candidate_of, specification_of, suites_of
from cli.checked import Checked, CheckedFile, Tally
from cli.progress import Progress
from cli.sources import STANDARD_INPUT, BadSource, Source, expand, read_standard_input
from cli.suite import run, suite

if TYPE_CHECKING:
    from assay.client import Suite

AT_ONCE = 4
"""Files under way at one time. Results are printed in the order of the files all the same."""

PLAIN_WIDTH = 120
"""Columns of a text report that does not go to a terminal."""

RUNNING_STAGE = "execution"
"""The stage that runs code, and so the one that --no-sandbox does without."""

DEFAULT_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What the caller said on the command line, as it was said."""

    paths: Sequence[str]
    specification: str = ""
    tests: Sequence[Path] = ()
    stages: Sequence[str] = ()
    sandbox: bool = True
    json: bool = False
    gateway: str = ""
    language: str = ""
    language_version: str = ""
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS


class Output(Protocol):
    """Takes results as they come."""

    def add(self, checked: Checked) -> None:
        """Take one."""

    def close(self, tally: Tally) -> None:
        """Take the sum of all."""


def check(options: CheckOptions) -> int:
    """
    Check files, print what was found, and return the exit status.

    :raises BadSource: The arguments do not go together, or a file of the specification or tests cannot be read.
    :raises assay.errors.AssayError: The suite cannot be had at all. What fails for one file is that file's result.
    """
    begin = time.monotonic()
    sources = expand(options.paths)
    framing = _framing(options, sources)
    tally = Tally()
    output = _output(options, brief=len(sources) > 1)
    run(_check_all(options, sources, framing, output, tally))
    tally.seconds = time.monotonic() - begin
    output.close(tally)
    return tally.exit_status


def _framing(options: CheckOptions, sources: Sequence[Source]) -> Framing:
    if options.tests and len(sources) > 1:
        raise BadSource(f"--tests: tests belong to one file, and the paths mean {len(sources)} files")
    if any(source.path is None for source in sources) and not options.language:
        raise BadSource("-: the language of standard input cannot be told; say it with --language")
    return Framing(
        language=options.language,
        language_version=options.language_version,
        specification=specification_of(options.specification),
        tests=suites_of(options.tests),
        deep=options.sandbox and (not options.stages or RUNNING_STAGE in options.stages),
        standard_input=read_standard_input() if STANDARD_INPUT in options.paths else b"",
    )


def _output(options: CheckOptions, *, brief: bool) -> Output:
    if options.json:
        from cli.json_report import JsonReport

        return JsonReport(sys.stdout)
    from rich.console import Console

    from cli.report import Report

    # Rich takes 80 columns where there is no terminal to ask.
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Report(Console(highlight=False, emoji=False, markup=False, width=width), brief=brief)


async def _check_all(
    options: CheckOptions, sources: Sequence[Source], framing: Framing, output: Output, tally: Tally
) -> None:
    progress = Progress(len(sources))
    async with suite(options.gateway, sandbox=options.sandbox, at_once=min(AT_ONCE, len(sources))) as client:
        policy = await _policy(client, options)
        progress.show(0, sources[0].name)
        async with aclosing(_results(client, sources, framing, policy, options.timeout_seconds)) as results:
            async for checked in results:
                progress.clear()
                tally.add(checked)
                output.add(checked)
                if (done := tally.files) < len(sources):
                    progress.show(done, sources[done].name)


async def _policy(client: "Suite", options: CheckOptions) -> validation_pb2.ValidationPolicy:
    """
    Return the policy that the options mean.

    Where the options depend on it, the suite is asked for its stages first, so that a suite that cannot be reached or a
    stage that it does not have is said once, not for every file.
    """
    if not (options.gateway or options.stages):
        return validation_pb2.ValidationPolicy()
    request = validation_pb2.ListValidationStagesRequest()
    answer = await client.validation.ListValidationStages(request, timeout=min(options.timeout_seconds, 30.0))
    known = [entry.stage.name for entry in answer.stages]
    for name in options.stages:
        if name not in known:
            raise UnknownStage("--stages", f"there is no stage {name!r}; there are {', '.join(known)}")
    if options.gateway and not options.sandbox:
        # Whether a running suite has a sandbox is not ours to say; what it would run there is.
        return validation_pb2.ValidationPolicy(stages=(set(options.stages) or set(known)) - {RUNNING_STAGE})
    return validation_pb2.ValidationPolicy(stages=options.stages)


async def _results(
    client: "Suite",
    sources: Sequence[Source],
    framing: Framing,
    policy: validation_pb2.ValidationPolicy,
    seconds: float,
) -> AsyncGenerator[Checked, None]:
    """Yield the results in the order of the sources, of which at most AT_ONCE are in memory and under way."""
    under_way: deque[asyncio.Task[Checked]] = deque()
    try:
        for source in sources:
            if len(under_way) == AT_ONCE:
                yield await under_way.popleft()
            under_way.append(asyncio.create_task(_check_one(client, source, framing, policy, seconds)))
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _check_one(
    client: "Suite", source: Source, framing: Framing, policy: validation_pb2.ValidationPolicy, seconds: float
) -> Checked:
    try:
        candidate = await asyncio.to_thread(candidate_of, source, framing)
    except BadSource as error:
        return Checked(source.name, reason="SOURCE", message=str(error))
    request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
    try:
        answer = await client.validation.Validate(request, timeout=seconds)
    except grpc.aio.AioRpcError as error:
        failure = error_from_rpc(error)
        return Checked(source.name, reason=failure.reason, message=failure.message)
    return Checked(source.name, answer.validation, files=_files(source, candidate))


def _files(source: Source, candidate: candidate_pb2.Candidate) -> dict[str, CheckedFile]:
    beside = (*(file for tests in candidate.tests for file in tests.files), *candidate.context_files)
    files = {file.path: CheckedFile(file.path, file.content) for file in beside}
    return files | {file.path: CheckedFile(source.name, file.content) for file in candidate.files}
