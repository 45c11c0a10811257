"""`assay run`: one program in the sandbox, as if it ran here."""

import json
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.convert import duration_to_proto
from assay.errors import AssayError
from assay.languages import of_path
from assay.v1 import candidate_pb2, sandbox_pb2

from cli import exits
from cli.artifacts import write_artifacts
from cli.modules import context, import_roots
from cli.printable import printable
from cli.sources import BadSource, Source, read, read_standard_input
from cli.suite import run as run_work
from cli.suite import suite

MAX_STDIN_BYTES = 16 * 1024 * 1024

CALL_SECONDS = 600.0
"""The deadline of the whole call, waiting and preparing included. The program's own limits are far below."""

_PATIENCE_SECONDS = 3.0

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE = re.compile(r"(\d{1,15})([KMG]?)(?:I?B)?", re.IGNORECASE)

_LIMIT_STATUSES = {
    sandbox_pb2.OUTCOME_WALL_TIME_LIMIT: (exits.RUN_TIME_LIMIT, "it ran longer than the wall time limit allows"),
    sandbox_pb2.OUTCOME_CPU_TIME_LIMIT: (exits.RUN_TIME_LIMIT, "it used more CPU time than the limit allows"),
    sandbox_pb2.OUTCOME_MEMORY_LIMIT: (exits.RUN_LIMIT, "it used more memory than the limit allows"),
    sandbox_pb2.OUTCOME_PROCESS_LIMIT: (exits.RUN_LIMIT, "it wanted more processes than the limit allows"),
    sandbox_pb2.OUTCOME_OUTPUT_LIMIT: (exits.RUN_LIMIT, "it wrote more output than the hard limit allows"),
    sandbox_pb2.OUTCOME_DISK_LIMIT: (exits.RUN_LIMIT, "it filled its work directory"),
    sandbox_pb2.OUTCOME_COMPILE_ERROR: (exits.RUN_NOT_COMPILED, "it did not compile"),
}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the caller said on the command line, as it was said."""

    file: Path
    arguments: Sequence[str] = ()
    json: bool = False
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    memory: str = ""
    processes: int | None = None
    disk: str = ""
    output: str = ""
    environment: Sequence[str] = ()
    beside: Sequence[Path] = ()
    artifacts: Sequence[str] = ()
    artifacts_dir: Path | None = None
    gateway: str = ""
    language: str = ""


def run(options: RunOptions) -> int:
    """
    Run a program, hand on what it wrote, and return the exit status.

    :raises BadSource: A file cannot be read, or an option makes no sense.
    :raises assay.errors.AssayError: The sandbox could not run it.
    """
    if options.artifacts and not options.artifacts_dir and not options.json:
        raise BadSource("--artifacts: say where to put them with --artifacts-dir, or ask for --json")
    result = run_work(_execute(options, request_of(options)))
    status = status_of(result)
    if options.json:
        print(json.dumps(_as_json(result, status), indent=2))  # noqa: T201 this is the command's output
    else:
        _hand_on(result)
    if options.artifacts_dir is not None:
        write_artifacts(result, options.artifacts_dir)
    return status


def request_of(options: RunOptions) -> sandbox_pb2.ExecuteRequest:
    """Read what the run needs, standard input last, and return the request."""
    language = options.language or of_path(options.file.name)
    if not language:
        raise BadSource(f"{options.file}: its language cannot be told from its name; say it with --language")
    return sandbox_pb2.ExecuteRequest(
        language=language,
        files=_files(options, language),
        arguments=options.arguments,
        environment=dict(_pair(setting) for setting in options.environment),
        limits=_limits(options),
        artifact_globs=options.artifacts,
        stdin=_standard_input(),
    )


def _files(options: RunOptions, language: str) -> list[candidate_pb2.SourceFile]:
    path = options.file.absolute()
    found = {path.name: _read(options.file)}
    for other in options.beside:
        if other.name in found:
            raise BadSource(f"--file {other}: another file has the same name")
        found[other.name] = _read(other)
    if language == "python":
        roots = [path.parent, *import_roots(Source(path.name, path))]
        found = context(path, found[path.name], roots, deep=True) | found
    ordered = sorted(found, key=lambda name: name != path.name)
    return [candidate_pb2.SourceFile(path=name, content=found[name]) for name in ordered]


def _read(path: Path) -> bytes:
    try:
        return read(path)
    except BadSource as error:
        raise BadSource(f"{path}: {error}") from None


def _pair(setting: str) -> tuple[str, str]:
    name, separator, value = setting.partition("=")
    if not separator or not name:
        raise BadSource(f"--env {name}: this is not NAME=VALUE")
    return name, value


def _limits(options: RunOptions) -> sandbox_pb2.ExecutionLimits:
    limits = sandbox_pb2.ExecutionLimits(processes=options.processes)
    if options.wall_seconds is not None:
        limits.wall_time.CopyFrom(duration_to_proto(_seconds("--wall", options.wall_seconds)))
    if options.cpu_seconds is not None:
        limits.cpu_time.CopyFrom(duration_to_proto(_seconds("--cpu", options.cpu_seconds)))
    if options.memory:
        limits.memory_bytes = size_of("--memory", options.memory)
    if options.disk:
        limits.disk_bytes = size_of("--disk", options.disk)
    if options.output:
        limits.output_bytes = size_of("--output", options.output)
    return limits


def _seconds(option: str, seconds: float) -> float:
    if not 0 < seconds < 1e9:
        raise BadSource(f"{option}: the time must be above zero and finite")
    return seconds


def size_of(option: str, text: str) -> int:
    """
    Return the bytes that a size such as "64M" means; K, M and G are powers of 1,024.

    :raises BadSource: It is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise BadSource(f"{option} {text}: this is no size; sizes look like 65536, 512K, 256M or 1G")
    return int(match[1]) * _UNITS[match[2].upper()]


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


