"""Judges one Python file by what ruff says of it."""

from collections.abc import Iterator

from assay.stage import Finding

from services.stages.lexer import Scan, scan
from services.stages.rules import Rule
from services.stages.source import Source
from services.stages.static.artifacts import artifacts
from services.stages.static.file_rules import TOO_DEEP, nothing
from services.stages.static.lint_rules import UNLISTED, WEIGHTS
from services.stages.static.linter import Diagnostic, Linter
from services.stages.static.mixed import mixed
from services.stages.static.names import undefined_names
from services.stages.static.ruff_once import TooDeep
from services.stages.static.security_rules import PYTHON
from services.stages.static.syntax import compiler_errors, syntax_error

HARMLESS = "seems safe"
"""What ruff adds where a command is a text without parts."""


def check_python(source: Source, linter: Linter, *, entry: bool) -> Iterator[Finding]:
    """
    Yield what is wrong with a Python file.

    :raises assay.errors.PluginFailed: ruff could not do its work.
    """
    seen = scan(source.data)
    if seen.too_deep >= 0:
        place = source.location(seen.too_deep, seen.too_deep + 1)
        yield TOO_DEEP.finding("More brackets are open here than Python allows.", place)
        return
    if entry:
        yield from nothing(source, seen.only_strings)
    try:
        diagnostics = linter.lint(source)
    except TooDeep:
        whole = source.location(0, len(source.data))
        yield TOO_DEEP.finding("An expression nests or chains deeper than Python can compile.", whole)
        return
    errors = compiler_errors(diagnostics)
    if errors:
        yield from _broken(source, seen, errors, linter)
    else:
        yield from _weighed(diagnostics, source, linter.minor)


def _broken(source: Source, seen: Scan, errors: tuple[Diagnostic, ...], linter: Linter) -> Iterator[Finding]:
    def parses(data: bytes) -> bool:
        code = scan(data)
        return not code.only_strings and not compiler_errors(linter.lint(source.with_data(data)))

    left_in = tuple(artifacts(source, seen.in_string, parses))
    yield from left_in
    if not any(finding.fixes for finding in left_in):
        yield from mixed(source, "python", errors[0].location.start_line)
        yield syntax_error(errors[0], source, seen, linter.minor)


def _weighed(diagnostics: tuple[Diagnostic, ...], source: Source, minor: int) -> Iterator[Finding]:
    undefined = [item for item in diagnostics if item.code == "F821"]
    if undefined:
        yield from undefined_names(undefined, source, minor)
    for item in diagnostics:
        message = f"{item.message.rstrip('.')}."
        if item.code in PYTHON:
            if HARMLESS not in message:
                yield PYTHON[item.code].finding(message, item.location, evidence={"ruff": item.code})
        elif item.code != "F821":
            category, severity = WEIGHTS.get(item.code, UNLISTED)
            rule = Rule(f"static/ruff-{item.code.lower()}", category, severity, "")
            yield rule.finding(message, item.location)
