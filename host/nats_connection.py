"""
The connection of a process to NATS: there when NATS is, made again when it was lost, and never waited for at the start.

A connection that is lost is not mended but made anew: whoever works with one begins again with the next, and asks for
its streams and subscriptions again, which changes nothing where they are there.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import structlog
from opentelemetry import metrics

from host.key_files import read_public, read_secret
from host.settings import BadSettings
from host.settings_network import NatsSettings
from host.waiting import a_while

if TYPE_CHECKING:
    from nats.aio.client import Client

_log = structlog.get_logger("assay.nats")

DEFAULT_PORT = 4222

RETRY_SECONDS = 0.5
"""How long after a try that failed the next one comes."""

REFUSED_SECONDS = 5.0
"""The same where NATS answered and did not let us in: that takes somebody to change something."""

CONNECT_SECONDS = 2
"""How long a connection may take; and how long a host may take to answer at all."""

PING_SECONDS = 10
"""How often NATS is asked whether it is there. A connection with two answers outstanding is lost."""

CLOSE_SECONDS = 2.0
"""How long closing may take."""

LOOK_SECONDS = 0.25
"""How often it is looked whether a connection is still there."""

_connected = metrics.get_meter("assay.nats").create_up_down_counter(
    "assay.nats.connected", "{connection}", "Whether this process is connected to NATS"
)


class NatsConnection:
    """
    A connection that is made when it is first asked for.

    :param settings: Where NATS is, and who we are.
    :param name: What the connection is called where connections are shown.
    :raises BadSettings: One of the settings cannot be used.
    """

    def __init__(self, settings: NatsSettings, name: str) -> None:
        self._servers = _servers(settings.url)
        self._user = settings.user
        self._password = _password(settings.password_file)
        self._tls = _encryption(settings.ca, self._servers)
        self._name = name
        self._wanted = asyncio.Event()
        self._client: Client | None = None
        self._changed = asyncio.Event()
        self._was_told = False
        self.replicas = settings.replicas
        """How many servers keep each message."""

    @property
    def inbox(self) -> str:
        """How the subjects begin on which answers come: each user's own, so that nobody hears another's."""
        return inbox_of(self._user)

    @property
    def client(self) -> "Client | None":
        """The connection; None while there is none."""
        client = self._client
        return client if client is not None and client.is_connected else None

    async def connected(self) -> "Client":
        """Wait for a connection, however long NATS is away, and return it."""
        self._wanted.set()
        while (client := self.client) is None:
            self._changed.clear()
            await self._changed.wait()
        return client

    async def lost(self, client: "Client") -> None:
        """Wait until a connection is not there any more."""
        while self.client is client:
            self._changed.clear()
            await a_while(self._changed, LOOK_SECONDS)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator["NatsConnection"]:
        """Keep a connection, from when it is first wanted, until the block is left."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield self
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def _keep(self) -> None:
        await self._wanted.wait()
        tries = 0
        while True:
            server = self._servers[tries % len(self._servers)]
            tries += 1
            await asyncio.sleep(await self._used(server))

    async def _used(self, server: SplitResult) -> float:
        """Connect to a server and keep the connection while it lasts; return after how long to try again."""
        lost = asyncio.Event()
        try:
            await _probe(server)
            client = await self._connect(server, lost)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is tried again
            if "authorization" in str(error).lower():
                await self._failed("NATS does not let us in; see ASSAY_NATS__USER", server, error)
                return REFUSED_SECONDS
            await self._failed("NATS cannot be reached; it is tried again", server, error)
            return RETRY_SECONDS
        await self._keep_until(client, lost, server)
        return RETRY_SECONDS

    async def _keep_until(self, client: "Client", lost: asyncio.Event, server: SplitResult) -> None:
        self._client = client
        self._was_told = False
        _connected.add(1)
        self._changed.set()
        await _log.ainfo("connected to NATS", server=server.netloc)
        try:
            # Not by the event alone: nats waits for what was sent to a server that takes nothing any more.
            while client.is_connected and not lost.is_set():
                await a_while(lost, LOOK_SECONDS)
            await _log.awarning("the connection to NATS is lost; it is made anew", server=server.netloc)
        finally:
            self._client = None
            _connected.add(-1)
            await _close(client)

    async def _connect(self, server: SplitResult, lost: asyncio.Event) -> "Client":
        from nats.aio.client import Client

        async def closed() -> None:
            lost.set()

        async def failed(error: Exception) -> None:
            # What NATS refuses names a subject at most.
            await _log.awarning("NATS says", error=f"{type(error).__name__}: {str(error)[:200]}")

        client = Client()
        try:
            async with asyncio.timeout(2 * CONNECT_SECONDS):
                await client.connect(
                    [f"nats://{_address(server)}"],
                    name=self._name,
                    user=self._user or None,
                    password=self._password or None,
                    tls=self._tls,
                    tls_hostname=server.hostname if self._tls else None,
                    # Encrypted before anything is said: else whoever stands in between could say that it need not be.
                    tls_handshake_first=self._tls is not None,
                    inbox_prefix=self.inbox,
                    allow_reconnect=False,
                    max_reconnect_attempts=0,
                    connect_timeout=CONNECT_SECONDS,
                    ping_interval=PING_SECONDS,
                    closed_cb=closed,
                    disconnected_cb=closed,
                    error_cb=failed,
                )
        except BaseException:
            await _close(client)
            raise
        return client

    async def _failed(self, what: str, server: SplitResult, error: Exception) -> None:
        """Log the first failure in a row: NATS may be away for long."""
        if not self._was_told:
            self._was_told = True
            await _log.awarning(what, server=server.netloc, error=f"{type(error).__name__}: {str(error)[:200]}")


