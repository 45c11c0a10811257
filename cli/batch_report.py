"""What `assay batch` prints."""

import json
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from assay.v1 import sandbox_pb2

from cli.outcomes import compiler_output, said_of_compiling, say
from cli.printable import printable

FORMAT = 1
"""Rises only when something is taken away from the JSON document or changes its meaning."""

MAX_NAME_COLUMNS = 40

_MARKS = {
    sandbox_pb2.CASE_VERDICT_PASSED: "✓",
    sandbox_pb2.CASE_VERDICT_FAILED: "✗",
    sandbox_pb2.CASE_VERDICT_UNCHECKED: "-",
}
_COUNTS = ("passed", "failed", "unchecked", "undecided", "skipped")


class TextBatch:
    """
    Prints a line for each case, for a person.

    :param names: Of all cases, so that the columns stand below each other.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._columns = min(MAX_NAME_COLUMNS, max(len(printable(name)) for name in names))

    def compiled(self, compilation: sandbox_pb2.Compilation) -> None:
        """Print why a program did not compile, on standard error."""
        if compilation.outcome != sandbox_pb2.OUTCOME_OK:
            for line in compiler_output(compilation).decode("utf-8", "replace").splitlines():
                print(printable(line), file=sys.stderr)  # noqa: T201 this is the command's output
            say(said_of_compiling(compilation))

    def add(self, case: sandbox_pb2.CaseResult) -> None:
        """Print a case."""
        usage = case.result.usage
        cells = (
            f"{_MARKS.get(case.verdict, '?')} {printable(case.name):<{self._columns}}",
            f"{verdict_of(case):<9}",
            f"{sandbox_pb2.Outcome.Name(case.result.outcome).removeprefix('OUTCOME_'):<12}",
            f"{usage.wall_time.ToMicroseconds() / 1000:>8,.0f} ms",
            f"{usage.peak_memory_bytes / 1024**2:>7,.1f} MiB",
            printable(" ".join(case.message.split())),
        )
        print("  ".join(cells).rstrip(), flush=True)  # noqa: T201 this is the command's output

    def close(self, summary: sandbox_pb2.BatchSummary, status: int) -> None:
        """Print the counts of all that are not zero, and what the cases used."""
        counts = [f"{count} {name}" for name in _COUNTS if (count := getattr(summary, name))]
        usage = summary.usage
        used = f"{usage.wall_time.ToMicroseconds() / 1e6:,.2f} s, {usage.cpu_time.ToMicroseconds() / 1e6:,.2f} s of CPU"
        memory = f"{usage.peak_memory_bytes / 1024**2:,.1f} MiB at most"
        print(f"{', '.join(counts)} ({used}, {memory})")  # noqa: T201 this is the command's output


class JsonBatch:
    """
    Writes one object, case by case:

        {"format": 1,
         "cases": [{"name": …, "verdict": "PASSED", "stdout": …, "stderr": …, "case": {…}}],
         "compilation": {…} or null, "summary": {…}, "exit_status": 0}

    A case is `assay.v1.CaseResult` in protobuf's JSON mapping with the fields' own names, so bytes are base64; `stdout`
    and `stderr` are the same bytes as text, U+FFFD for what is no UTF-8.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._compilation: dict[str, Any] | None = None
        self._written = 0

    def compiled(self, compilation: sandbox_pb2.Compilation) -> None:
        """Keep what compiling did for the end."""
        self._compilation = _mapped(compilation)

    def add(self, case: sandbox_pb2.CaseResult) -> None:
        """Write a case."""
        self._file.write(",\n" if self._written else f'{{"format": {FORMAT}, "cases": [\n')
        self._written += 1
        shown = {
            "name": case.name,
            "verdict": verdict_of(case),
            "stdout": case.result.stdout.content.decode("utf-8", "replace"),
            "stderr": case.result.stderr.content.decode("utf-8", "replace"),
            "case": _mapped(case),
        }
        json.dump(shown, self._file)
        self._file.flush()

    def close(self, summary: sandbox_pb2.BatchSummary, status: int) -> None:
        """Write the end."""
        last = {"compilation": self._compilation, "summary": _mapped(summary), "exit_status": status}
        begin = "" if self._written else f'{{"format": {FORMAT}, "cases": ['
        self._file.write(f"{begin}\n], {json.dumps(last)[1:]}\n")


def verdict_of(case: sandbox_pb2.CaseResult) -> str:
    """Return what the check of a case said, in a word."""
    return sandbox_pb2.CaseVerdict.Name(case.verdict).removeprefix("CASE_VERDICT_")


def _mapped(message: Any) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict

    mapped: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return mapped
