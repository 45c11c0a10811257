"""`assay batch`: one program on many inputs."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assay.errors import AssayError
from assay.v1 import checker_pb2, sandbox_pb2

from cli import exits
from cli.batch_report import JsonBatch, TextBatch
from cli.cases import read_cases
from cli.languages import known_to, of_file
from cli.limits import LimitOptions, limits_of
from cli.programs import ProgramFiles, environment_of, read_program
from cli.running_suite import RunningSuite
from cli.sources import BadSource
from cli.suite import run, suite

if TYPE_CHECKING:
    from assay.client import Suite

CALL_SECONDS = 600.0
"""The deadline of the whole call: the longest that a suite takes one for unless its settings say otherwise."""

TOLERANCE = 1e-6
"""Of `--checker floats`, absolute and relative, where none is said."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What the caller said on the command line, as it was said."""

    file: Path
    cases: Path
    checker: str = "exact"
    stop: bool = False
    json: bool = False
    limits: LimitOptions = field(default_factory=LimitOptions)
    environment: Sequence[str] = ()
    beside: Sequence[Path] = ()
    gateway: RunningSuite | None = None
    language: str = ""


class Output(Protocol):
    """Takes what happens as it comes."""

    def compiled(self, compilation: sandbox_pb2.Compilation) -> None:
        """Take what compiling did."""

    def add(self, case: sandbox_pb2.CaseResult) -> None:
        """Take the result of a case."""

    def close(self, summary: sandbox_pb2.BatchSummary, status: int) -> None:
        """Take the sum of all, and the exit status."""


def batch(options: BatchOptions) -> int:
    """
    Run a program on many inputs, print what each did as it comes, and return the exit status.

    :raises BadSource: A file cannot be read or used, or an option makes no sense.
    :raises assay.errors.AssayError: The sandbox could not run it.
    """
    limits, environment = limits_of(options.limits), environment_of(options.environment)
    program = sandbox_pb2.ExecuteRequest(environment=environment, limits=limits)
    request = sandbox_pb2.ExecuteBatchRequest(
        program=program, cases=read_cases(options.cases), stop_at_first_failure=options.stop
    )
    files = read_program(options.file, options.beside)
    checker = _checker(options.checker)
    output: Output = JsonBatch(sys.stdout) if options.json else TextBatch([case.name for case in request.cases])
    return run(_run(options, request, files, checker, output))


async def _run(
    options: BatchOptions,
    request: sandbox_pb2.ExecuteBatchRequest,
    files: ProgramFiles,
    checker: checker_pb2.Checker | ProgramFiles,
    output: Output,
) -> int:
    async with suite(options.gateway) as client:
        known = await known_to(client)
        language = of_file(known, options.file, options.language)
        request.program.language = language.name
        request.program.files.extend(files.for_language(language))
        if isinstance(checker, ProgramFiles):
            language = of_file(known, checker.path)
            request.checker.program.language = language.name
            request.checker.program.files.extend(checker.for_language(language))
        else:
            request.checker.CopyFrom(checker)
        return await _follow(client, request, output)


async def _follow(client: "Suite", request: sandbox_pb2.ExecuteBatchRequest, output: Output) -> int:
    async for response in client.sandbox.ExecuteBatch(request, timeout=CALL_SECONDS):
        match response.WhichOneof("event"):
            case "compiled":
                output.compiled(response.compiled)
            case "case_result":
                output.add(response.case_result)
            case "summary":
                status = status_of(response.summary)
                output.close(response.summary, status)
                return status
    raise AssayError("the suite ended the batch without a summary")


def status_of(summary: sandbox_pb2.BatchSummary) -> int:
    """Return the exit status: 0 where all passed or were not checked, 1 where one failed or none was run, else 2."""
    if summary.undecided and not summary.failed:
        return exits.UNDETERMINED
    return 1 if summary.failed or summary.skipped else 0


def _checker(said: str) -> checker_pb2.Checker | ProgramFiles:
    """Return how outputs are compared; the files of a program where one decides."""
    name, _, rest = said.partition(":")
    match name:
        case "exact" if not rest:
            return checker_pb2.Checker(exact=checker_pb2.ExactChecker())
        case "space" if not rest:
            return checker_pb2.Checker(ignore_trailing_space=checker_pb2.TrailingSpaceChecker())
        case "tokens" if not rest:
            return checker_pb2.Checker(tokens=checker_pb2.TokenChecker())
        case "floats":
            return checker_pb2.Checker(floats=_floats(said, rest))
    try:
        return read_program(Path(said))
    except BadSource as error:
        raise BadSource(f"--checker {error}; the others are exact, space, tokens and floats") from None


def _floats(said: str, tolerances: str) -> checker_pb2.FloatChecker:
    if not tolerances:
        return checker_pb2.FloatChecker(absolute=TOLERANCE, relative=TOLERANCE)
    absolute, _, relative = tolerances.partition(",")
    try:
        return checker_pb2.FloatChecker(absolute=float(absolute), relative=float(relative or 0))
    except ValueError:
        raise BadSource(f"--checker {said}: it looks like floats:1e-6 or floats:1e-6,1e-9") from None
