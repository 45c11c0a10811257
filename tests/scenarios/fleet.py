"""A suite of one process a service, encrypted, with tokens, behind a gateway; each can be killed and started again."""

import asyncio
import json
import random
import signal
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.key_store import key_store
from host.settings import Settings
from host.settings_network import QuotaSettings
from tests.certificates import Authority
from tests.gateway.guarded import made_key
from tests.identities import Identities
from tests.processes import MOST_LINES, Server, started

STAGES = ("static", "placeholder", "semantic", "execution", "scoring")

CALLERS: Mapping[str, Sequence[str]] = {
    "events": ["gateway"],
    "sandbox": ["execution", "gateway", "system"],
    **dict.fromkeys(STAGES, ("validation",)),
    "validation": ["gateway", "system"],
    "system": ["gateway"],
    "gateway": ["system"],
}
"""The services of a whole suite, and who calls each."""

RUNNING = ("sandbox", "execution")
"""Those that a suite does without which only reads."""

NO_QUOTA = QuotaSettings(calls_per_second=0, concurrent_runs=0, concurrent_streams=0)

SMALL: Mapping[str, str] = {
    "ASSAY_WORKERS__COUNT": "1",
    "ASSAY_SANDBOX__LANGUAGES": '["python"]',
    "ASSAY_SANDBOX__POOLS": '{"python": {"floor": 2, "ceiling": 4}}',
}
"""What keeps a dozen processes on a small machine from standing in one another's way."""

AT_ONCE = 4
"""Processes that are started at one time: all at once, each of them takes as long as all."""

PORTS = range(20_000, 30_000)
"""Below those that outgoing connections are given, so that none takes the port of a process that is being restarted."""


@dataclass
class Member:
    """
    A process of a fleet, at an address that stays its own.

    :param service: What it serves, by its name in the catalog.
    """

    service: str
    listen: str
    state: Path
    environment: dict[str, str]
    server: Server | None = None
    past: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    """The last lines of the processes that were here before."""

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        await self.end()
        self.server = await started(self.service, state=self.state, listen=self.listen, **self.environment)
        await self.server.serving()

    async def kill(self) -> None:
        """Kill it as a power cut would, and see it gone."""
        await self._gone(signal.SIGKILL)

    async def stop(self) -> None:
        """Stop it in good order."""
        await self._gone(signal.SIGTERM)

    async def _gone(self, number: signal.Signals) -> None:
        if self.server is not None:
            await self.server.stop(number)
            self._keep()

    async def end(self) -> None:
        """End it at once, whatever its state."""
        if self.server is not None:
            await self.server.end()
            self._keep()

    def _keep(self) -> None:
        if self.server is not None:
            self.past += self.server.lines
            self.server = None

    @property
    def runs(self) -> bool:
        """Whether it has not ended by itself."""
        return self.server is not None and self.server.process.returncode is None

    @property
    def lines(self) -> list[str]:
        """What it wrote, and those before it."""
        return [*self.past, *(self.server.lines if self.server else ())]


@dataclass
class Fleet:
    """
    A suite that runs.

    :param members: Its processes, by name: that of the service, and for further ones of it with a number behind.
    :param door: How it is connected to: arguments of :func:`assay.client.connect`.
    """

    members: Mapping[str, Member]
    door: Mapping[str, Any]

    def of(self, service: str) -> Sequence[Member]:
        """Return the processes of a service."""
        return [member for member in self.members.values() if member.service == service]


@asynccontextmanager
async def fleet(
    folder: Path,
    *,
    sandbox: bool,
    replicas: int = 1,
    environment: Mapping[str, str] | None = None,
    own: Mapping[str, Mapping[str, str]] | None = None,
) -> AsyncIterator[Fleet]:
    """
    Run a whole suite until the block is left.

    :param sandbox: Whether code is run in it.
    :param replicas: How many processes make validations. The gateway calls the first; all take from the queue.
    :param environment: More settings, for all of them.
    :param own: And for some alone, by their names or that of their service.
    """
    names = [name for name in CALLERS if sandbox or name not in RUNNING]
    named = [*names, *(f"validation-{number}" for number in range(2, replicas + 1))]
    addresses = dict(zip(named, free_addresses(len(named)), strict=True))
    identities, authority = Identities(folder), Authority(folder, "public")
    more = {**SMALL, "ASSAY_PEERS": json.dumps({name: addresses[name] for name in names}), **(environment or {})}
    door, settings = _door(authority)
    # One key and one certificate for all processes of a service, as a deployment has it.
    secured = {name: identities.environment(name, trusts=CALLERS[name]) for name in names}
    members: dict[str, Member] = {}
    for name in named:
        service = name.partition("-")[0]
        members[name] = Member(service, addresses[name], folder, {**more, **secured[service]})
    members["gateway"].environment |= settings
    for name, member in members.items():
        for key in dict.fromkeys((member.service, name)):
            member.environment |= (own or {}).get(key, {})
    try:
        await _started(members.values())
        key = await _key(folder, more)
        yield Fleet(members, {"address": f"tls:{door}", "ca": authority.content, "key": key})
        await asyncio.gather(*(member.stop() for member in members.values()))
    finally:
        await asyncio.gather(*(member.end() for member in members.values()))


async def _started(members: Iterable[Member]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def start(member: Member) -> None:
        async with turns:
            await member.start()

    await asyncio.gather(*map(start, members))


def _door(authority: Authority) -> tuple[str, Mapping[str, str]]:
    """Return where the door is, and the gateway's settings of it."""
    (address,) = free_addresses(1)
    pair = authority.signed("door")
    return address, {
        "ASSAY_GATEWAY__LISTEN": address,
        "ASSAY_GATEWAY__CERTIFICATE": str(pair.certificate),
        "ASSAY_GATEWAY__KEY": str(pair.key),
        "ASSAY_GATEWAY__QUOTA": NO_QUOTA.model_dump_json(),
    }


async def _key(folder: Path, environment: Mapping[str, str]) -> str:
    """Make a key in the fleet's database."""
    database = {
        name.removeprefix("ASSAY_").lower(): value
        for name, value in environment.items()
        if name.startswith("ASSAY_DATABASE_")
    }
    async with key_store(Settings(state_dir=folder, **database)) as store:  # type: ignore[arg-type]  # of the names above
        return (await made_key(store))[0]


def free_addresses(count: int) -> list[str]:
    """Return addresses at which nobody listens."""
    found: list[str] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(f"127.0.0.1:{port}")
        if len(found) == count:
            break
    return found
