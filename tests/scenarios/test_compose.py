"""What holds of the suite of compose.yaml alone: who reaches what, its replicas, and its end in good order."""

import asyncio
import json
import re
import ssl
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from assay.client import connect, error_from_rpc
from assay.errors import Unauthenticated
from assay.v1 import validation_pb2
from grpc.aio import AioRpcError

from host.catalog import BUILT_IN
from tests.scenarios.asking import AUTHENTIC, candidate
from tests.scenarios.compose_place import Composed
from tests.scenarios.deployments import Place

pytestmark = [
    pytest.mark.slow,
    pytest.mark.docker,
    pytest.mark.timeout(900),
    pytest.mark.parametrize("running_place", ["compose"], indirect=True, scope="session"),
]

POLICY = validation_pb2.ValidationPolicy(stages=["static", "placeholder"], fresh=True)
COUNT = re.compile(r"^assay_validation_validations_total\{.*\} (\S+)$", re.MULTILINE)
REPLICAS = 3

REACH = """
import json, socket, sys
reached = []
for name, port in json.loads(sys.argv[1]):
    try:
        socket.create_connection((name, port), timeout=2).close()
        reached.append(name)
    except OSError:
        pass
print(json.dumps(reached))
"""
METRICS = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9464/metrics', timeout=5).read().decode())"

SERVERS = (("postgres", 5432), ("nats", 4222), ("sandbox", 50051), ("static", 50051), ("1.1.1.1", 443))


@pytest.fixture
def stack(running_place: Place) -> Composed:
    """Give the suite that is composed."""
    assert running_place.composed is not None
    return running_place.composed


async def python(stack: Composed, service: str, *arguments: str, index: int = 1) -> str:
    """Run a program in the container of a service."""
    return await stack.compose("exec", "-T", f"--index={index}", service, "python", "-P", "-c", *arguments)


async def made(stack: Composed, index: int) -> float:
    """Return how many validations a replica of the engine has made."""
    return sum(map(float, COUNT.findall(await python(stack, "validation", METRICS, index=index))))


async def counts(stack: Composed) -> list[float]:
    """Return how many validations each replica has made."""
    return await asyncio.gather(*(made(stack, index) for index in range(1, REPLICAS + 1)))


async def states(stack: Composed) -> Sequence[Mapping[str, Any]]:
    """Return every container of the stack."""
    listed = await stack.compose("ps", "--all", "--format=json")
    return [json.loads(line) for line in listed.splitlines()]


async def test_everything_is_healthy(stack: Composed) -> None:
    """Every service runs and says that it is well; what prepares has ended well."""
    seen = {one["Service"]: (one["State"], one["Health"]) for one in await states(stack)}
    healthy = [*(entry.name for entry in BUILT_IN), "nats", "postgres"]
    assert seen == dict.fromkeys(healthy, ("running", "healthy")) | dict.fromkeys(
        ("prepare", "migrate"), ("exited", "")
    )


async def test_who_reaches_what(stack: Composed) -> None:
    """Who does not use the database, NATS or the sandbox cannot so much as connect; nobody inside gets out."""
    names = ("static", "execution", "validation", "system", "sandbox")
    told = await asyncio.gather(*(python(stack, name, REACH, json.dumps(SERVERS)) for name in names))
    reached = {name: set(json.loads(text)) for name, text in zip(names, told, strict=True)}
    assert reached == {
        "static": {"static"},
        "execution": {"static", "sandbox"},
        "validation": {"static", "postgres", "nats"},
        "system": {"sandbox", "postgres"},
        "sandbox": {"sandbox", "postgres", "nats"},
    }


async def test_nobody_gets_in_without_a_key(stack: Composed, running_place: Place) -> None:
    """Over gRPC and over HTTP a call needs a key; over both the certificate is the gateway's."""
    without = {name: value for name, value in running_place.door.items() if name != "key"}
    async with connect(**without) as stranger:
        with pytest.raises(AioRpcError) as caught:
            await stranger.validation.ListValidations(validation_pb2.ListValidationsRequest(), timeout=20)
    assert isinstance(error_from_rpc(caught.value), Unauthenticated)
    context = ssl.create_default_context(cafile=stack.ca)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        await asyncio.to_thread(urllib.request.urlopen, f"{stack.http}/v1/health", context=context, timeout=20)


async def test_replicas(stack: Composed, running_place: Place) -> None:
    """Calls, and queued validations, are shared by all replicas of the engine once there are more of it."""
    up = ("up", "--detach", "--wait", "--no-recreate", "--pull=never")
    await stack.compose(*up, f"--scale=validation={REPLICAS}", seconds=300)
    async with connect(**running_place.door) as client:

        async def shares(first: int, count: int) -> list[float]:
            """Ask for some validations, and return how many of them each replica made."""
            before = await counts(stack)
            requests = [
                validation_pb2.ValidateRequest(candidate=candidate(AUTHENTIC + b"# %d\n" % number), policy=POLICY)
                for number in range(first, first + count)
            ]
            await asyncio.gather(*(client.validation.Validate(request, timeout=120) for request in requests))
            return [now - then for now, then in zip(await counts(stack), before, strict=True)]

        # Connections are made anew once a minute; from then on the new ones have their share.
        async with asyncio.timeout(300):
            number = 0
            while min(await shares(number, 9)) == 0:
                number += 9
                await asyncio.sleep(1)
        found = await shares(1000, 60)
        print(f"{number} calls until all were found; 60 more, by replica: {found}")  # noqa: T201  # a figure
        assert sum(found) == 60
        assert min(found) >= 10
    await stack.compose(*up, "--scale=validation=1", seconds=300)


async def test_the_end(stack: Composed) -> None:
    """Told to stop, every service ends by itself within its time, and starts again with what was stored."""
    await stack.compose("stop", seconds=300)
    ended = {one["Service"]: one["ExitCode"] for one in await states(stack)}
    assert {name: code for name, code in ended.items() if code != 0} == {}
    await stack.compose("up", "--detach", "--wait", "--pull=never", seconds=300)
    listed = await stack.compose("exec", "-T", "gateway", "assay", "keys", "list", "--json")
    assert [key["tenant"] for key in json.loads(listed)] == ["acme"]
