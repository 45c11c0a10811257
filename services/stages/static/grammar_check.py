"""Judges one file of a language that has a grammar here and no linter."""

from collections.abc import Iterator
from functools import partial

from assay.stage import Finding

from services.stages.source import Source
from services.stages.static.artifacts import artifacts
from services.stages.static.file_rules import TOO_DEEP, nothing
from services.stages.static.mixed import mixed
from services.stages.static.security import dangerous
from services.stages.static.structure import HEADERS, Structure, structure
from services.stages.static.trees import first_token, has_code, in_text


def check_grammar(source: Source, language: str, *, entry: bool) -> Iterator[Finding]:
    """Yield what is wrong with a file."""
    form = structure(source, language)
    if form.seen.too_deep >= 0:
        place = source.location(form.seen.too_deep, form.seen.too_deep + 1)
        yield TOO_DEEP.finding("More brackets are open, or without a partner, than any compiler reads.", place)
        return
    if entry and form.parsed and not source.path.endswith(HEADERS):
        yield from nothing(source, not has_code(form.root))
    left_in = tuple(artifacts(source, partial(in_text, form.root), partial(_parses, form), broken=bool(form.faults)))
    yield from left_in
    if not any(finding.fixes for finding in left_in):
        yield from _formed(form, language)
    yield from dangerous(source, form.root, language, form.grammar)


def _formed(form: Structure, language: str) -> Iterator[Finding]:
    problem, doubt = form.problem(), form.doubt()
    if problem is not None and form.faults:
        line = form.source.position(first_token(form.faults[0]).start_byte)[0]
        yield from mixed(form.source, language, line)
    yield from (finding for finding in (problem, doubt) if finding is not None)


def _parses(form: Structure, data: bytes) -> bool:
    """Say whether what is left of a file is a program, or where that is never certain, at least more of one."""
    left = structure(form.source.with_data(data), form.language)
    return has_code(left.root) and (not left.faults or (left.problem() is None and len(left.faults) < len(form.faults)))
