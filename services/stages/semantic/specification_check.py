"""Holds a candidate against what its specification states, in a worker process."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assay.stage import Candidate, Finding

from services.stages.files import source_files
from services.stages.semantic import specification_javascript as javascript
from services.stages.semantic import specification_python as python
from services.stages.semantic import specification_rules as rules
from services.stages.semantic.javascript_grammar import grammar_of
from services.stages.semantic.nearest import nearest
from services.stages.semantic.part import Report
from services.stages.semantic.specification_functions import MAX_FUNCTIONS, Call, Function, Kind, misfit
from services.stages.semantic.specification_statement import CallReader, Reader, Statement, statements
from services.stages.source import Source, UnreadableSource, decode

LANGUAGES = frozenset({"python", "javascript", "typescript"})


@dataclass(frozen=True, slots=True)
class _Read:
    """One file of the candidate's, and in it the functions of a specification."""

    source: Source
    functions: Sequence[Function]


def check(candidate: Candidate) -> Report:
    """Judge a candidate by its specification; files that are no text are another stage's finding."""
    stated = statements(candidate.specification, *_readers(candidate))
    if not stated:
        return Report()
    names = frozenset(one.name for one in stated)
    files = [read for read in _read(candidate, names) if read is not None]
    if not files or any(_continues(read.source) for read in files):
        return Report(details={"specified_functions": str(len(stated))})
    findings = tuple(finding for one in stated for finding in _judged(one, files))
    return Report(findings, {"specified_functions": str(len(stated))})


def _readers(candidate: Candidate) -> tuple[Reader, CallReader]:
    if candidate.language == "python":
        return python.functions, python.call
    grammar = grammar_of(candidate.language, candidate.entry().path)
    return (lambda data: javascript.begun(data, grammar)), (lambda text: javascript.call(text, grammar))


def _read(candidate: Candidate, names: frozenset[str]) -> Iterator[_Read | None]:
    for file, language in source_files(candidate, LANGUAGES):
        try:
            source = decode(file.content, file.path)
        except UnreadableSource:
            yield None
            continue
        if language == "python":
            yield _Read(source, python.functions(source.data, names))
        else:
            yield _Read(source, javascript.functions(source.data, grammar_of(language, file.path), names))


_INDENTED = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]+\S")
_OPEN_RETURN = re.compile(r"^(?:return\b|\}\s*;?\s*$)", re.MULTILINE)


def _continues(source: Source) -> bool:
    """Whether a file is the rest of a function that the specification began: it is indented, or returns at its top."""
    if _INDENTED.match(source.text):
        return True
    opened = re.search(r"\b(?:function|class|def)\b|=>|\{", source.text)
    closed = _OPEN_RETURN.search(source.text)
    return closed is not None and (opened is None or closed.start() < opened.start())


def _judged(stated: Statement, files: Sequence[_Read]) -> Iterator[Finding]:
    found = [(read.source, one) for read in files for one in read.functions if one.name == stated.name]
    if not found:
        if not any(_defines(read.source.text, stated.name) for read in files):
            yield _missing(stated, files)
        return
    source, function = found[-1]
    if not function.is_plain or len({one.parameters for _, one in found}) > 1:
        return
    yield from _signature(stated, function, source)
    yield from _answer(stated, function, source)


def _defines(text: str, name: str) -> bool:
    """Whether a text may give a meaning to a name, in whatever way."""
    word = rf"(?<![\w$]){re.escape(name)}(?![\w$])"
    ways = (
        rf"\b(?:def|class|function\*?|const|let|var|as|import|from|type|interface|enum)\s+{word}",
        rf"{word}\s*(?::[^=\n]*)?=(?!=)",
        rf"{word}\s*\([^()]*\)\s*\{{",
        rf"{word}\s*:",
        rf"\b(?:import|require|export)\b[^\n]*{word}",
        rf"['\"]{word}['\"]",
        r"\bimport\s*\*|\b(?:globals|setattr|exec)\(",
    )
    return any(re.search(way, text) for way in ways) or re.search(rf"import\s*[({{][^)}}]*{word}", text) is not None


_DEFINITION = re.compile(r"\b(?:def|function\*?|const|let|var|class)\s+([\w$]+)")


def _missing(stated: Statement, files: Sequence[_Read]) -> Finding:
    rule = rules.MISSING_ENTRY if stated.is_exact else rules.MISSING_NAME
    defined = [name for read in files for name in _DEFINITION.findall(read.source.text)]
    near = nearest(stated.name, defined[:MAX_FUNCTIONS], limit=1)
    return rule.finding(
        f"The specification asks for '{stated.name}', and nothing in the code has that name.",
        suggestion=f"'{near[0]}' may be what is to be called so" if near else "",
    )


def _signature(stated: Statement, function: Function, source: Source) -> Iterator[Finding]:
    place = source.location(*function.range)
    own = stated.signature
    calls = [shown for shown in stated.calls if own is None or not misfit(own, shown)]
    reasons = [reason for shown in calls if (reason := misfit(function, shown))]
    if calls and len(reasons) == len(calls):
        rule = rules.CANNOT_BE_CALLED if function.is_strict else rules.OTHER_SIGNATURE
        yield rule.finding(f"'{function.name}' {reasons[0]}, and the specification calls it otherwise.", place)
    elif own is not None and own.is_plain and (reason := misfit(function, _call_of(own))):
        message = f"'{function.name}' {reason}, and the specification's signature is another."
        yield rules.OTHER_SIGNATURE.finding(message, place)


def _call_of(function: Function) -> Call:
    """Return the call that gives each required parameter of a signature its argument."""
    plain = [one for one in function.parameters if one.kind is Kind.PLAIN and one.required]
    named = frozenset(one.name for one in function.parameters if one.kind is Kind.NAMED and one.required)
    return Call(function.name, len(plain), named)


def _answer(stated: Statement, function: Function, source: Source) -> Iterator[Finding]:
    if function.returns or function.is_stub:
        return
    place = source.location(*function.range)
    promised = stated.signature is not None and stated.signature.promises
    shown = any(call.answers for call in stated.calls) and not function.prints
    if promised or shown:
        yield rules.NEVER_RETURNS.finding(f"'{function.name}' is to return a value, and never does.", place)
    elif stated.asks_return and not function.prints:
        message = f"'{function.name}' never returns a value, and the specification speaks of one."
        yield rules.MAY_NEVER_RETURN.finding(message, place)
