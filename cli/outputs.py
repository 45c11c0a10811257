"""How results are written: one file for each format, chosen here."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from assay.v1 import stage_pb2

from cli.checked import Checked, Tally
from cli.options import CheckFormat
from cli.sources import BadSource

PLAIN_WIDTH = 120
"""Columns of a text report that does not go to a terminal."""


DESCRIBING = frozenset({CheckFormat.SARIF})
"""Formats that tell of the rules too."""


class Output(Protocol):
    """Takes results as they come, in the order of the sources."""

    def add(self, checked: Checked) -> None:
        """Take one."""

    def close(self, tally: Tally) -> None:
        """Take the sum of all."""


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """
    Open the file that results go to, or give standard output.

    :raises BadSource: The file cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    try:
        file = path.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise BadSource(f"--output {path}: {(error.strerror or 'it cannot be written').lower()}") from None
    with file:
        yield file


def output(form: CheckFormat, file: TextIO, *, brief: bool, rules: Sequence[stage_pb2.RuleInfo] = ()) -> Output:
    """
    Return what writes a format.

    :param brief: Whether there are many files.
    :param rules: Those of the suite, for formats that tell of them.
    """
    match form:
        case CheckFormat.JSON:
            from cli.json_report import JsonReport

            return JsonReport(file)
        case CheckFormat.SARIF:
            from cli.sarif import SarifReport

            return SarifReport(file, rules)
        case CheckFormat.JUNIT:
            from cli.junit import JunitReport

            return JunitReport(file)
        case CheckFormat.GITHUB:
            from cli.github import GithubReport

            return GithubReport(file)
        case CheckFormat.TEXT:
            return _text(file, brief=brief)


def _text(file: TextIO, *, brief: bool) -> Output:
    from rich.console import Console

    from cli.report import Report

    # Rich takes 80 columns where there is no terminal to ask.
    width = None if file.isatty() else PLAIN_WIDTH
    return Report(Console(file=file, highlight=False, emoji=False, markup=False, width=width), brief=brief)
