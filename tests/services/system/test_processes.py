"""The system service in a process of its own, with tokens between it and those that it looks at."""

import json
from contextlib import AsyncExitStack
from pathlib import Path

from assay.client import suite_on
from assay.v1 import system_pb2

from host.caller import SYSTEM_TENANT
from host.database import Database, sql
from host.settings import Settings
from tests.identities import Identities
from tests.processes import host

READING = ("static", "placeholder", "semantic")
TENANTS = "SELECT DISTINCT tenant FROM validations"


async def report(folder: Path) -> system_pb2.HealthReport:
    """Run three processes that show each other tokens, and return the report of the third."""
    identities = Identities(folder)
    addresses: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for names, trusts in ((READING, "validation"), (("validation",), "system"), (("system",), "gateway")):
            environment = {"ASSAY_PEERS": json.dumps(addresses), **identities.environment(names[0], trusts=[trusts])}
            server = await stack.enter_async_context(host(*names, state=folder, **environment))
            stack.push_async_callback(server.stop)
            addresses.update(dict.fromkeys(names, server.address))
        peers = identities.peers("gateway", addresses)
        stack.push_async_callback(peers.close)
        asked = system_pb2.GetHealthReportRequest(checks=["cache", "queue", "validation"])
        return (await suite_on(peers.channel("system")).system.GetHealthReport(asked, timeout=60)).report


async def test_as_itself(folder: Path) -> None:
    """What it validates is the system's own, whoever asks for the report, since its tokens say so."""
    told = await report(folder)
    assert [check.message for check in told.checks if check.status == system_pb2.HEALTH_STATUS_UNHEALTHY] == []
    database = Database(Settings(state_dir=folder))
    tenants = await database.read(lambda connection: list(connection.execute(sql(TENANTS)).scalars()))
    await database.close()
    assert tenants == [SYSTEM_TENANT]
