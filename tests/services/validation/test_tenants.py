"""Tenants side by side, over a suite with toy stages: none sees, changes, uses or delays what is another's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc.aio
import pytest
from assay.client import Suite, connect, error_from_rpc
from assay.errors import AssayError, NotFound, QueueFull
from assay.stage import Candidate, StageContext, StageResult
from assay.v1 import candidate_pb2, source_pb2, validation_pb2

from host.caller import caller
from host.embedded import embedded
from host.settings import Settings, ValidationSettings
from services.validation import queue as queue_module
from tests import toys

HERE = "tests.services.validation.test_tenants"
BOUND = 30.0

gate = asyncio.Event()
served: list[str] = []


async def tells_tenant(candidate: Candidate, context: StageContext) -> StageResult:
    """Write down on whose behalf it runs, and wait at the gate where the candidate wants it."""
    if b"gate" in candidate.entry().content:
        await asyncio.wait_for(gate.wait(), BOUND)
    served.append(caller().tenant)
    return toys.completed()


telling_toy = toys.Toy("telling", tells_tenant)
telling = toys.opened(telling_toy)


@pytest.fixture(autouse=True)
def _nothing_served() -> None:
    gate.clear()
    served.clear()
    telling_toy.calls.clear()


class Tenant:
    """The calls of one tenant."""

    def __init__(self, suite: Suite, name: str) -> None:
        self._stub = suite.validation
        self.name = name
        self._options: dict[str, Any] = {"metadata": [("x-assay-tenant", name)], "timeout": BOUND}

    async def validate(self, content: bytes = b"x = 1\n", **fields: Any) -> validation_pb2.Validation:
        """Have a file judged."""
        asked = validation_pb2.ValidateRequest(candidate=candidate(content), **fields)
        return (await self._stub.Validate(asked, **self._options)).validation

    async def batch(self, *contents: bytes) -> None:
        """Have files judged together."""
        requests = [validation_pb2.ValidateRequest(candidate=candidate(content)) for content in contents]
        answers = self._stub.ValidateBatch(validation_pb2.ValidateBatchRequest(requests=requests), **self._options)
        assert [answer.HasField("validation") async for answer in answers] == [True] * len(contents)

    async def create(self, content: bytes = b"x = 1\n", **fields: Any) -> validation_pb2.Validation:
        """Queue a file."""
        asked = validation_pb2.CreateValidationRequest(candidate=candidate(content), **fields)
        return (await self._stub.CreateValidation(asked, **self._options)).validation

    async def get(self, identifier: str) -> validation_pb2.Validation:
        """Return a validation."""
        asked = validation_pb2.GetValidationRequest(id=identifier)
        return (await self._stub.GetValidation(asked, **self._options)).validation

    async def cancel(self, identifier: str) -> validation_pb2.Validation:
        """Stop a validation."""
        asked = validation_pb2.CancelValidationRequest(id=identifier)
        return (await self._stub.CancelValidation(asked, **self._options)).validation

    async def watch(self, identifier: str, after: int = 0) -> validation_pb2.Validation:
        """Follow a validation to its end and return it."""
        asked = validation_pb2.WatchValidationRequest(id=identifier, after_sequence=after)
        events = [event async for event in self._stub.WatchValidation(asked, **self._options)]
        return events[-1].snapshot

    async def list(self, **fields: Any) -> list[str]:
        """Return the identifiers of the validations that there are."""
        asked = validation_pb2.ListValidationsRequest(**fields)
        answer = await self._stub.ListValidations(asked, **self._options)
        return [validation.id for validation in answer.validations]


def candidate(content: bytes) -> candidate_pb2.Candidate:
    """Return a candidate of one file."""
    return candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=content)])


async def failure(call: Any) -> AssayError:
    """Return the error of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return error_from_rpc(caught.value)


@pytest.fixture
async def suite(folder: Path, toy_catalog: Callable[..., None]) -> AsyncIterator[Suite]:
    """Give a suite that makes one validation at a time, whoever asks, and has room for few."""
    toy_catalog(telling=f"{HERE}:telling")
    narrow = ValidationSettings(max_concurrent=1, queue_size=4, max_queued=6, queue_workers=3)
    settings = Settings(state_dir=folder / "state", sandbox_enabled=False, validation=narrow)
    async with embedded(settings) as address, connect(address) as client:
        yield client


@pytest.fixture
def acme(suite: Suite) -> Tenant:
    """Give one tenant."""
    return Tenant(suite, "acme")


@pytest.fixture
def other(suite: Suite) -> Tenant:
    """Give another."""
    return Tenant(suite, "other")


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(BOUND):
        while not condition():
            await asyncio.sleep(0.005)


async def test_foreign_and_missing_alike(acme: Tenant, other: Tenant) -> None:
    """What is another's is answered as what never was, by each method with an identifier, and nothing happens to it."""
    ended = await acme.validate()
    waits = await acme.create(b"gate = 1\n")
    for method in ("get", "cancel", "watch"):
        answers = [
            await failure(getattr(other, method)(identifier))
            for identifier in (ended.id, waits.id, "val_" + "x" * 22, "no identifier at all")
        ]
        assert {type(error) for error in answers} == {NotFound}
        assert len({(error.message, str(error.metadata)) for error in answers}) == 1
    assert isinstance(await failure(other.watch(waits.id, 1)), NotFound)
    gate.set()
    assert (await acme.watch(waits.id)).state == validation_pb2.STATE_SUCCEEDED
    assert await acme.get(ended.id) == ended


