"""`assay run`: one program in the sandbox, as if it ran here."""

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.languages import of_path
from assay.v1 import sandbox_pb2

from cli.artifacts import write_artifacts
from cli.languages import known_to, of_file
from cli.limits import LimitOptions, limits_of
from cli.live import run_live
from cli.outcomes import compiler_output, said_of, say, status_of
from cli.programs import ProgramFiles, environment_of, read_program
from cli.running_suite import RunningSuite
from cli.sources import BadSource, read_standard_input
from cli.standard import write
from cli.suite import run as run_work
from cli.suite import suite

if TYPE_CHECKING:
    from assay.client import Suite

MAX_STDIN_BYTES = 16 * 1024 * 1024

CALL_SECONDS = 600.0
"""The deadline of the whole call, waiting and preparing included. The program's own limits are far below."""

_PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the caller said on the command line, as it was said."""

    file: Path
    arguments: Sequence[str] = ()
    json: bool = False
    verbose: bool = False
    limits: LimitOptions = field(default_factory=LimitOptions)
    environment: Sequence[str] = ()
    beside: Sequence[Path] = ()
    artifacts: Sequence[str] = ()
    artifacts_dir: Path | None = None
    gateway: RunningSuite | None = None
    language: str = ""


def run(options: RunOptions) -> int:
    """
    Run a program, hand on what it writes as it comes, and return the exit status.

    :raises BadSource: A file cannot be read, or an option makes no sense.
    :raises assay.errors.AssayError: The sandbox could not run it.
    :raises BrokenPipeError: Nobody reads what the program writes.
    """
    if options.artifacts and not options.artifacts_dir and not options.json:
        raise BadSource("--artifacts: say where to put them with --artifacts-dir, or ask for --json")
    request = sandbox_pb2.ExecuteRequest(
        arguments=options.arguments,
        environment=environment_of(options.environment),
        limits=limits_of(options.limits),
        artifact_globs=options.artifacts,
    )
    files = read_program(options.file, options.beside)
    if options.json:
        request.stdin = _standard_input()
    result = run_work(_execute(options, request, files))
    status = status_of(result)
    if options.json:
        print(json.dumps(_as_json(result, status), indent=2))  # noqa: T201 this is the command's output
    elif said := said_of(result):
        say(said)
    if options.artifacts_dir is not None:
        write_artifacts(result, options.artifacts_dir)
    return status


async def _execute(
    options: RunOptions, request: sandbox_pb2.ExecuteRequest, files: ProgramFiles
) -> sandbox_pb2.ExecutionResult:
    async with suite(options.gateway) as client:
        language = await _language(client, options)
        request.language = language.name
        request.files.extend(files.for_language(language))
        if options.json:
            return (await client.sandbox.Execute(request, timeout=CALL_SECONDS)).result
        result = await run_live(client, request, seconds=CALL_SECONDS, verbose=options.verbose)
        if result.outcome == sandbox_pb2.OUTCOME_COMPILE_ERROR:
            await write(sys.stderr, "standard error", compiler_output(result.compilation))
        return result


async def _language(client: "Suite", options: RunOptions) -> sandbox_pb2.Language:
    """
    Return the language that was named, or that the file's suffix tells.

    A suffix that the contract itself knows needs no list of the service, which may first have to ask for its images.
    """
    if not options.language and (name := of_path(options.file.name)):
        return sandbox_pb2.Language(name=name)
    return of_file(await known_to(client), options.file, options.language)


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return b""
    with _told_after(_PATIENCE_SECONDS, "assay: waiting for the end of standard input; </dev/null gives none"):
        try:
            return read_standard_input(MAX_STDIN_BYTES)
        except BadSource as error:
            raise BadSource(f"standard input: {error}") from None


@contextmanager
def _told_after(seconds: float, message: str) -> Iterator[None]:
    timer = threading.Timer(seconds, lambda: print(message, file=sys.stderr))  # noqa: T201 this is what the command says
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _as_json(result: sandbox_pb2.ExecutionResult, status: int) -> dict[str, Any]:
    """
    Return the document of `--json`.

    `result` is `assay.v1.ExecutionResult` in protobuf's JSON mapping with the fields' own names, so bytes are base64;
    `stdout`, `stderr` and `compiler`, which is what a compiler wrote, are the same bytes as text, U+FFFD for what is no
    UTF-8.
    """
    from google.protobuf.json_format import MessageToDict

    return {
        "exit_status": status,
        "stdout": result.stdout.content.decode("utf-8", "replace"),
        "stderr": result.stderr.content.decode("utf-8", "replace"),
        "compiler": compiler_output(result.compilation).decode("utf-8", "replace"),
        "result": MessageToDict(result, preserving_proto_field_name=True, always_print_fields_with_no_presence=True),
    }
