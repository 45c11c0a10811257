"""What stands between a process and NATS, and withholds what the process says it is done with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

DONE = (b"", b"+ACK")
"""What a message is acknowledged with; anything else says that it is in use, or is to be handed out again."""


class Withholding:
    """
    A relay of connections to NATS, without encryption, that loses acknowledgements while it is told to.

    :param port: Where NATS is, on this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.withholds = False
        self.withheld = asyncio.Event()
        """Set once an acknowledgement was lost."""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Relay until the block is left, and return the port to connect to."""
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        async with server:
            yield int(server.sockets[0].getsockname()[1])

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back, on = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.close()
            return
        ways = [asyncio.create_task(_copy(back, writer)), asyncio.create_task(self._said(reader, on))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, on):
                end.close()

    async def _said(self, reader: asyncio.StreamReader, on: asyncio.StreamWriter) -> None:
        """Hand on what the process says, in the protocol of NATS (https://docs.nats.io/reference/nats-protocol)."""
        while line := await reader.readline():
            words = line.split()
            message = b""
            if words and words[0].upper() in {b"PUB", b"HPUB"}:
                message = await reader.readexactly(int(words[-1]) + 2)
                is_done = words[1].startswith(b"$JS.ACK.ASSAY_JOBS.") and message.rstrip(b"\r\n") in DONE
                if self.withholds and is_done:
                    self.withheld.set()
                    continue
            on.write(line + message)
            await on.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
