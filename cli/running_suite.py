"""The running suite that a command is told to use, instead of one of its own."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cli.sources import BadSource

if TYPE_CHECKING:
    from assay.client import Suite

AUTHORITIES = "ASSAY_CA"
"""The variable that names a file of the authorities (PEM) that a gateway's certificate may come from."""


@dataclass(frozen=True, slots=True)
class RunningSuite:
    """
    A running suite.

    :param address: As :func:`assay.client.connect` takes it.
    :param key: Shown with every call; empty: none.
    :param authority: The authorities (PEM) that its certificate may come from; None: those of ``ASSAY_CA``.
    """

    address: str
    key: str = field(default="", repr=False)
    authority: bytes | None = None

    @asynccontextmanager
    async def connected(self) -> "AsyncIterator[Suite]":
        """
        Yield a client of it.

        :raises cli.sources.BadSource: The file of authorities cannot be read.
        :raises assay.errors.AssayError: Nobody answers there, or the key cannot be sent there.
        """
        from assay.client import TLS, connect

        ca = (self.authority or _authorities()) if self.address.startswith(TLS) else None
        async with self._said_by_name(), connect(self.address, key=self.key, ca=ca) as client:
            yield client

    @asynccontextmanager
    async def _said_by_name(self) -> AsyncIterator[None]:
        """Name the address where nobody answers there; gRPC's own text is about sockets."""
        import grpc.aio
        from assay.errors import Unavailable

        try:
            yield
        except grpc.aio.AioRpcError as error:
            # What a server says comes with metadata of the server.
            if error.code() is grpc.StatusCode.UNAVAILABLE and not error.trailing_metadata():
                raise Unavailable(f"no suite answers at {self.address}{_why(error.details() or '')}") from None
            raise


def running_suite(address: str, key: str) -> RunningSuite | None:
    """
    Return the running suite that the options name, or None.

    :param key: What surrounds it, as a line's end in a file of secrets, is left out.
    """
    return RunningSuite(address, key.strip()) if address else None


def _authorities() -> bytes | None:
    named = os.environ.get(AUTHORITIES)
    if not named:
        return None
    try:
        return Path(named).read_bytes()
    except OSError as error:
        raise BadSource(f"{AUTHORITIES}: {named}: {(error.strerror or 'it cannot be read').lower()}") from None


def _why(details: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in details or "Hostname Verification" in details:
        return f": its certificate is not one that can be trusted ({AUTHORITIES} names the authorities)"
    return ""
