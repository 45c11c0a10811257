"""A process that is killed: what subscribers were told of stays what it was."""

import signal
from pathlib import Path

from assay.client import Suite, connect
from assay.v1 import candidate_pb2, event_pb2, source_pb2, validation_pb2

from tests.processes import host

BOUND = 60.0
SERVICES = ("events", "static", "validation")


async def validate(suite: Suite, code: bytes) -> str:
    """Make a validation and return its id."""
    files = [source_pb2.SourceFile(path="a.py", content=code)]
    candidate = candidate_pb2.Candidate(files=files)
    policy = validation_pb2.ValidationPolicy(stages=["static"])
    request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
    return (await suite.validation.Validate(request, timeout=BOUND)).validation.id


async def told(suite: Suite, identifier: str, after: int = 0) -> list[event_pb2.Event]:
    """Return what is told until a validation is completed."""
    found: list[event_pb2.Event] = []
    wanted = event_pb2.SubscribeRequest(after_sequence=after)
    async for response in suite.events.Subscribe(wanted, timeout=BOUND):
        found.append(response.event)
        if (response.event.kind, response.event.resource) == ("validation.completed", identifier):
            break
    return found


async def test_killed(folder: Path) -> None:
    """What a killed process told is told again as it was, and what comes after goes on from it."""
    async with host(*SERVICES, state=folder) as server, connect(server.address) as suite:
        first = await validate(suite, b"x = 1\n")
        seen = await told(suite, first)
        await server.stop(signal.SIGKILL)
    async with host(*SERVICES, state=folder) as server, connect(server.address) as suite:
        second = await validate(suite, b"x = 2\n")
        everything = await told(suite, second)
        new = await told(suite, second, seen[-1].sequence)
        await server.stop()
    assert everything == seen + new
    assert [event.sequence for event in everything] == list(range(1, 9))
    assert {event.resource for event in new} == {second}
