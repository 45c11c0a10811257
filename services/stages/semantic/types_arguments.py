"""What ty says of calls: an argument that the function does not take, or one that it needs and does not get."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.stage import Location

from services.stages.semantic.types_calls import has_too_many, read_call, read_signatures, unknown_keywords
from services.stages.semantic.types_file import Judged, JudgedFile
from services.stages.semantic.types_rules import UNKNOWN_ARGUMENT, WRONG_ARGUMENTS
from services.stages.semantic.types_server import Told

if TYPE_CHECKING:
    from tree_sitter import Node

_KEYWORD = re.compile(r"Argument `(\w+)` does not match any known parameter")
_FUNCTION = re.compile(r"\b(?:of|to) (?:[a-z ]+ )?`([\w.]+)`")
_NAMED_TUPLE = re.compile(rb"namedtuple|NamedTuple|make_dataclass")
_COMPATIBLE = {
    "mmap": frozenset({"flags", "prot", "tagname", "trackfd"}),
    "torch": frozenset({"a", "axis", "keepdims", "x", "x1", "x2"}),
}
"""
Names that functions of a module take though ty does not see it: mmap takes others on each platform, and torch NumPy's
names beside its own (`numpy_compatibility_arg_names` in its python_arg_parser.cpp).
"""


def keyword(file: JudgedFile, told: Told, node: "Node") -> Iterator[Judged]:
    """Judge a keyword that ty does not know of the function."""
    match = _KEYWORD.match(told.message)
    if match is None or not _is_of_its_name(file, told, node.parent):
        return
    line, column = told.start
    yield from _keyword(
        file, match[1], _function(told), Location(file.source.path, line, column, line, column + len(match[1]))
    )


def _keyword(file: JudgedFile, name: str, function: str, place: Location) -> Iterator[Judged]:
    if any(name in _COMPATIBLE.get(root, ()) for _, root in file.libraries):
        return
    called = f"'{function}'" if function else "What is called"
    yield Judged(
        UNKNOWN_ARGUMENT.finding(f"{called} takes no argument '{name}'.", place), name, is_keyword=True, places=(place,)
    )


def arguments(file: JudgedFile, told: Told, node: "Node") -> Iterator[Judged]:
    """Judge arguments that are too many or too few."""
    call = node if told.check == "missing-argument" else node.parent
    made_in_two_steps = (
        _function(told).endswith((".__init__", ".__new__")) and told.check == "parameter-already-assigned"
    )
    if made_in_two_steps or not _is_of_its_name(file, told, call):
        return
    sentence = told.message.partition("\n")[0].replace("`", "'")
    yield Judged(WRONG_ARGUMENTS.finding(f"{sentence}.", file.place(told)))


def overload(file: JudgedFile, told: Told, node: "Node") -> Iterator[Judged]:
    """Judge a call that fits no overload: types may be annotated wrongly, names and numbers may not."""
    call, signatures = read_call(node), read_signatures(told.message)
    if call is None or not signatures or not _is_of_its_name(file, told, node):
        return
    for name in unknown_keywords(call, signatures):
        place = file.source.location(name.start_byte, name.end_byte)
        yield from _keyword(file, (name.text or b"").decode(), _function(told), place)
    if has_too_many(call, signatures):
        message = f"'{_function(told)}' takes fewer arguments by position than it is given here."
        yield Judged(WRONG_ARGUMENTS.finding(message, file.place(told)))


def _function(told: Told) -> str:
    match = _FUNCTION.search(told.message.partition("\n")[0])
    return match[1] if match else ""


def _is_of_its_name(file: JudgedFile, told: Told, node: "Node | None") -> bool:
    """
    Whether a call names the function whose signature ty speaks of.

    Where it does not, the function was passed, stored or chosen, and need not be the one that ty takes it for.
    """
    while node is not None and node.type != "call":
        node = node.parent
    called = node.child_by_field_name("function") if node is not None else None
    if called is None or called.type not in ("identifier", "attribute"):
        return False
    name = (called.text or b"").rpartition(b".")[2].strip().decode()
    function = _function(told)
    if not function:
        return _is_plain_record(file, name)
    last = function.rpartition(".")[2]
    # A special method that is called by name may have been replaced, as by those who instrument containers.
    is_special = last.startswith("__") and last not in ("__init__", "__new__")
    if is_special or function == "object.__init__" or file.context.is_rebound(last):
        return False
    parts = function.split(".")
    owner = parts[-2] if parts[-1] in ("__init__", "__new__") and len(parts) > 1 else parts[-1]
    return name in (parts[-1], owner) or file.context.is_alias(name)


def _is_plain_record(file: JudgedFile, name: str) -> bool:
    """Whether a class gets its constructor from its fields alone, and all of them stand in it."""
    return file.context.is_record(name)
