"""Messages of the contract as schemas of OpenAPI 3.0, in the form that protobuf's JSON mapping gives them."""

import base64
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gateway.comments import comments
from gateway.http.fields import is_map, value_of

Schema = dict[str, Any]

PREFIX = "#/components/schemas/"

_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$", "example": "1.5s"},
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
}

_SCALARS: dict[int, Schema] = {
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.TYPE_UINT64: {"type": "string", "format": "uint64"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "format": "byte"},
}

_EXAMPLE = re.compile(r'for example "([^"]+)"')
"""How the comment of a field gives an example."""

_NEEDED = re.compile(r"\b(at least one|1 to)\b", re.IGNORECASE)
"""How the comment of a list says that it may not be empty."""


class Schemas:
    """The schemas of the messages that were asked for, and of all that they hold; by name."""

    def __init__(self) -> None:
        self.made: dict[str, Schema] = {}

    def of_message(self, message: Descriptor) -> Schema:
        """Return a reference to the schema of a message."""
        if message.full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[message.full_name])
        if message.name not in self.made:
            # Entered before its fields are looked at: messages may hold one another.
            self.made[message.name] = {}
            self.made[message.name] = self._object(message)
        return {"$ref": PREFIX + message.name}

    def of_field(self, field: FieldDescriptor) -> Schema:
        """Return the schema of a field, without what it says of itself."""
        if is_map(field):
            return {"type": "object", "additionalProperties": self._one(value_of(field))}
        if field.is_repeated:
            return {"type": "array", "items": self._one(field)}
        return self._one(field)

    def described(self, field: FieldDescriptor) -> Schema:
        """Return the schema of a field with its comment, and its example where the comment gives one."""
        schema = self.of_field(field)
        text = comments().get(field.full_name, "")
        # OpenAPI 3.0 takes no notice of what stands beside a reference.
        told: Schema = {"allOf": [schema]} if "$ref" in schema else schema
        found = example(field)
        if found is not None and schema.get("type") == "string":
            told["example"] = _written(field, found)
        return told | {"description": text}

    def _one(self, field: FieldDescriptor) -> Schema:
        if field.message_type:
            return self.of_message(field.message_type)
        if field.enum_type:
            return self._enumeration(field.enum_type)
        return dict(_SCALARS[field.type])

    def _object(self, message: Descriptor) -> Schema:
        text = " ".join((comments().get(message.full_name, ""), *_exclusions(message)))
        properties = {field.json_name: self.described(field) for field in message.fields}
        return {"type": "object", "description": text, "properties": properties, "additionalProperties": False}

    def _enumeration(self, kind: EnumDescriptor) -> Schema:
        if kind.name not in self.made:
            lines = (
                f"- `{value.name}`: {comments().get(f'{kind.full_name}.{value.name}', '')}" for value in kind.values
            )
            text = "\n".join((comments().get(kind.full_name, ""), "", *lines))
            names = [value.name for value in kind.values]
            self.made[kind.name] = {"type": "string", "enum": names, "description": text}
        return {"$ref": PREFIX + kind.name}


def example(field: FieldDescriptor) -> str | None:
    """Return the example that the comment of a field gives; None: it gives none."""
    found = _EXAMPLE.search(comments().get(field.full_name, ""))
    return found[1] if found else None


def _exclusions(message: Descriptor) -> Iterator[str]:
    for oneof in message.oneofs:
        if len(oneof.fields) > 1:
            yield f"At most one of {', '.join(f'`{field.json_name}`' for field in oneof.fields)} is set."


def example_of(message: Descriptor) -> dict[str, Any]:
    """
    Return a small message: the fields whose comments give an example, and what holds such fields, as far as it stands
    alone or may not be empty.
    """
    made: dict[str, Any] = {}
    for field in message.fields:
        others = field.containing_oneof.fields if field.containing_oneof else [field]
        value = _example(field) if field.name == others[0].name else None
        if value is not None:
            made[field.json_name] = value
    return made


def _example(field: FieldDescriptor) -> Any:
    if is_map(field):
        return None
    if field.message_type:
        inside = example_of(field.message_type) if field.message_type.full_name not in _WELL_KNOWN else {}
        if field.is_repeated:
            return [inside] if _NEEDED.search(comments().get(field.full_name, "")) else None
        return inside or None
    found = example(field)
    if found is None or field.type not in {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}:
        return None
    return [_written(field, found)] if field.is_repeated else _written(field, found)


def _written(field: FieldDescriptor, found: str) -> str:
    return base64.b64encode(found.encode()).decode() if field.type == FieldDescriptor.TYPE_BYTES else found
