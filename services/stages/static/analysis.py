"""Judges one Python file. Runs in a worker process."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from assay.stage import Finding, Location

from services.stages.lexer import Scan, scan
from services.stages.rules import Rule, in_order
from services.stages.source import Source, UnreadableSource, decode
from services.stages.static.artifacts import artifacts
from services.stages.static.file_rules import EMPTY, NO_CODE, TOO_DEEP, check_bytes, unreadable
from services.stages.static.lint_rules import UNLISTED, WEIGHTS
from services.stages.static.linter import Diagnostic, TooDeep, lint
from services.stages.static.names import undefined_names
from services.stages.static.syntax import compiler_errors, syntax_error


def check(content: bytes, path: str, minor: int, *, entry: bool = True) -> tuple[Finding, ...]:
    """
    Return what is wrong with one file, in the order of the source.

    :param content: The bytes of the file.
    :param minor: The minor version of Python 3 by which it is judged.
    :param entry: Whether it is the candidate's entry point, which must hold code.
    :raises assay.errors.PluginFailed: ruff could not do its work.
    """
    binary = check_bytes(content, path)
    if binary is not None:
        return (binary,)
    try:
        source = decode(content, path)
    except UnreadableSource as error:
        return (unreadable(error, content, path),)
    return in_order(_check_text(source, minor, entry))


def _check_text(source: Source, minor: int, entry: bool) -> Iterator[Finding]:
    seen = scan(source.data)
    if seen.too_deep >= 0:
        place = source.location(seen.too_deep, seen.too_deep + 1)
        yield TOO_DEEP.finding("More brackets are open here than Python allows.", place)
        return
    if entry and PurePosixPath(source.path).name != "__init__.py":
        yield from _nothing(source, seen)
    try:
        diagnostics = lint(source.data, source.path, minor)
    except TooDeep:
        whole = source.location(0, len(source.data))
        yield TOO_DEEP.finding("An expression nests or chains deeper than Python can compile.", whole)
        return
    errors = compiler_errors(diagnostics)
    if errors:
        yield from _broken(source, seen, errors, minor)
    else:
        yield from _weighed(diagnostics, source, minor)


def _nothing(source: Source, seen: Scan) -> Iterator[Finding]:
    """Yield the finding for an entry point that holds no statement."""
    start = Location(source.path, 1, 1, 1, 1)
    if not source.data.strip():
        yield EMPTY.finding("The file is empty.", start)
    elif seen.only_strings:
        yield NO_CODE.finding("The file holds no statement.", start)


def _broken(source: Source, seen: Scan, errors: tuple[Diagnostic, ...], minor: int) -> Iterator[Finding]:
    def parses(data: bytes) -> bool:
        code = scan(data)
        return not code.only_strings and not compiler_errors(lint(data, source.path, minor))

    left_in = tuple(artifacts(source, seen, parses))
    yield from left_in
    if not any(finding.fixes for finding in left_in):
        yield syntax_error(errors[0], source, seen, minor)


def _weighed(diagnostics: tuple[Diagnostic, ...], source: Source, minor: int) -> Iterator[Finding]:
    undefined = [item for item in diagnostics if item.code == "F821"]
    if undefined:
        yield from undefined_names(undefined, source, minor)
    for item in diagnostics:
        if item.code != "F821":
            category, severity = WEIGHTS.get(item.code, UNLISTED)
            rule = Rule(f"static/ruff-{item.code.lower()}", category, severity, "")
            yield rule.finding(f"{item.message.rstrip('.')}.", item.location)
