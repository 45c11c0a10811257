"""What a specification states: the functions that it asks for, how it calls them, and whether they answer."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.stages.semantic.specification_functions import Call, Function

MAX_CHARACTERS = 64 * 1024
"""Of a specification; the rest is not read."""
MAX_CALLS = 200

Reader = Callable[[bytes], Sequence[Function]]
"""Returns the functions of a piece of code."""
CallReader = Callable[[str], Call | None]
"""Returns the call with which a text begins."""


@dataclass(frozen=True, slots=True)
class Statement:
    """
    What is stated of one function.

    :param signature: As it is shown in code; None where only its name is told.
    :param is_exact: Whether it is shown as code, and as what is to be written.
    :param calls: How it is called.
    :param asks_return: Whether the text asks for something to be returned.
    """

    name: str
    signature: Function | None
    is_exact: bool
    calls: tuple[Call, ...] = ()
    asks_return: bool = False


def statements(specification: str, functions: Reader, call: CallReader) -> list[Statement]:
    """
    Return what a specification asks for, each function once.

    :param functions: Reads code in the candidate's language.
    :param call: Reads a call in it.
    """
    text = specification[:MAX_CHARACTERS]
    found = {one.name: one for one in (*_named(text), *_classes(text))}
    found |= {one.name: one for one in _shown(text, functions)}
    asks_return = _asks_return(text)
    calls = list(_calls(text, frozenset(found), call)) if found else []
    return [
        replace(one, calls=tuple(shown for shown in calls if shown.name == one.name), asks_return=asks_return)
        for one in found.values()
    ]


_FENCED = re.compile(r"^ *```[ \w+-]*\n(.*?)(?:^ *```|\Z)", re.MULTILINE | re.DOTALL)
_CODE_FIRST = re.compile(
    r"\s*(?:#|//|/\*|@|'''|\"\"\"|(?:from|import|def|async|class|function|export|const|let|var|type|interface)\s)"
)
_GIVEN = re.compile(r"\b(?:given|provided|existing|already|helper|uses?|using|following)\b", re.IGNORECASE)


def _shown(text: str, functions: Reader) -> Iterator[Statement]:
    """
    Yield the functions that code in a text leaves to be written: those without a body.

    The text is code as a whole where it begins as code does: then it is the beginning of what is to be written, and the
    last function is the one that is asked for. Otherwise code stands in fences, and may show what there is already.
    """
    blocks = _FENCED.findall(text)
    if not blocks and _CODE_FIRST.match(text):
        stubs = [one for one in functions(text.encode()) if one.is_stub]
        yield from (Statement(one.name, one, is_exact=True) for one in stubs[-1:])
        return
    stubs = [one for block in blocks for one in functions(block.encode()) if one.is_stub and _is_whole(one)]
    is_sole = len(stubs) == 1 and not _GIVEN.search(_FENCED.sub("", text))
    yield from (Statement(one.name, one, is_exact=is_sole) for one in stubs)


def _is_whole(function: Function) -> bool:
    return not function.name.startswith("__")


_ASKED = re.compile(
    r"\b(?:write|implement|create|define|complete|provide|build|make)\s+(?:me\s+)?(?:an?\s+|the\s+|one\s+)?"
    r"(?:[\w-]+\s+){0,3}?(?:function|method|procedure|routine|coroutine|generator)\s*"
    r"(?:(?:that\s+is\s+)?(?:named|called)\s*:?\s*)?",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[`'\"]\s*([A-Za-z_$][\w$]*)\s*(?:\(.*?\))?\s*[`'\"]")
_PLAIN = re.compile(r"([A-Za-z_$][\w$]*)(?=\()|([a-z]+[A-Z][\w$]*|[A-Za-z]*_\w+)(?![\w$])")
_BARE = re.compile(r"([A-Za-z_$][\w$]*)(?=[\s.,:;(]|$)")


def _named(text: str) -> Iterator[Statement]:
    """Yield the functions that a sentence asks for by name: in quotes, after "named", or in a form that no word has."""
    for asked in _ASKED.finditer(text):
        is_told = re.search(r"(?:named|called)\s*:?\s*$", asked[0], re.IGNORECASE) is not None
        forms = (_QUOTED, _BARE, _PLAIN) if is_told else (_QUOTED, _PLAIN)
        match = next((match for form in forms if (match := form.match(text, asked.end()))), None)
        if match is not None:
            yield Statement(next(name for name in match.groups() if name), None, is_exact=False)


_ASKED_CLASS = re.compile(
    r"\b(?:write|implement|create|define|design|build|make)\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,3}?class\s*"
    r"(?:(?:named|called)\s*:?\s*)?",
    re.IGNORECASE,
)
_CLASS_NAME = re.compile(r"([A-Z][A-Za-z0-9]+)\b")
_METHODS = re.compile(r"[^.\n]*?\bmethods?\b([^.\n]*)")


def _classes(text: str) -> Iterator[Statement]:
    """Yield the classes that a sentence asks for by name, and the methods in quotes that it gives them."""
    for asked in _ASKED_CLASS.finditer(text):
        match = _QUOTED.match(text, asked.end()) or _CLASS_NAME.match(text, asked.end())
        if match is None:
            continue
        yield Statement(match[1], None, is_exact=False)
        methods = _METHODS.match(text, match.end())
        for name in _QUOTED.findall(methods[1]) if methods else ():
            yield Statement(name, None, is_exact=False)


_SHOWN_CALL = re.compile(
    r"(?:^|[`>])[ \t>*#/]*(?:assert\s+|print\(|console\.log\()?(?=([A-Za-z_$][\w$]*)\()", re.MULTILINE
)
_ANSWER = re.compile(r"\)?;?\s*(?:={2,3}|[-=]>|➞|→|(?:#|//)\s*(?:returns?|[-=]>))\s*(\S.*)")
_NOTHING = re.compile(r"(?:None|undefined|null|void)\b")
MAX_CALL_CHARACTERS = 2_000


def _calls(text: str, names: frozenset[str], call: CallReader) -> Iterator[Call]:
    """Yield the calls that examples show of some functions: `>>> f(1)`, `assert f(1) == 2`, `f(1) -> 2`."""
    left = MAX_CALLS
    for shown in _SHOWN_CALL.finditer(text):
        if shown[1] not in names or left == 0:
            continue
        left -= 1
        end = _closing(text, shown.end() + len(shown[1]))
        found = call(text[shown.end() : end]) if end else None
        if found is not None:
            yield replace(found, answers=_answers(text, end))


def _closing(text: str, start: int) -> int:
    """Return where the parenthesis that opens at an offset is closed, one past it; 0 where that is not in sight."""
    depth, quote, skip = 0, "", False
    for at in range(start, min(len(text), start + MAX_CALL_CHARACTERS)):
        character = text[at]
        if skip:
            skip = False
        elif quote:
            skip = character == "\\"
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
    return 0


def _answers(text: str, end: int) -> bool:
    """Whether something is shown to come out of a call: behind it, or, as doctests have it, below it."""
    line, _, below = text[end : end + MAX_CALL_CHARACTERS].partition("\n")
    behind = _ANSWER.fullmatch(line)
    shown = behind[1] if behind else "" if line.strip() else below.partition("\n")[0].strip(" *")
    return shown != "" and not _NOTHING.match(shown) and not shown.startswith((">", "```", "*/", '"""'))


_RETURNS = re.compile(r"\breturn(?:s|ed|ing)?\b", re.IGNORECASE)
_NO_RETURN = re.compile(
    r"\b(?:(?:not|n't|never|without)\s+return|returns?\s+(?:nothing|none|null|void|undefined)|in[- ]place|prints?|"
    r"logs?|yields?|modif(?:y|ies)|mutates?)\b",
    re.IGNORECASE,
)


def _asks_return(text: str) -> bool:
    """Whether a text asks for a value to be returned, and speaks of no other way for it to come out."""
    return _RETURNS.search(text) is not None and _NO_RETURN.search(text) is None
