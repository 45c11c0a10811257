"""What ty says of values and classes: an attribute that they have not."""

import builtins
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from services.stages.semantic.types_file import Judged, JudgedFile
from services.stages.semantic.types_rules import (
    ATTRIBUTE_OF_ANOTHER,
    MAYBE_UNKNOWN_OWN,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_OWN,
)
from services.stages.semantic.types_server import Told

if TYPE_CHECKING:
    from tree_sitter import Node

MANY_MISSING = 3
"""From so many names on that a class lacks, and that is made nowhere here, something else is to bring them along."""

HAS_NO_ATTRIBUTE = re.compile(r"(Object of type|Class) `(.+)` has no attribute `(\w+)`$")
_HEAD = re.compile(r"(?:type\[)?(Self@\w+|\w+)")
_LITERAL = re.compile(r"Literal\[(b?\"|True|False|-?\d)[^`]*")
_KIND_OF_LITERAL = {'"': "str", "b": "bytes", "T": "bool", "F": "bool"}
_UNSURE_TYPE = re.compile(r"^None$|^<|^\(|^def |^Overload\[| & (?!~)|Unknown \||^MappingProxyType")
"""
None is what a variable holds before it gets its value; `super()` may find a class that is not known here; functions are
given attributes; a narrowed type is one that was asked about; and `vars` makes a dictionary that ty takes for a view.
"""
OF_ITSELF = frozenset({b"self", b"cls"})
PYTHON_2_MESSAGE = "message"
"""What exceptions had until Python 3."""
_OPERATIONS = frozenset(
    {"binary_operator", "boolean_operator", "comparison_operator", "not_operator", "subscript", "unary_operator"}
)
_ANYTHING = frozenset(
    {"BaseException", "Exception", "object"}
    | {
        "AsyncGenerator",
        "AsyncIterable",
        "AsyncIterator",
        "Awaitable",
        "Callable",
        "Collection",
        "Container",
        "Generator",
    }
    | {"IO", "Iterable", "Iterator", "Mapping", "MutableMapping", "MutableSequence", "MutableSet", "Sequence", "Sized"}
)
"""What is of such a type is mostly of a class below it."""
_OPEN = frozenset({"Lib"})
"""Types whose members come from elsewhere: that of a library that cffi opened."""
_NUMBERS = frozenset({"int", "float", "complex", "bool"})
_DATA = frozenset(
    {
        "str",
        "bytes",
        "bytearray",
        "int",
        "float",
        "complex",
        "bool",
        "list",
        "dict",
        "set",
        "frozenset",
        "tuple",
        "range",
    }
)


def attribute(file: JudgedFile, told: Told, node: "Node", missing: Sequence[Told]) -> Iterator[Judged]:
    """
    Judge an attribute of a value or class that ty does not know.

    :param missing: All that ty says of attributes in this file.
    """
    match = HAS_NO_ATTRIBUTE.match(told.message.partition("\n")[0])
    if match is None or _UNSURE_TYPE.search(match[2]) or file.context.is_set(match[3]):
        return
    kind, type_text, name = match.groups()
    if "Self@" in type_text and first_name(node) not in OF_ITSELF:
        # A function in a class that is no method yet, or calls its object as it likes.
        return
    heads = _heads(file, type_text, node)
    own = [head for head in heads if file.context.is_own(head)]
    if own:
        of_itself = "Self@" in type_text
        if _is_closed(file, own, name, of_itself=of_itself):
            yield _of_own_class(file, told, own, name, is_part=of_itself and _is_part(file, own, missing))
    elif not (
        name.startswith("_") or _OPEN.intersection(heads) or _is_computed(heads, node) or _may_have(file, heads, name)
    ):
        shown = " | ".join(dict.fromkeys(heads)) or "object"
        subject = f"The class '{shown}'" if kind == "Class" else f"A value of type '{shown}'"
        is_doubtful = _ANYTHING.intersection(heads) and name != PYTHON_2_MESSAGE
        if is_doubtful or (_is_claimed(file, node) and _is_known(file, name)):
            rule = ATTRIBUTE_OF_ANOTHER
        else:
            rule = UNKNOWN_ATTRIBUTE
        yield file.member(rule, told, name, f"{subject} has no attribute '{name}'.", {"type": shown})


