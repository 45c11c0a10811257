"""What TypeScript's compiler said of a file, in the words of the contract."""

import re
from collections.abc import Mapping
from typing import Any

from assay.stage import Candidate, Finding, Fix, Location, TextEdit

from services.stages.rules import Rule
from services.stages.semantic import javascript_rules as rules
from services.stages.semantic.nearest import misspelt

_RULES: dict[str, tuple[Rule, str]] = {
    "undefined-name": (rules.UNDEFINED_NAME, "Nothing declares the name '{name}'."),
    "undefined-global": (
        rules.UNDEFINED_GLOBAL,
        "Nothing in the code declares the name '{name}'; what surrounds it may.",
    ),
    "unknown-type": (rules.UNKNOWN_TYPE, "Nothing declares the type '{name}'."),
    "unknown-member": (rules.UNKNOWN_PROPERTY, "'{name}' is no member of {owner}."),
    "unknown-export": (rules.UNKNOWN_EXPORT, "'{name}' is no member of {owner}."),
    "argument-count": (rules.ARGUMENT_COUNT, "'{name}' takes {expected} arguments and is given {given}."),
    "assigned-constant": (rules.ASSIGNED_CONSTANT, "'{name}' is a constant, and something is assigned to it."),
}
IN_SCRIPT = "undefined-in-script"
"""The code of a diagnostic: a name that nothing declares, in a file that shares its names with others."""


def finding(diagnostic: Mapping[str, Any], path: str, candidate: Candidate) -> Finding:
    """
    Return the finding for one diagnostic of the server's.

    :param path: As in the candidate.
    """
    data: dict[str, Any] = diagnostic["data"]
    rule, message = _RULES[_code(str(diagnostic["code"]), data, candidate)]
    place = _location(path, diagnostic["range"])
    nearest = str(data.get("nearest") or "")
    return rule.finding(
        message.format_map(data),
        place,
        suggestion=f"did you mean {nearest}?" if nearest else "",
        fixes=_fixes(data, nearest, place),
        evidence={"nearest": nearest} if nearest else {},
    )


def _code(code: str, data: Mapping[str, Any], candidate: Candidate) -> str:
    """A candidate that was asked for as a whole stands alone; what it was told of need not be its own."""
    if code not in ("undefined-name", IN_SCRIPT):
        return code
    name = str(data["name"])
    stands_alone = code == "undefined-name" or _is_whole(candidate, name)
    return "undefined-name" if stands_alone and not _mentions(candidate.specification, name) else "undefined-global"


def _is_whole(candidate: Candidate, name: str) -> bool:
    """Whether a script was asked for, with all its functions; classes of data are what tasks bring along."""
    return bool(candidate.specification) and not candidate.context_files and not name[0].isupper()


def _mentions(specification: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", specification) is not None


def _fixes(data: Mapping[str, Any], nearest: str, place: Location) -> tuple[Fix, ...]:
    """A slip of a letter is put right where the name stands for itself, and nothing else goes by it."""
    if not data.get("alone") or misspelt(str(data["name"]), (nearest,)) is None:
        return ()
    return (Fix(f"Write {nearest}", (TextEdit(place, nearest),), safe=True),)


def _location(path: str, span: Mapping[str, Any]) -> Location:
    start, end = span["start"], span["end"]
    return Location(path, start["line"] + 1, start["character"] + 1, end["line"] + 1, end["character"] + 1)
