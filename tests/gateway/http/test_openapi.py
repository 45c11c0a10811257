"""The OpenAPI document: whole, true to the contract, and true to what is answered."""

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass

from gateway.contract import public_methods
from gateway.http.openapi import document
from tests.gateway.http.sides import candidate

DOCUMENT = document()


def references(value: Any) -> Iterator[str]:
    """Yield every reference in the document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolved(reference: str) -> Any:
    """Return what a reference stands for."""
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_references() -> None:
    """Every reference leads somewhere, and nothing is there that nothing refers to."""
    used = set(references(DOCUMENT))
    assert all(resolved(reference) for reference in used)
    kinds = ("schemas", "parameters", "responses")
    there = {f"#/components/{kind}/{name}" for kind in kinds for name in DOCUMENT["components"][kind]}
    assert there == used


def operations() -> Iterator[tuple[str, str, Any]]:
    """Yield the operations of the document."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_stands() -> None:
    """Every route of the contract is an operation, and no other; each has a name of its own and says what it is."""
    routes = {(route.method, route.path) for each in public_methods().values() for route in each.routes}
    assert {(method, path) for method, path, _ in operations()} == routes
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)
    for _, _, operation in operations():
        assert operation["summary"]
        assert "scope `" in operation["description"]
        assert operation["responses"]["default"]


def test_parameters_of_paths() -> None:
    """What stands in braces is a parameter that is required."""
    for _, path, operation in operations():
        named = {each["name"] for each in operation["parameters"] if each.get("in") == "path"}
        assert {f"{{{name}}}" in path for name in named} <= {True}
        assert path.count("{") == len(named)


def test_everything_says_what_it_is() -> None:
    """Every schema and field has the comment of the contract."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema["description"], name
        for field, inner in schema.get("properties", {}).items():
            assert inner["description"], f"{name}.{field}"


def test_examples_of_bodies() -> None:
    """The example of each body fits its schema, and makes the message that it stands for."""
    for _, _, operation in operations():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" not in body:
            continue
        check(body["schema"], body["example"])
        (method,) = [each for path, each in public_methods().items() if operation["operationId"] == name_of(path)]
        made = json_format.ParseDict(body["example"], GetMessageClass(method.request)())
        assert made.ByteSize()


def name_of(path: str) -> str:
    """Return the name of the operation of a method."""
    service, method = path.lstrip("/").split("/")
    return f"{service.rpartition('.')[2]}_{method}"


def check(schema: Any, value: Any) -> None:
    """Check a value against a schema of the document; what OpenAPI 3.0 has of JSON Schema is of its fourth draft."""
    jsonschema.Draft4Validator(schema | {"components": DOCUMENT["components"]}).validate(value)


def test_schemas_are_schemas() -> None:
    """Every schema is one."""
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft4Validator.check_schema(schema)


@pytest.mark.parametrize("path", ["/v1/stages", "/v1/rules", "/v1/validations", "/v1/health", "/v1/system/metrics"])
async def test_answers_fit(client: httpx.AsyncClient, path: str) -> None:
    """What is answered fits the schema that the document gives for it."""
    answer = await client.get(path)
    check(schema_of("get", path, "200"), answer.json())


async def test_a_validation_fits(client: httpx.AsyncClient) -> None:
    """So does a validation, and so does a problem."""
    answer = await client.post("/v1/validations:validate", json={"candidate": candidate()})
    check(schema_of("post", "/v1/validations:validate", "200"), answer.json())
    problem = await client.post("/v1/validations:validate", json={"candidate": {"nothing": 1}})
    check({"$ref": "#/components/schemas/Problem"}, problem.json())


def schema_of(method: str, path: str, status: str) -> Any:
    """Return the schema of an answer."""
    content = DOCUMENT["paths"][path][method]["responses"][status]["content"]
    return content["application/json"]["schema"]


async def test_it_is_served_without_a_key(client: httpx.AsyncClient) -> None:
    """The document is told as it is made."""
    answer = await client.get("/openapi.json", headers={"authorization": ""})
    assert answer.json() == DOCUMENT
