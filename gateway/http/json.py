"""Messages from JSON and to JSON, by protobuf's own mapping (https://protobuf.dev/programming-guides/json)."""

import json
from collections.abc import Iterable
from typing import Any

from assay.errors import InvalidArgument
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway.http.fields import check_alone, check_bytes, field_of, is_map, leaves

MAX_VALUES = 250_000
"""Values that one body may have. As text each takes two bytes at least, in memory sixty, and making messages of a
million of them would take seconds."""

MAX_DEPTH = 64
"""How deep objects and lists may be nested; the contract needs ten."""


def parsed(body: bytes) -> dict[str, Any]:
    """
    Return the object that a body is.

    :raises InvalidArgument: It is none, or too large for one. The text quotes nothing of it.
    """
    check_size(body)
    try:
        found = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise InvalidArgument("", "the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise InvalidArgument("", f"the body is not JSON: line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise InvalidArgument("", "the body is not JSON: a number is too long, or it is nested too deep") from None
    if not isinstance(found, dict):
        raise InvalidArgument("", "the body must be one JSON object")
    return found


def check_size(body: bytes) -> None:
    """
    Check that a body has not too many values, or lines. They may stand within text, too: it is a bound, not a count.

    :raises InvalidArgument: It may have.
    """
    if sum(body.count(mark) for mark in (b",", b"[", b"{", b"\n", b"\r")) > MAX_VALUES:
        raise InvalidArgument("", f"the body has more than {MAX_VALUES} values or lines")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidArgument("", "a name stands twice in one object")
    return found


def _refuse(constant: str) -> Any:
    raise InvalidArgument("", f"{constant} is not JSON; as text it is a number where one is wanted")


def message(kind: Descriptor, fields: dict[str, Any]) -> Message:
    """
    Return the message that an object stands for.

    :raises InvalidArgument: It stands for none; names the field, and quotes no value.
    """
    for leaf in leaves(fields, kind):
        check_bytes(leaf)
    made = GetMessageClass(kind)()
    try:
        json_format.ParseDict(fields, made, max_recursion_depth=MAX_DEPTH)
    except Exception:  # noqa: BLE001  # whatever a value that fits nothing makes of the library
        # Its words quote the value, which may be code.
        for leaf in leaves(fields, kind):
            check_alone(leaf)
        raise InvalidArgument("", "two fields exclude one another, or it is nested too deep") from None
    return made


def of_query(kind: Descriptor, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """
    Return the fields that the parameters of a query stand for.

    :raises InvalidArgument: There is no such field, or it cannot be a parameter, or stands twice.
    """
    fields: dict[str, Any] = {}
    for name, text in pairs:
        field = field_of(kind, name)
        if field is None or not is_parameter(field):
            raise InvalidArgument(name[:64] if name.isprintable() else "", "there is no such parameter")
        value = _of_text(field, text)
        if field.is_repeated:
            fields.setdefault(field.name, []).append(value)
        elif field.name in fields:
            raise InvalidArgument(field.json_name, "stands twice")
        else:
            fields[field.name] = value
    return fields


def is_parameter(field: FieldDescriptor) -> bool:
    """Tell whether a field can stand in a query: it is a value, or several, and no message."""
    return not field.message_type and not is_map(field)


def _of_text(field: FieldDescriptor, text: str) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return {"true": True, "false": False}.get(text, text)
    return text


def plain(message: Message, response: str = "") -> Any:
    """
    Return a message as JSON's own values. Fields that are not set stand there with their defaults, where those mean
    something.

    :param response: The one field of it that is meant; empty: all of it.
    """
    meant = getattr(message, response) if response else message
    return json_format.MessageToDict(meant, always_print_fields_with_no_presence=True)


def text(value: Any) -> bytes:
    """Return a value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