async def _execute(options: RunOptions, request: sandbox_pb2.ExecuteRequest) -> sandbox_pb2.ExecutionResult:
    async with suite(options.gateway) as client:
        answer = await client.sandbox.Execute(request, timeout=CALL_SECONDS)
        return answer.result


def status_of(result: sandbox_pb2.ExecutionResult) -> int:
    """
    Return the exit status that stands for a result.

    :raises AssayError: The result is none of the program's doing.
    """
    match result.outcome:
        case sandbox_pb2.OUTCOME_OK | sandbox_pb2.OUTCOME_NONZERO_EXIT:
            return result.exit_code
        case sandbox_pb2.OUTCOME_SIGNALED:
            return exits.SIGNALLED + result.signal
        case limit if limit in _LIMIT_STATUSES:
            return _LIMIT_STATUSES[limit][0]
        case other:
            raise AssayError(f"the sandbox ended the run: {sandbox_pb2.Outcome.Name(other)}")


def _hand_on(result: sandbox_pb2.ExecutionResult) -> None:
    for name, stream, target in (("output", result.stdout, sys.stdout), ("error", result.stderr, sys.stderr)):
        target.flush()
        target.buffer.write(stream.content)
        target.buffer.flush()
        if stream.truncated:
            left_out = stream.total_bytes - len(stream.content)
            _say(f"{left_out:,} bytes in the middle of standard {name} were left out; --output keeps more")
    if result.outcome in _LIMIT_STATUSES:
        evidence = ", ".join(f"{key}={value}" for key, value in sorted(result.evidence.items()))
        _say(f"the program was ended: {_LIMIT_STATUSES[result.outcome][1]}" + (f" ({evidence})" if evidence else ""))


def _say(message: str) -> None:
    print(f"assay: {printable(message)}", file=sys.stderr)  # noqa: T201 this is what the command says


def _as_json(result: sandbox_pb2.ExecutionResult, status: int) -> dict[str, Any]:
    """
    Return the document of `--json`.

    `result` is `assay.v1.ExecutionResult` in protobuf's JSON mapping with the fields' own names, so bytes are base64;
    `stdout` and `stderr` are the same bytes as text, U+FFFD for what is no UTF-8.
    """
    from google.protobuf.json_format import MessageToDict

    return {
        "exit_status": status,
        "stdout": result.stdout.content.decode("utf-8", "replace"),
        "stderr": result.stderr.content.decode("utf-8", "replace"),
        "result": MessageToDict(result, preserving_proto_field_name=True, always_print_fields_with_no_presence=True),
    }