def inbox_of(user: str) -> str:
    """Return how the subjects begin on which a user of NATS gets answers."""
    return f"_INBOX_{user}" if user else "_INBOX"


async def _close(client: "Client") -> None:
    with suppress(Exception):
        await asyncio.wait_for(client.close(), CLOSE_SECONDS)


async def _probe(server: SplitResult) -> None:
    """Find out whether anybody listens: the client takes two seconds longer to see that nobody does."""
    connecting = asyncio.open_connection(server.hostname, server.port or DEFAULT_PORT)
    _, writer = await asyncio.wait_for(connecting, CONNECT_SECONDS)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _address(server: SplitResult) -> str:
    host = server.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{server.port or DEFAULT_PORT}"


def _servers(url: str) -> Sequence[SplitResult]:
    return [_server(one.strip()) for one in url.split(",")]


def _server(url: str) -> SplitResult:
    try:
        server = urlsplit(url)
        port = server.port
    except ValueError:
        raise BadSettings("the setting ASSAY_NATS__URL: it is no URL, such as nats://host:4222") from None
    if server.scheme not in {"nats", "tls"} or not server.hostname or server.path.strip("/") or port == 0:
        raise BadSettings("the setting ASSAY_NATS__URL: it has to be nats://host:4222 or tls://host:4222")
    if server.username or server.password:
        raise BadSettings(
            "the setting ASSAY_NATS__URL: the user belongs into ASSAY_NATS__USER, the password into a file"
        )
    return server


def _password(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return read_secret(path, "ASSAY_NATS__PASSWORD_FILE").decode().strip()
    except UnicodeDecodeError:
        raise BadSettings(f"the setting ASSAY_NATS__PASSWORD_FILE: {path} is no text") from None


def _encryption(ca: Path | None, servers: Sequence[SplitResult]) -> ssl.SSLContext | None:
    """Return how to encrypt; None: not at all."""
    if ca is None:
        return ssl.create_default_context() if any(server.scheme == "tls" for server in servers) else None
    try:
        return ssl.create_default_context(cadata=read_public(ca, "ASSAY_NATS__CA").decode())
    except (ssl.SSLError, ValueError):
        raise BadSettings(f"the setting ASSAY_NATS__CA: {ca} holds no certificates in PEM") from None
