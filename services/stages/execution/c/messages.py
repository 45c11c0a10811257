"""What GCC and the linker say, as problems of the candidate and of its tests."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from assay.stage import Candidate, TestSuite

from services.stages.execution.compiled_toolchain import Problem, tests_path

MAX_LINES = 20_000
MAX_UNLINKED = 20
"""Complaints of the linker that are looked at: each is looked for in the whole code."""

QUOTES = str.maketrans("‘’", "''")  # noqa: RUF001  # as GCC quotes where the locale is UTF-8
ERROR = re.compile(r"^(?P<path>[^\n:]{1,4096}):(?P<line>\d{1,8}):(?:\d{1,8}:)? (?:fatal )?error: (?P<message>.*)$")
HEADER = re.compile(r"^(?P<name>\S{1,512}): No such file or directory$")
NAME = re.compile(
    r"^'(?P<a>[^']{1,512})' (?:was not declared in this scope|does not name a type|undeclared|has not been declared)"
    r"|^implicit declaration of function '(?P<b>[^']{1,512})'"
    r"|^unknown type name '(?P<c>[^']{1,512})'"
)
STANDARD = re.compile(
    r"is defined in header '<|include '<[^']{1,200}>' or provide a declaration|fixable by adding '#include <"
    r"|did you mean 'std::"
)
"""How GCC says that what it does not know is the standard library's."""

LATER = re.compile(r"only available (?:from (C\+\+\d\d) onwards|with '(-f[\w-]{1,50})')")
"""How GCC says that a later standard, or a switch, has what it does not know."""

CAUSE = re.compile(
    r"^(?P<path>[^\n:]{1,4096}):(?P<line>\d{1,8}):(?:\d{1,8}:)? +(?:required from here|note: called from here)$"
)
"""How GCC says which line made it go into a header."""

NOT_CLOSED = "it is not closed at its end"

LATER_HEADER = re.compile(
    rb"^[ \t]*#[ \t]*include[ \t]*"
    rb"<(?:print|expected|generator|flat_map|flat_set|mdspan|spanstream|stacktrace|stdfloat)>",
    re.MULTILINE,
)
"""Headers of C++23: found, and empty, where an earlier standard is compiled."""

LINKER = re.compile(r"(?P<what>undefined reference to|multiple definition of) `(?P<name>[^'\n]{1,2000})'")
IDENTIFIER = re.compile(r"~?[A-Za-z_]\w*")


def problems_in(messages: str, candidate: Candidate, suite: TestSuite | None, *, is_part: bool) -> list[Problem]:
    """
    Return the errors, in their order; warnings are none. Where none is of the compiler, those of the linker.

    :param is_part: Whether other files of a project may define what the code declares.
    """
    lines = messages.translate(QUOTES).splitlines()[:MAX_LINES]
    starts = [index for index, line in enumerate(lines) if ERROR.match(line)]
    told = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=False)]
    if not told:
        unlinked = [found for found in map(LINKER.search, lines) if found][:MAX_UNLINKED]
        return list(dict.fromkeys(_unlinked(candidate, suite, found, is_part=is_part) for found in unlinked))
    if later := next((file for file in candidate.files if LATER_HEADER.search(file.content)), None):
        return [Problem(later.path, 0, "a header of a later standard", "C++23", "module")]
    files = {file.path: file.content for file in (*candidate.context_files, *candidate.files)}
    if suite is not None:
        files |= {file.path: file.content for file in suite.files[1:]}
        files[tests_path(candidate, suite)] = suite.files[0].content
    ends = {path: len(content.splitlines()) for path, content in files.items()}
    before = [lines[start:end] for start, end in zip([0, *starts], starts, strict=False)]
    problems = [_problem(*of_one, ends) for of_one in zip(told, before, strict=True)]
    return [problem for problem in problems if problem.message == NOT_CLOSED][:1] or problems


def _problem(told: Sequence[str], before: Sequence[str], ends: Mapping[str, int]) -> Problem:
    """
    Return one error.

    :param told: Begins with its own line and ends before the next error.
    :param before: What was told before it: of headers, where the code went into them.
    :param ends: The last lines of the candidate's files and its tests', by their paths. An error behind its last line
        is that of a file that is not closed.
    """
    error = ERROR.match(told[0])
    assert error is not None
    causes = filter(None, map(CAUSE.match, (*reversed(before), *told)))
    places = [(error["path"], error["line"]), *((cause["path"], cause["line"]) for cause in causes)]
    known = ((path.removeprefix("./"), int(line)) for path, line in places if path.removeprefix("./") in ends)
    path, line = next(known, ("", 0))
    if path and line > ends[path]:
        return Problem(path, ends[path], NOT_CLOSED)
    name, missing = _missing(error["message"], told)
    return Problem(path, line, _plain(error["message"]), name, missing)


def _missing(message: str, told: Sequence[str]) -> tuple[str, Literal["", "module", "name", "standard"]]:
    if header := HEADER.match(message):
        return header["name"], "module"
    if later := next(filter(None, map(LATER.search, told)), None):
        return later[1] or later[2], "module"
    if "target specific option mismatch" in message:
        return "a processor's further instructions", "module"
    if named := NAME.match(message):
        name = next(filter(None, named.groups()))
        return name, "standard" if any(map(STANDARD.search, told)) else "name"
    return "", ""


def _unlinked(candidate: Candidate, suite: TestSuite | None, found: re.Match[str], *, is_part: bool) -> Problem:
    """Return what the linker misses, or has twice, at the line on which the candidate first has the name."""
    signature, message = found["name"], f"{found['what']} '{found['name']}'"
    names = IDENTIFIER.findall(signature.partition("(")[0])
    name = names[-1] if names else signature
    path, number = _first_place(candidate, name)
    if not path and suite is not None:
        return Problem(tests_path(candidate, suite), 0, message, name, "name")
    elsewhere = is_part and name != "main" and found["what"].startswith("undefined")
    return Problem(path, number, message, name, "elsewhere" if elsewhere else "")


def _first_place(candidate: Candidate, name: str) -> tuple[str, int]:
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for file in candidate.files:
        text = file.content.decode(errors="replace")
        if found := word.search(text):
            return file.path, text.count("\n", 0, found.start()) + 1
    return "", 0


def _plain(message: str) -> str:
    """Return a message without the switch that turned it on."""
    return re.sub(r" \[-[\w=+-]{1,60}\]$", "", message)
