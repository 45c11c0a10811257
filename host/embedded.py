"""The whole suite in this process, on a private Unix socket."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from host import catalog
from host.server import serving
from host.settings import Settings


def embedded_names(settings: Settings) -> tuple[str, ...]:
    """
    Return the services that an embedded suite serves: all, less the sandbox where it is switched off, and less the
    gateway where it is not told to listen anywhere.
    """
    left_out = set() if settings.sandbox_enabled else {"sandbox"}
    if not (settings.gateway.listen or settings.gateway.http_listen):
        left_out.add(catalog.GATEWAY)
    return tuple(name for name in catalog.entries() if name not in left_out)


@asynccontextmanager
async def embedded(settings: Settings) -> AsyncIterator[str]:
    """
    Serve every service in this process until the block is left, and return the address.

    The socket lies in a folder that only its owner may enter. Folders under the temporary directory keep the path well
    below the 107 bytes that a Unix socket's address may have.
    """
    folder = tempfile.mkdtemp(prefix="assay-")
    try:
        async with serving(embedded_names(settings), f"unix:{folder}/s", settings) as address:
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)