async def test_lists(acme: Tenant, other: Tenant) -> None:
    """A list holds what is the tenant's own, whatever page and filter is asked for, another's page token included."""
    own = [(await acme.validate(b"x = %d\n" % number)).id for number in range(3)]
    foreign = (await other.validate()).id
    assert await acme.list() == own[::-1]
    assert await other.list() == [foreign]
    assert await other.list(verdict=validation_pb2.VERDICT_AUTHENTIC, state=validation_pb2.STATE_SUCCEEDED) == [foreign]
    asked = validation_pb2.ListValidationsRequest(page_size=1)
    page = await acme._stub.ListValidations(asked, **acme._options)
    assert await other.list(page_token=page.next_page_token) == []


async def test_request_ids(suite: Suite, acme: Tenant, other: Tenant) -> None:
    """A request_id is a tenant's own: another's is neither found, nor reused, nor waited for."""
    first = await acme.validate(b"x = 1\n", request_id="r")
    second = await other.validate(b"y = 2\n", request_id="r")
    third = await Tenant(suite, "third").create(b"z = 3\n", request_id="r")
    assert len({first.id, second.id, third.id}) == 3
    assert (await acme.validate(b"x = 1\n", request_id="r")).id == first.id
    assert (await other.create(b"y = 2\n", request_id="r")).id == second.id


async def test_no_reuse(acme: Tenant, other: Tenant) -> None:
    """What was decided for one tenant is used again for it, and never for another, which has it judged anew."""
    first = await acme.validate()
    again = await acme.validate()
    foreign = await other.validate()
    assert (first.reused_from, again.reused_from, foreign.reused_from) == ("", first.id, "")
    assert len(telling_toy.calls) == 2
    queued = await other.watch((await other.create()).id)
    assert queued.reused_from == foreign.id


async def test_stages_act_for_it(acme: Tenant, other: Tenant) -> None:
    """Stages run on behalf of the tenant that asked, whichever way it did, and whoever else is served."""
    await asyncio.gather(acme.validate(b"a = 1\n"), other.validate(b"b = 1\n"))
    await other.batch(b"b = 2\n", b"b = 3\n")
    queued = [await one.create(b"%s = 4\n" % one.name.encode()) for one in (acme, other)]
    await acme.watch(queued[0].id)
    await other.watch(queued[1].id)
    assert sorted(served) == ["acme"] * 2 + ["other"] * 4


async def test_turns_of_answers(acme: Tenant, other: Tenant) -> None:
    """Who asks for one answer waits for one turn of another tenant's, however many of those wait, in batches too."""
    held = asyncio.ensure_future(acme.validate(b"gate = 0\n"))
    await until(lambda: len(telling_toy.calls) == 1)
    many = [asyncio.ensure_future(acme.validate(b"x = %d\n" % number)) for number in range(3)]
    batches = [asyncio.ensure_future(acme.batch(*(b"y%d = %d\n" % (n, k) for k in range(3)))) for n in range(3)]
    await asyncio.sleep(0.2)
    one = asyncio.ensure_future(other.validate(b"z = 1\n"))
    await asyncio.sleep(0.2)
    gate.set()
    await asyncio.gather(held, *many, *batches, one)
    assert served.index("other") <= 2
    assert len(served) == 14


async def test_turns_of_the_queue(acme: Tenant, other: Tenant) -> None:
    """What one queues is made after few of another's, however many of those were queued before."""
    first = await acme.create(b"gate = 0\n")
    await until(lambda: len(telling_toy.calls) == 1)
    for number in range(5):
        last = await acme.create(b"x = %d\n" % number)
    soon = await other.create(b"y = 1\n")
    gate.set()
    for tenant, created in ((acme, first), (other, soon), (acme, last)):
        assert (await tenant.watch(created.id)).state == validation_pb2.STATE_SUCCEEDED
    assert served.index("other") <= 2
    assert len(served) == 7


async def test_room_for_all(acme: Tenant, other: Tenant) -> None:
    """Where one tenant has filled the lines and the queue, another still gets in; the first is told to come back."""
    held = asyncio.ensure_future(acme.validate(b"gate = 0\n"))
    await until(lambda: len(telling_toy.calls) == 1)
    for number in range(6):
        await acme.create(b"x = %d\n" % number)
    full = await failure(acme.create(b"x = 7\n"))
    assert (type(full), full.retry_after) == (QueueFull, queue_module.RETRY_SECONDS)
    queued = await other.create(b"y = 1\n")
    waiting = [asyncio.ensure_future(acme.validate(b"z = %d\n" % number)) for number in range(4)]
    await asyncio.sleep(0.2)
    assert isinstance(await failure(acme.validate(b"z = 9\n")), QueueFull)
    answered = asyncio.ensure_future(other.validate(b"y = 2\n"))
    assert isinstance(await failure(waiting[3]), QueueFull)
    gate.set()
    await asyncio.gather(held, answered, *waiting[:3])
    assert (await other.watch(queued.id)).state == validation_pb2.STATE_SUCCEEDED
