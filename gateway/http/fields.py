"""The fields of messages by the names that JSON has for them, and where in a request one of them is at fault."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assay.errors import InvalidArgument
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

SHOWN_NAME = 64
"""How much of a name that is not the contract's is shown where it is at fault."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")

_WANTED = {
    FieldDescriptor.CPPTYPE_INT32: "must be a whole number of at most 32 bits",
    FieldDescriptor.CPPTYPE_INT64: "must be a whole number of at most 64 bits, or text of one",
    FieldDescriptor.CPPTYPE_UINT32: "must be a whole number of at most 32 bits, not below zero",
    FieldDescriptor.CPPTYPE_UINT64: "must be a whole number of at most 64 bits, not below zero, or text of one",
    FieldDescriptor.CPPTYPE_DOUBLE: "must be a number",
    FieldDescriptor.CPPTYPE_FLOAT: "must be a number",
    FieldDescriptor.CPPTYPE_BOOL: "must be true or false",
    FieldDescriptor.CPPTYPE_STRING: "must be text",
    FieldDescriptor.CPPTYPE_ENUM: "must be the name of one of the values of the enumeration",
}

_WELL_KNOWN = {
    "google.protobuf.Duration": 'must be seconds like "1.5s"',
    "google.protobuf.Timestamp": 'must be a time like "2026-01-31T12:00:00Z"',
    "google.protobuf.Struct": "must be an object",
}
"""Messages that JSON writes in a way of their own."""

Leaf = tuple[str, FieldDescriptor, Any]


def field_of(message: Descriptor, name: str) -> FieldDescriptor | None:
    """Return a field by its name in JSON, or in the contract."""
    found: FieldDescriptor | None = message.fields_by_camelcase_name.get(name) or message.fields_by_name.get(name)
    return found


def json_path(message: Descriptor, path: str) -> str:
    """Return the path of a field, for example "policy.reject_below", with the names that JSON has."""
    told = []
    inside: Descriptor | None = message
    for part in path.split("."):
        name, bracket, index = part.partition("[")
        found = inside.fields_by_name.get(name) if inside else None
        told.append((found.json_name if found else name) + bracket + index)
        inside = found.message_type if found else None
    return ".".join(told)


def is_map(field: FieldDescriptor) -> bool:
    """Tell whether a field is a map."""
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def value_of(field: FieldDescriptor) -> FieldDescriptor:
    """Return what stands for the values of a map."""
    assert field.message_type is not None
    found: FieldDescriptor = field.message_type.fields_by_name["value"]
    return found


def leaves(value: Any, message: Descriptor, path: str = "") -> Iterator[Leaf]:
    """
    Yield what an object holds that is no message of the contract, with the path and the field of each.

    :raises InvalidArgument: It has not the shape of the message; names the field.
    """
    if not isinstance(value, Mapping):
        raise InvalidArgument(path, "must be an object")
    seen: set[int] = set()
    for name, item in value.items():
        field = field_of(message, name)
        inside = f"{path}.{name if field else _shown(name)}".removeprefix(".")
        if field is None:
            raise InvalidArgument(inside, "there is no such field")
        if field.number in seen:
            raise InvalidArgument(inside, "stands twice")
        seen.add(field.number)
        if item is not None:
            yield from _inside(item, field, inside)


def _inside(value: Any, field: FieldDescriptor, path: str) -> Iterator[Leaf]:
    if is_map(field):
        yield from _in_map(value, field, path)
    elif field.is_repeated:
        if not isinstance(value, list):
            raise InvalidArgument(path, "must be a list")
        for index, item in enumerate(value):
            yield from _one(item, field, f"{path}[{index}]")
    else:
        yield from _one(value, field, path)


def _in_map(value: Any, field: FieldDescriptor, path: str) -> Iterator[Leaf]:
    if not isinstance(value, Mapping):
        raise InvalidArgument(path, "must be an object")
    held = value_of(field)
    for key, item in value.items():
        yield from _one(item, held, f"{path}[{_shown(key)}]")


def _one(value: Any, field: FieldDescriptor, path: str) -> Iterator[Leaf]:
    if value is None:
        raise InvalidArgument(path, "must not be null")
    if field.message_type and field.message_type.full_name not in _WELL_KNOWN:
        yield from leaves(value, field.message_type, path)
    else:
        yield path, field, value


def check_bytes(leaf: Leaf) -> None:
    """
    Check that bytes are base64: what is not would be decoded to something else without a word.

    :raises InvalidArgument: They are not.
    """
    path, field, value = leaf
    if field.type == FieldDescriptor.TYPE_BYTES and not _is_base64(value):
        raise InvalidArgument(path, "must be base64: these are bytes")


def _is_base64(value: Any) -> bool:
    return isinstance(value, str) and bool(_BASE64.fullmatch(value)) and len(value.rstrip("=")) % 4 != 1


def check_alone(leaf: Leaf) -> None:
    """
    Check one value by itself, where a whole message could not be made and says too much of why.

    :raises InvalidArgument: It is at fault.
    """
    path, field, value = leaf
    assert field.containing_type is not None  # only extensions have none
    holder = GetMessageClass(field.containing_type)()
    try:
        json_format.ParseDict({field.name: [value] if field.is_repeated else value}, holder)
    except Exception:  # noqa: BLE001  # whatever a value that fits nothing makes of the library
        raise InvalidArgument(path, _wanted(field)) from None


def _wanted(field: FieldDescriptor) -> str:
    if field.message_type:
        return _WELL_KNOWN[field.message_type.full_name]
    return _WANTED[field.cpp_type]


def _shown(name: Any) -> str:
    text = str(name)[:SHOWN_NAME]
    return text if text.isprintable() else ascii(text)[1:-1]
