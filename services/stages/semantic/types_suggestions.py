"""Did you mean: asks ty for the members and the parameters that there are, and writes what was clearly meant."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.errors import PluginFailed
from assay.stage import Finding, Fix, TextEdit

from services.stages.language_server import Request
from services.stages.semantic.nearest import MAX_NAME, misspelt, nearest, swapped
from services.stages.semantic.stdlib import Version
from services.stages.semantic.types_file import Judged
from services.stages.semantic.types_server import TypeServers

MAX_LOOKS = 5
"""Findings of one candidate for which ty is asked once more."""

MAX_COMPARED = 50
"""Findings of one candidate for which names that are known are compared: each takes up to a millisecond."""

_PARAMETER = re.compile(r"([A-Za-z_]\w*)")


async def suggested(
    judged: Mapping[str, Sequence[Judged]], texts: Mapping[str, str], version: Version, servers: TypeServers
) -> list[Finding]:
    """Return the findings, the gravest first, those that something near can be named for with it and its fix."""
    found = [(path, one) for path, all_of_it in judged.items() for one in all_of_it]
    found.sort(key=lambda pair: -pair[1].finding.severity)
    findings: list[Finding] = []
    looks = 0
    for path, one in found:
        if one.known and len(findings) < MAX_COMPARED:
            findings.append(_mended(one, one.known))
        elif 0 < len(one.name) <= MAX_NAME and one.places and looks < MAX_LOOKS:
            looks += 1
            findings.append(_mended(one, await _known(one, path, texts, version, servers)))
        else:
            findings.append(one.finding)
    return findings


async def _known(
    one: Judged, path: str, texts: Mapping[str, str], version: Version, servers: TypeServers
) -> tuple[str, ...]:
    """Return the names that could stand in place of the one at fault; none where ty does not say."""
    place = one.places[0]
    line, column = place.start_line - 1, place.start_column - 1
    text = texts[path] if one.is_keyword else _without(texts[path], line, column, len(one.name))
    method = "textDocument/signatureHelp" if one.is_keyword else "textDocument/completion"
    try:
        (answer,) = await servers.answers(version, {**texts, path: text}, [Request(method, path, line, column)])
    except PluginFailed:
        # The finding stands without it.
        return ()
    return tuple(dict.fromkeys(_parameters(answer) if one.is_keyword else _members(answer)))


def _without(text: str, line: int, column: int, length: int) -> str:
    """Return a text without a name: what could stand there is then not narrowed by what does."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    lines[line] = lines[line][:column] + lines[line][column + length :]
    return "".join(lines)


def _members(answer: Any) -> Iterable[str]:
    items = answer.get("items", []) if isinstance(answer, dict) else answer or []
    return (item["label"] for item in items if not item["label"].startswith("_") and item["label"].isidentifier())


def _parameters(answer: Any) -> Iterable[str]:
    for signature in (answer or {}).get("signatures", []):
        for parameter in signature.get("parameters", []):
            if isinstance(parameter["label"], str) and (match := _PARAMETER.match(parameter["label"])):
                yield match[1]


def _mended(one: Judged, known: tuple[str, ...]) -> Finding:
    near = nearest(one.name, known)
    meant = misspelt(one.name, known, few=one.is_keyword) or swapped(one.name, known)
    if not near and meant is None:
        return one.finding
    names = near or (meant or "",)
    fixes: tuple[Fix, ...] = ()
    if meant is not None:
        fixes = (Fix(f"Write {meant}", tuple(TextEdit(place, meant) for place in one.places), safe=True),)
    evidence = {**one.finding.evidence, "nearest": ", ".join(names)}
    return replace(one.finding, suggestion=f"did you mean {' or '.join(names)}?", fixes=fixes, evidence=evidence)
