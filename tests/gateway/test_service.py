"""The gateway as a part of a suite: who gets in, what is behind it, and where it may listen."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import Suite, connect, error_from_rpc
from assay.errors import PermissionDenied, Unauthenticated, UnknownMethod
from assay.stage import Candidate, StageContext, StageResult
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, validation_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.key_store import key_store
from gateway.keys import new_key
from host import catalog
from host.listening import CannotListen
from host.server import serving
from host.settings import Settings
from host.settings_network import GatewaySettings
from tests import toys
from tests.certificates import Authority
from tests.gateway.doors import embedded_behind_a_door

LIST = validation_pb2.ListValidationStagesRequest()


async def lasts(candidate: Candidate, context: StageContext) -> StageResult:
    """Take half a second."""
    toys.waiting.set()
    await asyncio.sleep(0.5)
    return toys.completed()


lasting = toys.opened(toys.Toy("lasting", lasts))


@pytest.fixture
def toy_suite(toy_catalog: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the built-in stages by toys, and keep the gateway."""
    toy_catalog(first="tests.toys:first", lasting="tests.gateway.test_service:lasting")
    door = catalog.Entry(catalog.GATEWAY, "gateway.service:service")
    monkeypatch.setattr(catalog, "BUILT_IN", (*catalog.BUILT_IN, door))


async def made_key(settings: Settings, *scopes: str) -> str:
    """Keep a new key and return it."""
    async with key_store(settings) as store:
        text, key = new_key(await store.root(), tenant="acme", scopes=frozenset(scopes), now=time.time())
        await store.add(key)
    return text


@asynccontextmanager
async def inside(settings: Settings, folder: Path, *scopes: str, **gateway: Any) -> AsyncIterator[Suite]:
    """Serve a suite with its gateway, and give a client with a key for these scopes; none: without a key."""
    key = await made_key(settings, *scopes) if scopes else ""
    async with embedded_behind_a_door(settings, folder, **gateway) as address, connect(address, key=key) as suite:
        yield suite


def request(*stages: str) -> validation_pb2.ValidateRequest:
    """Ask for a validation by some stages."""
    return validation_pb2.ValidateRequest(
        candidate=candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=b"x = 1\n")]),
        policy=validation_pb2.ValidationPolicy(stages=stages),
    )


async def refusal(call: Any) -> BaseException:
    """Return the error with which a call ends."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return error_from_rpc(caught.value)


@pytest.mark.usefixtures("toy_suite")
async def test_a_key_is_needed(settings: Settings, folder: Path) -> None:
    """Without a key only a probe of the health is answered; what it says does not depend on who asks."""
    async with inside(settings, folder, open=False) as suite:
        listed = suite.validation.ListValidationStages(LIST, timeout=10)
        assert type(await refusal(listed)) is Unauthenticated
        probe = health_pb2_grpc.HealthStub(suite.channel)
        async with asyncio.timeout(10):
            while (await probe.Check(health_pb2.HealthCheckRequest(), timeout=5)).status != 1:
                await asyncio.sleep(0.05)


@pytest.mark.usefixtures("toy_suite")
async def test_a_key_opens(settings: Settings, folder: Path) -> None:
    """A key opens what its scopes name, and nothing that is not public."""
    async with inside(settings, folder, "validations:read", open=False) as suite:
        answer = await suite.validation.ListValidationStages(LIST, timeout=10)
        assert [entry.stage.name for entry in answer.stages] == ["first", "lasting"]
        assert type(await refusal(suite.validation.Validate(request("first"), timeout=10))) is PermissionDenied
        inner = suite.stages.ListStages(stage_pb2.ListStagesRequest(), timeout=10)
        assert type(await refusal(inner)) is UnknownMethod


@pytest.mark.usefixtures("toy_suite")
async def test_a_certificate_opens(settings: Settings, folder: Path) -> None:
    """A client's certificate opens what the settings say of a name in it; one of another name opens nothing."""
    authority, clients = Authority(folder), Authority(folder, "clients")
    pair = authority.signed("door")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    door = {
        "listen": address,
        "open": False,
        "certificate": pair.certificate,
        "key": pair.key,
        "client_ca": clients.path,
        "client_certificates": {"builder": {"tenant": "acme", "scopes": ["validations:read"]}},
    }
    async with embedded_behind_a_door(settings, folder, **door):
        for name, refused in (("builder", PermissionDenied), ("stranger", Unauthenticated)):
            shown = clients.signed(name).content()
            async with connect(f"tls:{address}", ca=authority.content, certificate=shown) as suite:
                if name == "builder":
                    assert (await suite.validation.ListValidationStages(LIST, timeout=10)).stages
                assert type(await refusal(suite.validation.Validate(request("first"), timeout=10))) is refused


@pytest.mark.usefixtures("toy_suite")
async def test_stop(settings: Settings, folder: Path) -> None:
    """A call under way when the suite is told to stop ends in peace: the door closes before what is behind it."""
    async with connect(f"unix:{folder}/door") as suite:
        async with embedded_behind_a_door(settings, folder):
            toys.waiting.clear()
            call = asyncio.create_task(answer_of(suite))
            await asyncio.wait_for(toys.waiting.wait(), 10)
            assert not call.done()
        assert (await call).state == validation_pb2.STATE_SUCCEEDED


async def answer_of(suite: Suite) -> validation_pb2.Validation:
    """Ask for a validation that lasts."""
    return (await suite.validation.Validate(request("lasting"), timeout=20)).validation


@pytest.mark.usefixtures("toy_suite")
@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"listen": ""}, "the gateway has no address: set ASSAY_GATEWAY__LISTEN or"),
        ({"listen": "0.0.0.0:0", "open": True}, "open gateway may not listen on '0.0.0.0:0'"),
        ({"http_listen": "[::]:0", "open": True}, "open gateway may not listen"),
        ({"listen": "0.0.0.0:0", "open": False}, "without a certificate may not listen on '0.0.0.0:0'"),
    ],
)
async def test_where_it_may_listen(settings: Settings, folder: Path, values: dict[str, Any], text: str) -> None:
    """Where other machines could come in without a key, or read one on its way, or nobody could, it does not start."""
    told = settings.model_copy(update={"gateway": GatewaySettings(**values)})
    with pytest.raises(CannotListen, match=text):
        async with serving([catalog.GATEWAY], f"unix:{folder}/s", told):
            pass


@pytest.mark.usefixtures("toy_suite")
async def test_behind_a_proxy(settings: Settings, folder: Path) -> None:
    """Where a proxy encrypts, it may listen for other machines without a certificate."""
    async with embedded_behind_a_door(settings, folder, listen="0.0.0.0:0", open=False, unencrypted=True):
        pass


def test_no_door_unless_told() -> None:
    """A suite without an address for its gateway has none."""
    from host.embedded import embedded_names

    assert catalog.GATEWAY not in embedded_names(Settings())
    told = Settings(gateway=GatewaySettings(http_listen="127.0.0.1:0"))
    assert embedded_names(told)[-1] == catalog.GATEWAY
