"""Judges files that hold data: JSON by Python's own reader, YAML by PyYAML's parser."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from assay.stage import Category, Finding, Severity

from services.stages.rules import Example, Rule
from services.stages.source import Source
from services.stages.static.artifacts import artifacts
from services.stages.static.file_rules import TOO_DEEP, nothing
from services.stages.static.syntax import CUT_OFF, SYNTAX_ERROR

MAX_DEPTH = 500
"""Levels of a data file; readers of JSON and YAML end at about a thousand."""

DUPLICATE = Rule(
    "static/duplicate-key",
    Category.BEHAVIOR,
    Severity.INFO,
    "An object has the same key twice. Readers mostly take the last and say nothing of the first.",
    fires=(Example('{"a": 1, "a": 2}\n', "json"), Example("a: 1\na: 2\n", "yaml")),
    passes=(Example('{"a": {"b": 1}, "c": {"b": 2}}\n', "json"), Example("- a: 1\n- a: 2\n", "yaml")),
)

TEMPLATE = Rule(
    "static/unfilled-template",
    Category.SYNTAX,
    Severity.LOW,
    "The file is a template of a data file, with places that another program fills in; what it becomes cannot be "
    "judged.",
    fires=(Example("{% if debug %}\nlevel: [debug\n{% endif %}\n", "yaml"),),
    passes=(Example('level: "{{ level }}"\n', "yaml"),),
    confidence=0.3,
)


class Broken(Exception):
    """
    A data file that its reader refuses.

    :param offset: In the text's UTF-8, where.
    :param ends: Whether the reader wanted more where the file ends.
    """

    def __init__(self, reason: str, offset: int, ends: bool) -> None:
        super().__init__(reason)
        self.offset = offset
        self.ends = ends


Read = Callable[[Source], list[tuple[str, int]]]
"""
Reads a data file and returns the keys that an object has twice, each with an offset; raises Broken, RecursionError.
"""


def check_data(source: Source, language: str, *, entry: bool) -> Iterator[Finding]:
    """Yield what is wrong with a file of JSON or YAML."""
    if not source.data.strip():
        yield from nothing(source, False) if entry else ()
        return
    read = _READERS[language]
    try:
        twice = read(source)
    except RecursionError:
        yield TOO_DEEP.finding("It nests deeper than its readers go.", source.location(0, len(source.data)))
    except Broken as error:
        yield from _broken(source, read, error)
    else:
        for key, at in twice:
            yield DUPLICATE.finding(f"The key {key!r} stands twice in one object.", source.location(at, at))
        yield from artifacts(source, lambda _: True, lambda data: _reads(source, read, data), broken=False)


_PLACEHOLDERS = re.compile(rb"\{\{|\{%|<%|\$\{")


def _broken(source: Source, read: Read, error: Broken) -> Iterator[Finding]:
    left_in = tuple(artifacts(source, lambda _: False, lambda data: _reads(source, read, data)))
    yield from left_in
    if any(finding.fixes for finding in left_in):
        return
    place = source.location(error.offset, max(error.offset, source.line_end(error.offset)))
    title = "JSON" if read is read_json else "YAML"
    if _PLACEHOLDERS.search(source.data):
        yield TEMPLATE.finding(f"This is a template, and not yet {title}.", place)
    elif error.ends:
        yield CUT_OFF.finding(f"The file stops before its data does: {error}.", place)
    else:
        yield SYNTAX_ERROR.finding(f"This is not {title}: {error}.", place)


def _reads(source: Source, read: Read, data: bytes) -> bool:
    try:
        read(source.with_data(data))
    except (Broken, RecursionError):
        return False
    return bool(data.strip())


_COMMENTED = re.compile(
    r"(?:^|[./-])(?:jsconfig|tsconfig|tasks|launch|devcontainer)[\w.-]*\.json\Z|\.jsonc\Z|(?:^|/)\.[^/]*\.json\Z|\.vscode/"
)
_TEXT = rb'"(?:[^"\\]|\\.)*+(?:"|\Z)'
_EXTRA = tuple(
    re.compile(_TEXT + rb"|(?P<extra>" + extra + rb")")
    for extra in (rb"//[^\r\n]*+|/\*(?s:.)*?(?:\*/|\Z)", rb",(?=\s*+[\]}])")
)
"""Comments, and then last commas."""


def read_json(source: Source) -> list[tuple[str, int]]:
    """
    Read JSON (RFC 8259); with comments and last commas in files that are known for them, and one value a line.

    :raises Broken: It is none.
    :raises RecursionError: It is nested too deep.
    """
    data = source.data
    if _COMMENTED.search(source.path):
        for extra in _EXTRA:
            data = extra.sub(lambda match: b" " * len(match[0]) if match["extra"] else match[0], data)
    twice: list[str] = []
    try:
        _decoder(twice).decode(data.decode())
    except json.JSONDecodeError as error:
        if not _is_lines(data):
            raise _refused(error) from None
    return [(key, _second(data, key)) for key in twice[:20]]


def _refused(error: json.JSONDecodeError) -> Broken:
    at = len(error.doc[: error.pos].encode())
    reason = error.msg[:1].lower() + error.msg[1:]
    unended = error.msg.startswith("Unterminated string")
    return Broken(reason, at, unended or error.pos >= len(error.doc.rstrip()))


def _decoder(twice: list[str]) -> json.JSONDecoder:
    """Return a reader that keeps no numbers, whose making can take long, and notes keys that stand twice."""

    def noted(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                twice.append(key)
            seen.add(key)

    def refused(name: str) -> Any:
        raise json.JSONDecodeError(f"{name} is no value of JSON", name, 0)

    return json.JSONDecoder(object_pairs_hook=noted, parse_int=len, parse_float=len, parse_constant=refused)


def _is_lines(data: bytes) -> bool:
    """Say whether every line is a value of its own, as logs and data sets are kept."""
    lines = [line for line in data.splitlines() if line.strip()]
    try:
        for line in lines:
            if not line.lstrip().startswith((b"{", b"[")):
                return False
            _decoder([]).decode(line.decode())
    except json.JSONDecodeError:
        return False
    return len(lines) > 1


def _second(data: bytes, key: str) -> int:
    """Return an offset at which a key stands for the second time, as far as a search can tell."""
    name = json.dumps(key, ensure_ascii=False).encode()
    first = data.find(name)
    return max(data.find(name, first + 1), first, 0)


def read_yaml(source: Source) -> list[tuple[str, int]]:
    """
    Read YAML of any number of documents and any tags, by its events alone: nothing of it is built.

    :raises Broken: It is none.
    :raises RecursionError: It is nested too deep.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    twice: list[tuple[str, int]] = []
    levels: list[_Level] = []
    try:
        for event in yaml.parse(source.text, Loader=loader):
            _follow(event, levels, twice, source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = source.offset(mark.line + 1, mark.column + 1) if mark is not None else 0
        last = at >= len(source.data.rstrip())
        reason = " ".join(str(error.problem or error.context).split())
        raise Broken(_safe(reason), at, last) from None
    except yaml.YAMLError as error:
        raise Broken("it holds a character that YAML does not allow", getattr(error, "position", 0), False) from None
    return twice[:20]


_QUOTED = re.compile(r"'[^']{20,}'|\"[^\"]{20,}\"")


def _safe(reason: str) -> str:
    """Return a reader's reason without what it quotes at length."""
    return _QUOTED.sub("a text", reason)[:200]


class _Level:
    """One mapping or sequence that is open."""

    def __init__(self, mapping: bool) -> None:
        self.mapping = mapping
        self.items = 0
        self.keys: set[str] = set()


def _follow(event: Any, levels: list[_Level], twice: list[tuple[str, int]], source: Source) -> None:
    """Take one event: count levels, and note the keys of mappings."""
    kind = type(event).__name__
    if kind in ("MappingEndEvent", "SequenceEndEvent"):
        levels.pop()
        return
    if not kind.startswith(("Mapping", "Sequence", "Scalar", "Alias")):
        return
    above = levels[-1] if levels else None
    if above is not None:
        if above.mapping and above.items % 2 == 0 and kind == "ScalarEvent" and event.value != "<<":
            if event.value in above.keys:
                twice.append((event.value, source.offset(event.start_mark.line + 1, event.start_mark.column + 1)))
            above.keys.add(event.value)
        above.items += 1
    if kind in ("MappingStartEvent", "SequenceStartEvent"):
        if len(levels) >= MAX_DEPTH:
            raise RecursionError
        levels.append(_Level(kind == "MappingStartEvent"))


_READERS: dict[str, Read] = {"json": read_json, "yaml": read_yaml}
