"""Another tenant's identifiers open nothing, on any method of the contract that takes one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
import httpx
import pytest
from assay.client import error_from_rpc
from assay.v1 import candidate_pb2, event_pb2, event_pb2_grpc, source_pb2, validation_pb2, validation_pb2_grpc
from google.protobuf.descriptor import Descriptor

from gateway.contract import public_methods
from tests.gateway.attacks.conftest import Tenant
from tests.gateway.attacks.target import Target

CALL = {"timeout": 60.0}

CLASSIFIED: dict[str, dict[str, str]] = {
    "ValidationService/Validate": {"request_id": "a name of the caller's own, within the tenant"},
    "ValidationService/ValidateBatch": {"requests.request_id": "as in Validate"},
    "ValidationService/CreateValidation": {"request_id": "as in Validate"},
    "ValidationService/GetValidation": {"id": "a validation"},
    "ValidationService/CancelValidation": {"id": "a validation"},
    "ValidationService/WatchValidation": {"id": "a validation", "after_sequence": "within that validation"},
    "ValidationService/ListValidations": {"page_token": "a place in the tenant's list"},
    "ValidationService/ListRules": {"page_token": "a place in a list that all share", "rule_id": "all share the rules"},
    "SandboxService/ListLanguages": {"page_token": "a place in a list that all share"},
    "EventService/Subscribe": {"resource": "what the tenant's events are about", "project": "a label of the tenant's",
                               "after_sequence": "a place in the tenant's events"},
}  # fmt: skip
"""Every field of a request that names something, by method, and what that is. What is tried below follows from it."""

NAMES = ("id", "ids", "resource", "token", "sequence", "project", "session", "parent", "name")

MISSING = "val_AAAAAAAAAAAAAAAAAAAAAA"


def naming(message: Descriptor, inside: str = "", seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the paths of the fields that name something, in a message and what it holds."""
    for field in message.fields:
        kind = field.message_type
        if kind and not kind.full_name.startswith("google.") and kind.full_name not in seen:
            yield from naming(kind, f"{inside}{field.name}.", (*seen, kind.full_name))
        elif field.name.rpartition("_")[2] in NAMES:
            yield inside + field.name


def test_nothing_is_forgotten() -> None:
    """A method that takes a name of something, and does not stand above, fails here until somebody thought of it."""
    # What a caller's own case is called is told back to it and looked up nowhere.
    found = {
        path.removeprefix("/assay.v1."): {name for name in naming(method.request) if not name.endswith("cases.name")}
        for path, method in public_methods().items()
    }
    assert {method: names for method, names in found.items() if names} == {
        method: set(names) for method, names in CLASSIFIED.items()
    }


def candidate(mark: str) -> candidate_pb2.Candidate:
    """Return a candidate that is quickly read."""
    content = f"def add(left, right):\n    return left + right  # {mark}\n".encode()
    return candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=content)], language="python")


@dataclass(frozen=True)
class Owned:
    """What the tenant that is attacked has."""

    validation: validation_pb2.Validation
    queued: validation_pb2.Validation
    page_token: str


@pytest.fixture(scope="module")
async def stub(target: Target) -> AsyncIterator[Any]:
    """Give the validation service behind the gateway."""
    async with target.channel() as channel:
        yield validation_pb2_grpc.ValidationServiceStub(channel)


@pytest.fixture(scope="module")
async def owned(stub: Any, acme: Tenant) -> Owned:
    """Give what the attacked tenant has: validations by either way, and a place in their list."""
    shown: Any = {"metadata": acme.metadata, **CALL}
    made = await stub.Validate(validation_pb2.ValidateRequest(candidate=candidate("acme"), request_id="same"), **shown)
    queued = await stub.CreateValidation(
        validation_pb2.CreateValidationRequest(candidate=candidate("queued"), request_id="same-queued"), **shown
    )
    page = await stub.ListValidations(validation_pb2.ListValidationsRequest(page_size=1), **shown)
    assert page.next_page_token
    return Owned(made.validation, queued.validation, page.next_page_token)


async def refusal(calling: Any) -> tuple[object, ...]:
    """Return all that a refused call tells."""
    answer = calling.read() if hasattr(calling, "read") else calling
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answer
    error = error_from_rpc(caught.value)
    trailing = {key: value for key, value in caught.value.trailing_metadata() if not key.startswith("x-assay-used-")}
    return caught.value.code(), error.message, error.reason, tuple(sorted(error.metadata.items())), str(trailing)


