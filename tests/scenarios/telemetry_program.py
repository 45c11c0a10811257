"""
Serves a suite behind its gateway, makes calls that all hold a secret, and prints the metrics at the end.

A process of its own, since providers are, and so that everything it writes is seen. One of its stages breaks with the
code in its exception.
"""

import asyncio
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import grpc.aio
from assay.client import Suite, connect
from assay.v1 import candidate_pb2, event_pb2, source_pb2, system_pb2, validation_pb2

from gateway.key_store import key_store
from gateway.keys import new_key
from host import catalog, logs, telemetry
from host.embedded import embedded
from host.settings import Settings
from host.settings_network import GatewaySettings

SECRET = "canary7c1f"
BOUND = 60.0

BROKEN = catalog.Entry("broken", catalog.STAGE_SERVICE, "tests.toys:broken")

CODE = f'''
import {SECRET}_package

{SECRET} = "password {SECRET}"

def {SECRET}_function(value):
    # TODO: implement {SECRET}
    raise NotImplementedError("{SECRET}")
'''


def candidate(path: str, code: str) -> candidate_pb2.Candidate:
    """Return a candidate that holds the secret wherever it can."""
    return candidate_pb2.Candidate(
        files=[source_pb2.SourceFile(path=path, content=code.encode())],
        specification=candidate_pb2.Specification(text=f"A function {SECRET}_function that knows {SECRET}."),
        labels={SECRET: SECRET},
    )


async def calls(suite: Suite) -> None:
    """Validate, queue, fail, and be refused."""
    good = candidate(f"{SECRET}.py", CODE)
    policy = validation_pb2.ValidationPolicy(repair=validation_pb2.RepairPolicy(max_rounds=1))
    request = validation_pb2.ValidateRequest(candidate=good, policy=policy, request_id=SECRET)
    made = (await suite.validation.Validate(request, timeout=BOUND)).validation
    assert SECRET in str(made)
    queued = await suite.validation.CreateValidation(
        validation_pb2.CreateValidationRequest(candidate=candidate("b.py", f"{CODE}\n# again\n")), timeout=BOUND
    )
    watching = validation_pb2.WatchValidationRequest(id=queued.validation.id)
    assert [event async for event in suite.validation.WatchValidation(watching, timeout=BOUND)]
    for bad in (
        validation_pb2.ValidateRequest(candidate=candidate(f"../{SECRET}.py", CODE)),
        validation_pb2.ValidateRequest(candidate=good, request_id=f"{SECRET} {SECRET}"),
        validation_pb2.ValidateRequest(candidate=candidate("a.py", "def ("), policy={"stages": [SECRET]}),
    ):
        with suppress(grpc.aio.AioRpcError):
            await suite.validation.Validate(bad, timeout=BOUND)
            raise AssertionError("it should have been refused")
    await suite.system.GetHealthReport(system_pb2.GetHealthReportRequest(), timeout=BOUND)
    with suppress(grpc.aio.AioRpcError):
        async for _ in suite.events.Subscribe(event_pb2.SubscribeRequest(kinds=[SECRET]), timeout=1):
            pass


async def main(folder: Path) -> None:
    """Make the calls with a key, with one that is none, and to methods that are none."""
    gateway = GatewaySettings(listen=f"unix:{folder}/door")
    settings = Settings(state_dir=folder / "state", sandbox_enabled=False, gateway=gateway)
    async with key_store(settings) as store:
        text, key = new_key(await store.root(), tenant="acme", scopes=frozenset({"*"}), now=0.0)
        await store.add(key)
    print(text)  # noqa: T201  # read by the test
    async with embedded(settings):
        async with connect(gateway.listen, key=text) as suite:
            await calls(suite)
        for wrong in (text[:-1] + "x", SECRET):
            async with connect(gateway.listen, key=wrong) as suite:
                with suppress(grpc.aio.AioRpcError):
                    await calls(suite)


if __name__ == "__main__":
    catalog.BUILT_IN = (*catalog.BUILT_IN, BROKEN)
    own = Settings()
    logs.configure("debug", "json")
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as temporary, telemetry.told((), own.telemetry):
        asyncio.run(main(Path(temporary)))
        sys.stdout.write(telemetry.exposition().decode())
