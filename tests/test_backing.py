"""The NATS and PostgreSQL of tests are what tests take them for."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import APIError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.backing import LABEL, Nats, Postgres, started_nats

pytestmark = pytest.mark.docker


async def stored(server: Nats, stream: str) -> int:
    """Return how many messages a stream holds."""
    client = await nats.connect(server.url)
    info = await client.jetstream().stream_info(stream)
    await client.close()
    return int(info.state.messages)


async def fill(stream: JetStreamContext) -> None:
    """Publish until it is refused."""
    while True:
        await stream.publish("full", bytes(512 * 1024))


async def test_jetstream_keeps_what_it_acknowledged_over_a_kill(nats_server: Nats) -> None:
    """A server that was killed comes back on its port with its messages."""
    with started_nats() as server:
        client = await nats.connect(server.url)
        stream = client.jetstream()
        await stream.add_stream(name="KEPT", subjects=["kept"])
        for number in range(10):
            await stream.publish("kept", str(number).encode())
        await client.close()
        await asyncio.to_thread(server.restart)
        assert await stored(server, "KEPT") == 10
    assert server.port != nats_server.port


async def test_a_small_store_is_full(nats_server: Nats) -> None:
    """A store of a few MiB refuses what does not fit, as a full disk does."""
    with started_nats(store_mib=4) as server:
        client = await nats.connect(server.url)
        stream = client.jetstream()
        await stream.add_stream(name="FULL", subjects=["full"])
        with pytest.raises(APIError, match="resource"):
            await asyncio.wait_for(fill(stream), 30)
        await client.close()


def engine(url: str) -> AsyncEngine:
    """Return an engine of a database's URL, as a service would have it."""
    return create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))


async def ask(database: AsyncEngine, question: str) -> object:
    """Return the one value that a question gives."""
    async with database.begin() as connection:
        return (await connection.execute(text(question))).scalar()


async def test_databases_are_apart_and_have_vectors(postgres: Postgres) -> None:
    """Each fresh database is empty, and pgvector is there for the asking."""
    first, second = engine(postgres.fresh_database()), engine(postgres.fresh_database())
    async with first.begin() as connection:
        for statement in ("CREATE EXTENSION vector", "CREATE TABLE t AS SELECT '[1,2,3]'::vector AS v"):
            await connection.execute(text(statement))
    assert await ask(first, "SELECT v <-> '[1,2,5]' FROM t") == 2
    assert await ask(second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await first.dispose()
    await second.dispose()


async def test_a_paused_server_answers_when_it_goes_on(postgres: Postgres) -> None:
    """A question to a frozen server waits, and is answered when it goes on."""
    database = engine(postgres.fresh_database())
    await ask(database, "SELECT 1")
    postgres.pause()
    try:
        asked = asyncio.create_task(ask(database, "SELECT 42"))
        done, _ = await asyncio.wait([asked], timeout=0.5)
        assert not done
    finally:
        postgres.unpause()
    assert await asyncio.wait_for(asked, 10) == 42
    await database.dispose()


def test_nothing_stays_of_a_killed_test(nats_server: Nats) -> None:
    """Where the test process is killed, its containers go all the same."""
    program = (
        "import sys, time\nfrom tests import backing\n"
        "fixture = backing.backing_ready.__wrapped__()\nnext(fixture)\n"
        "with backing.started_nats() as server:\n    print(backing.OWNER, flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    owner = process.stdout.readline().strip()
    find = ["docker", "ps", "-aq", "--filter", f"label={LABEL}={owner}"]
    assert owner
    assert subprocess.run(find, capture_output=True, timeout=20, check=True).stdout
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
    ends_at = time.monotonic() + 30
    while subprocess.run(find, capture_output=True, timeout=20, check=True).stdout:
        assert time.monotonic() < ends_at, "the container stayed"
        time.sleep(0.2)


def test_the_monitoring_port_is_open(nats_server: Nats) -> None:
    """The server tells how it is."""
    with urllib.request.urlopen(f"http://127.0.0.1:{nats_server.monitoring_port}/healthz", timeout=5) as answer:
        assert answer.status == 200
