"""A suite of separate processes, encrypted and with tokens: each is called by those it trusts, for whom they say."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
import pytest
from assay.client import error_from_rpc, suite_on
from assay.errors import AssayError, Unauthenticated, Unavailable
from assay.v1 import candidate_pb2, sandbox_pb2, source_pb2, stage_pb2, validation_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from host.caller import Caller, acting_for
from host.peers import Peers
from tests.identities import Identities
from tests.processes import host

ACME = Caller("acme", "key_1", frozenset({"validations:write"}))


@dataclass
class Running:
    """A suite that runs."""

    identities: Identities
    addresses: dict[str, str]
    state: Path


@asynccontextmanager
async def suite(folder: Path) -> AsyncIterator[Running]:
    """Run a sandbox, a stage that may call it, and an engine that may call the stage and be called by the door."""
    identities, addresses = Identities(folder), dict[str, str]()
    trusts = {"sandbox": ["execution"], "execution": ["validation"], "validation": ["gateway"]}
    async with AsyncExitStack() as stack:
        for name, callers in trusts.items():
            environment = dict(identities.environment(name, trusts=callers))
            environment |= {"ASSAY_PEERS": json.dumps(addresses), "ASSAY_SANDBOX__LANGUAGES": '["python"]'}
            environment["ASSAY_SANDBOX__POOLS"] = '{"python": {"floor": 1, "ceiling": 1}}'
            server = await stack.enter_async_context(host(name, state=folder, **environment))
            stack.push_async_callback(server.stop)
            addresses[name] = server.address
        yield Running(identities, addresses, folder)


async def refusal(call: object) -> AssayError:
    """Return the error of a call that fails."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]
    return error_from_rpc(caught.value)


def request() -> validation_pb2.ValidateRequest:
    """Return a program that prints, and has to run."""
    file = source_pb2.SourceFile(path="main.py", content=b"print(sum(range(10)))\n")
    return validation_pb2.ValidateRequest(
        candidate=candidate_pb2.Candidate(files=[file]), policy=validation_pb2.ValidationPolicy(stages=["execution"])
    )


async def at_the_engine(peers: Peers) -> list[AssayError]:
    """Call the engine."""
    validation = suite_on(peers.channel("validation")).validation
    return [
        await refusal(validation.Validate(request(), timeout=20)),
        await refusal(validation.ListValidations(validation_pb2.ListValidationsRequest(), timeout=20)),
    ]


async def behind_the_engine(peers: Peers) -> list[AssayError]:
    """Call what the engine calls."""
    execution, sandbox = suite_on(peers.channel("execution")), suite_on(peers.channel("sandbox"))
    return [
        await refusal(execution.stages.ListStages(stage_pb2.ListStagesRequest(), timeout=20)),
        await refusal(sandbox.sandbox.ListLanguages(sandbox_pb2.ListLanguagesRequest(), timeout=20)),
        await refusal(sandbox.sandbox.Execute(sandbox_pb2.ExecuteRequest(language="python"), timeout=20)),
    ]


async def health(peers: Peers) -> int:
    """Return the health of the sandbox."""
    probe = health_pb2_grpc.HealthStub(peers.channel("sandbox"))
    return int((await probe.Check(health_pb2.HealthCheckRequest(), timeout=20)).status)


@pytest.mark.docker
async def test_chain(folder: Path, docker_ready: None) -> None:
    """
    A validation goes from the engine over a stage to a container, on behalf of one tenant all the way. Nobody else gets
    in: not without a token, not by the key of a process that is trusted elsewhere, not in plain text.
    """
    async with suite(folder) as running:
        peers = running.identities.peers("gateway", running.addresses)
        with acting_for(ACME):
            answer = await suite_on(peers.channel("validation")).validation.Validate(request(), timeout=60)
            get = validation_pb2.GetValidationRequest(id=answer.validation.id)
            kept = await suite_on(peers.channel("validation")).validation.GetValidation(get, timeout=20)
        assert kept.validation == answer.validation
        (result,) = answer.validation.stage_results
        assert (result.status, result.reason) == (stage_pb2.STAGE_STATUS_COMPLETED, "")
        # The door may call the engine, and neither the stage nor the sandbox behind it.
        errors = await behind_the_engine(peers)
        await peers.close()
        without_key = running.identities.strangers(running.addresses)
        for stranger in (without_key, running.identities.peers("stranger", running.addresses)):
            errors += await at_the_engine(stranger) + await behind_the_engine(stranger)
            assert await health(stranger) == health_pb2.HealthCheckResponse.SERVING
            await stranger.close()
        assert {(type(error), error.message) for error in errors} == {(Unauthenticated, "the call has no valid token")}
        plain = Peers(running.addresses)
        assert {type(error) for error in await at_the_engine(plain)} == {Unavailable}
        await plain.close()
    with sqlite3.connect(folder / "assay.db") as connection:
        assert connection.execute("SELECT DISTINCT tenant FROM validations").fetchall() == [("acme",)]
        assert connection.execute("SELECT DISTINCT tenant FROM usage WHERE kind = 'sandbox-seconds'").fetchall() == [
            ("acme",)
        ]
    connection.close()
