"""The OpenAPI document of the public methods, made from the contract and its comments alone."""

from importlib.metadata import version
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from gateway.comments import comments
from gateway.contract import PublicMethod, Route, public_methods
from gateway.http.door import TIMEOUT_HEADER
from gateway.http.json import is_parameter
from gateway.http.problems import MEDIA_TYPE
from gateway.http.schemas import PREFIX, Schemas, example_of
from gateway.http.streaming import AFTER, EVENTS, LAST_ID, LINES

ABOUT = """\
Decides whether generated code is the real thing. The same contract as over gRPC: messages are written by
[protobuf's JSON mapping](https://protobuf.dev/programming-guides/json), where bytes are base64, durations are like
`1.5s` and 64-bit numbers are text. A failure is a problem by RFC 9457, with the reason that gRPC has for it.

A stream comes as Server-Sent Events, or, where `Accept` asks for it, as one JSON object a line. What ends it is an
event `end`, or a line `{"@end": …}`, with what the call used, and with the problem where it failed. The same stream is
on a WebSocket at the same path."""

KEY = {"type": "http", "scheme": "bearer", "description": "A key, as `assay keys create` prints it."}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A failure, by RFC 9457.",
    "required": ["type", "title", "status", "detail", "code", "reason"],
    "properties": {
        "type": {"type": "string", "description": "Names the reason.", "example": "urn:assay:error:INVALID_ARGUMENT"},
        "title": {"type": "string", "description": "The reason for a person.", "example": "Invalid argument"},
        "status": {"type": "integer", "description": "The status of the answer.", "example": 400},
        "detail": {
            "type": "string",
            "description": "What happened, for a person.",
            "example": "candidate.files: must be a list",
        },
        "code": {"type": "string", "description": "The status that gRPC has for it.", "example": "INVALID_ARGUMENT"},
        "reason": {
            "type": "string",
            "description": "The reason: a value of the contract's ErrorReason, without its prefix.",
            "example": "INVALID_ARGUMENT",
        },
        "metadata": {
            "type": "object",
            "description": "Facts for a program.",
            "additionalProperties": {"type": "string"},
        },
        "errors": {
            "type": "array",
            "description": "The fields at fault.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "retry_after": {"type": "number", "description": "Seconds after which a new try can succeed."},
    },
}


def document() -> dict[str, Any]:
    """Return the document, as OpenAPI 3.0.3: the version that the page which renders it knows."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for method in public_methods().values():
        for index, route in enumerate(method.routes):
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(method, route, index, schemas)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Assay", "version": version("assay"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": name, "description": comments().get(full, "")} for name, full in _services().items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"key": KEY},
            "parameters": {"timeout": _timeout(), "last_id": _last_id()},
            "responses": {"problem": {"description": "It failed.", "content": {MEDIA_TYPE: _of("Problem")}}},
            "schemas": dict(sorted((schemas.made | {"Problem": PROBLEM}).items())),
        },
    }


def _services() -> dict[str, str]:
    names = {path.split("/")[1] for path in public_methods()}
    return {name.rpartition(".")[2]: name for name in sorted(names)}


def _operation(method: PublicMethod, route: Route, index: int, schemas: Schemas) -> dict[str, Any]:
    service, name = method.path.lstrip("/").split("/")
    text = comments().get(f"{service}.{name}", "")
    operation: dict[str, Any] = {
        "operationId": f"{service.rpartition('.')[2]}_{name}" + (f"_{index}" if index else ""),
        "tags": [service.rpartition(".")[2]],
        "summary": text.partition(". ")[0].rstrip("."),
        "description": f"{text}\n\nNeeds a key with the scope `{method.scope}`.",
        "parameters": [*_parameters(method, route, schemas), {"$ref": "#/components/parameters/timeout"}],
        "responses": {
            str(route.status): _success(method, route, schemas),
            "default": {"$ref": "#/components/responses/problem"},
        },
    }
    if method.response_streaming and AFTER in method.request.fields_by_name:
        operation["parameters"].append({"$ref": "#/components/parameters/last_id"})
    if route.method == "POST":
        operation["requestBody"] = _body(method, route, schemas)
    return operation


def _parameters(method: PublicMethod, route: Route, schemas: Schemas) -> list[dict[str, Any]]:
    told = []
    for field in method.request.fields:
        if f"{{{field.name}}}" in route.path:
            told.append(_parameter(field, "path", schemas) | {"name": field.name, "required": True})
        elif route.method != "POST" and is_parameter(field):
            told.append(_parameter(field, "query", schemas))
    return told


def _parameter(field: FieldDescriptor, place: str, schemas: Schemas) -> dict[str, Any]:
    text = comments().get(field.full_name, "")
    return {"name": field.json_name, "in": place, "description": text, "schema": schemas.of_field(field)}


def _body(method: PublicMethod, route: Route, schemas: Schemas) -> dict[str, Any]:
    in_path = [field for field in method.request.fields if f"{{{field.name}}}" in route.path]
    if in_path and len(in_path) == len(method.request.fields):
        return {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}
    told = {"schema": schemas.of_message(method.request), "example": example_of(method.request)}
    types = ("application/json", LINES.media_type) if method.request_streaming else ("application/json",)
    return {"required": True, "content": dict.fromkeys(types, told)}


def _success(method: PublicMethod, route: Route, schemas: Schemas) -> dict[str, Any]:
    if route.response:
        schema = schemas.of_field(method.response.fields_by_name[route.response])
    else:
        schema = schemas.of_message(method.response)
    types = (EVENTS.media_type, LINES.media_type) if method.response_streaming else ("application/json",)
    return {
        "description": comments().get(method.response.full_name, ""),
        "content": {kind: {"schema": schema} for kind in types},
    }


def _timeout() -> dict[str, Any]:
    text = "How long to wait, in seconds; there is an end to how long that may be."
    return {"name": TIMEOUT_HEADER, "in": "header", "description": text, "schema": {"type": "number"}}


def _last_id() -> dict[str, Any]:
    text = f"Where to go on, before `{AFTER}`: what a browser sends that takes a stream up again."
    return {"name": LAST_ID, "in": "header", "description": text, "schema": {"type": "string"}}


def _of(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": PREFIX + name}}