@pytest.mark.parametrize("method", ["GetValidation", "CancelValidation", "WatchValidation"])
async def test_by_id(stub: Any, owned: Owned, acme: Tenant, mallory: Tenant, method: str) -> None:
    """Another's validation is not found in the same words as one that is not there, and stays as it is."""
    request = getattr(validation_pb2, f"{method}Request")

    def calling(identifier: str, tenant: Tenant) -> Any:
        return getattr(stub, method)(request(id=identifier), metadata=tenant.metadata, **CALL)

    told = {await refusal(calling(name, mallory)) for name in (owned.validation.id, owned.queued.id, MISSING)}
    assert len(told) == 1
    assert next(iter(told))[0] is grpc.StatusCode.NOT_FOUND
    mine = await stub.GetValidation(
        validation_pb2.GetValidationRequest(id=owned.queued.id), metadata=acme.metadata, **CALL
    )
    assert mine.validation.state != validation_pb2.STATE_CANCELLED


async def test_by_id_over_http(target: Target, owned: Owned, mallory: Tenant) -> None:
    """The same over HTTP: another's is not found in the same words, by every route that has an id in its path."""
    routes = [route for method in public_methods().values() for route in method.routes if "{id}" in route.path]
    assert len(routes) >= 3
    headers = {"authorization": f"Bearer {mallory.key}"}
    async with httpx.AsyncClient(base_url=target.http, headers=headers, timeout=30) as client:
        for route in routes:
            told = set()
            for identifier in (owned.validation.id, owned.queued.id, MISSING):
                answer = await client.request(route.method, route.path.replace("{id}", identifier))
                told.add((answer.status_code, answer.text.replace(identifier, "")))
            assert len(told) == 1, route
            assert next(iter(told))[0] == 404


async def test_by_request_id(stub: Any, owned: Owned, mallory: Tenant) -> None:
    """A request_id that another tenant used is as good as new: it gives neither their validation nor an error."""
    shown = {"metadata": mallory.metadata, **CALL}
    for code, request_id in (("mallory", "same"), ("acme", "another")):
        # The second is the candidate that was judged for the other tenant: what was found of it is not used again.
        mine = await stub.Validate(
            validation_pb2.ValidateRequest(candidate=candidate(code), request_id=request_id), **shown
        )
        assert mine.validation.id != owned.validation.id
        assert mine.validation.reused_from == ""
    queued = await stub.CreateValidation(
        validation_pb2.CreateValidationRequest(candidate=candidate("other"), request_id="same-queued"), **shown
    )
    assert queued.validation.id != owned.queued.id
    stream = stub.ValidateBatch(
        validation_pb2.ValidateBatchRequest(
            requests=[validation_pb2.ValidateRequest(candidate=candidate("third"), request_id="same-third")]
        ),
        **shown,
    )
    assert [answer.validation.id != owned.validation.id async for answer in stream] == [True]


async def test_by_place_in_a_list(stub: Any, owned: Owned, mallory: Tenant) -> None:
    """A place in another's list is a place in one's own: nothing of theirs stands there."""
    for token in ("", owned.page_token):
        page = await stub.ListValidations(
            validation_pb2.ListValidationsRequest(page_size=1000, page_token=token), metadata=mallory.metadata, **CALL
        )
        assert not {owned.validation.id, owned.queued.id} & {each.id for each in page.validations}


async def test_by_event(target: Target, owned: Owned, acme: Tenant, mallory: Tenant) -> None:
    """Another's events are not told, asked for by resource, by project or by nothing, from the first one on."""
    async with target.channel() as channel:
        stub: Any = event_pb2_grpc.EventServiceStub(channel)

        async def told(tenant: Tenant, **asked: Any) -> list[event_pb2.Event]:
            found: list[event_pb2.Event] = []
            calling = stub.Subscribe(event_pb2.SubscribeRequest(**asked), metadata=tenant.metadata, timeout=3)
            with suppress(grpc.aio.AioRpcError):
                async for answer in calling:
                    found.append(answer.event)  # noqa: PERF401 - it ends with an error
            assert await calling.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            return found

        asked: list[dict[str, Any]] = [{"resource": owned.validation.id}, {}, {"kinds": ["audit.*", "validation.*"]}]
        theirs, *others = await asyncio.gather(
            told(acme, resource=owned.validation.id), *(told(mallory, **each) for each in asked)
        )
    assert "validation.completed" in {event.kind for event in theirs}
    ids = {owned.validation.id, owned.queued.id}
    # What mallory asked about stands in the record of mallory's own calls.
    strange = [event for events in others for event in events if event.resource in ids and event.kind != "audit.call"]
    assert strange == []
    assert not any(acme.key.split("_")[1] in str(event) for events in others for event in events)
