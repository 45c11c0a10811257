"""Reads the signatures that ty lists for a call that fits none: does it fail for a name or a number of arguments?"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_LIST = "\ninfo: Possible overloads for "
_ITEM = "info:   "
_OPENING, _CLOSING = "([{", ")]}"
_NAME = re.compile(r"(\*{0,2})([A-Za-z_]\w*)?")


@dataclass(frozen=True, slots=True)
class Signature:
    """
    The parameters of one overload.

    :param positional: How many arguments it takes by position; None: any number.
    :param keywords: The names that it takes; None: any.
    """

    positional: int | None
    keywords: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Call:
    """
    The arguments of a call.

    :param positional: How many are passed by position; None where `*` passes an unknown number.
    :param keywords: The nodes of the names of the others.
    """

    positional: int | None
    keywords: tuple["Node", ...]


def read_signatures(message: str) -> tuple[Signature, ...]:
    """Return the overloads that a message lists; none where it does not list them all."""
    kind, *lines = message.partition(_LIST)[2].split("\n")
    lines = [line for line in lines if line]
    if not all(line.startswith((f"{_ITEM}(", f"{_ITEM}[")) for line in lines):
        return ()
    found = [_signature(line.removeprefix(_ITEM), is_bound=kind.startswith("bound method")) for line in lines]
    return tuple(signature for signature in found if signature is not None) if None not in found else ()


def read_call(node: "Node") -> Call | None:
    """Return the arguments of the call that a node is, or is the argument of; None where it is none."""
    while node.type != "call":
        if node.parent is None or node.type.endswith("_statement"):
            return None
        node = node.parent
    arguments = node.child_by_field_name("arguments")
    if arguments is None or arguments.type != "argument_list":
        return None
    given = [child for child in arguments.named_children if child.type != "comment"]
    names = [child.child_by_field_name("name") for child in given if child.type == "keyword_argument"]
    spread = any(child.type == "list_splat" for child in given)
    positional = sum(child.type not in ("keyword_argument", "dictionary_splat", "list_splat") for child in given)
    return Call(None if spread else positional, tuple(name for name in names if name is not None))


def unknown_keywords(call: Call, signatures: Sequence[Signature]) -> Iterator["Node"]:
    """Yield the names of arguments that no overload takes."""
    taken: set[str] = set()
    for signature in signatures:
        if signature.keywords is None:
            return
        taken |= signature.keywords
    yield from (name for name in call.keywords if (name.text or b"").decode() not in taken)


def has_too_many(call: Call, signatures: Sequence[Signature]) -> bool:
    """Whether a call passes more arguments by position than any overload takes."""
    if call.positional is None or not signatures:
        return False
    return all(signature.positional is not None and signature.positional < call.positional for signature in signatures)


def _signature(text: str, *, is_bound: bool) -> Signature | None:
    """Read "[T](a: int, /, *, b: str = "x") -> T"; None where it cannot be read to its end."""
    start = 0
    if text.startswith("["):
        start = _matching(text, 0) + 1
    end = _matching(text, start)
    if not start <= end or text[start : start + 1] != "(":
        return None
    positional: int | None = 0
    keywords: set[str] = set()
    takes_any, by_position = False, True
    for part in _parts(text[start + 1 : end]):
        stars, name = _read_name(part)
        if part == "/":
            keywords.clear()
        elif stars == "**":
            takes_any = True
        elif stars == "*":
            by_position = False
            positional = None if name else positional
        else:
            keywords.add(name)
            positional = positional + 1 if by_position and positional is not None else positional
    if is_bound and text[start + 1 :].startswith(("self", "cls")):
        keywords -= {"self", "cls"}
        positional = positional - 1 if positional else positional
    return Signature(positional, None if takes_any else frozenset(keywords))


def _read_name(part: str) -> tuple[str, str]:
    match = _NAME.match(part)
    return (match[1], match[2] or "") if match else ("", "")


def _matching(text: str, start: int) -> int:
    """Return the place of the bracket that closes the one at a place; -1 where none does."""
    for place, depth in _depths(text, start):
        if depth == 0:
            return place
    return -1


def _parts(text: str) -> Iterator[str]:
    """Yield what commas part, but for those within brackets and strings."""
    last = 0
    for place, depth in _depths(text, 0):
        if depth == 0 and text[place] == ",":
            yield text[last:place].strip()
            last = place + 1
    if text[last:].strip():
        yield text[last:].strip()


def _depths(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield each place that is in no string, with the depth of brackets after it."""
    depth, quote, place = 0, "", start
    while place < len(text):
        letter = text[place]
        if quote:
            place += letter == "\\"
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        else:
            depth += (letter in _OPENING) - (letter in _CLOSING)
            yield place, depth
        place += 1