def first_name(node: "Node") -> bytes:
    """Return the first name of what an attribute is taken from; empty where that is no name."""
    while node.type in ("attribute", "call", "subscript") and node.named_children:
        node = node.named_children[0]
    return (node.text or b"") if node.type == "identifier" else b""


def _heads(file: JudgedFile, type_text: str, node: "Node") -> list[str]:
    """Return the names of the classes that a type may be. What stands in a literal is the candidate's, not repeated."""
    plain = _LITERAL.sub(lambda match: _KIND_OF_LITERAL.get(match[1][:1], "int"), type_text)
    found = [match[1] for part in plain.split(" | ") if (match := _HEAD.match(part))]
    return [file.context.enclosing_class(node) if head.startswith("Self@") else head for head in found]


def _of_own_class(file: JudgedFile, told: Told, own: Sequence[str], name: str, *, is_part: bool) -> Judged:
    if is_part:
        # Said once for a class, whatever it lacks.
        message = f"The class '{own[0]}' uses several attributes that nothing here defines or sets."
        return file.member(MAYBE_UNKNOWN_OWN, told, name, message)
    message = f"The class '{own[0]}' has no attribute '{name}': nothing here defines or sets it."
    return file.member(UNKNOWN_OWN, told, name, message)


def _is_closed(file: JudgedFile, own: Sequence[str], name: str, *, of_itself: bool) -> bool:
    """
    Whether classes of the candidate surely have no such attribute.

    :param of_itself: Whether it is the class that asks: the name of a class alone may be that of one elsewhere.
    """
    context = file.context
    if context.quotes(name) or any(
        context.is_partial(head) or context.is_remade(head) or head in file.imported_names for head in own
    ):
        return False
    # Stubs leave out what is private.
    return not name.startswith("_") or (of_itself and not any(context.has_bases(head) for head in own))


def _is_part(file: JudgedFile, own: Sequence[str], missing: Sequence[Told]) -> bool:
    """Whether a class lacks so much, and is made nowhere, that something not shown may bring it along."""
    if any(file.context.is_made(head) for head in own):
        return False
    matches = (HAS_NO_ATTRIBUTE.match(other.message.partition("\n")[0]) for other in missing)
    return len({match[3] for match in matches if match and "Self@" in match[2]}) >= MANY_MISSING


def _is_computed(heads: Sequence[str], node: "Node") -> bool:
    """
    Whether a value is a number only as far as can be seen: the result of an operation, or an element of a list.

    Lists are often begun with zeros and filled with something else, of which operations are something else again.
    """
    value = node.child_by_field_name("object") if node.type == "attribute" else None
    while value is not None and value.type == "parenthesized_expression":
        value = value.named_children[0] if value.named_children else None
    return value is not None and value.type in _OPERATIONS and _NUMBERS.issuperset(heads)


def _may_have(file: JudgedFile, heads: Sequence[str], name: str) -> bool:
    """Whether the code asks for a name by its text, or the sources of a class say more than its stub."""
    if _DATA.issuperset(heads):
        return False
    if file.context.quotes(name):
        return True
    return any(sources.class_may_have(root, head, name) for sources, root in file.libraries for head in heads)


def _is_claimed(file: JudgedFile, node: "Node") -> bool:
    """Whether the type of a value is known from the annotation of a parameter alone: what is passed may be another."""
    value = node.child_by_field_name("object") if node.type == "attribute" else None
    return value is not None and value.type == "identifier" and file.context.is_annotated_parameter(value)


def _is_known(file: JudgedFile, name: str) -> bool:
    """Whether something that the file could be given has such an attribute; where it is part of a project, anything."""
    return (
        file.is_part
        or name in _builtin_attributes()
        or any(sources.mentions(root, name) for sources, root in file.libraries if root not in file.library)
    )


@cache
def _builtin_attributes() -> frozenset[str]:
    """Return the names of all attributes of Python's built-in types."""
    types = [value for value in vars(builtins).values() if isinstance(value, type)]
    return frozenset(name for each in types for name in dir(each))
