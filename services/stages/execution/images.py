"""Which images the sandbox has: what a program does depends on them, so they are a part of the stage's version."""

import asyncio
import hashlib
from typing import TYPE_CHECKING

import grpc.aio
from assay.v1.sandbox_pb2 import ListLanguagesRequest

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

ASK_SECONDS = 5.0
EVERY_SECONDS = 30.0
"""How often the sandbox is asked again: one that comes back after an update may have other images."""

UNKNOWN = "unknown"


class Images:
    """What is known of the sandbox's images."""

    def __init__(self) -> None:
        self.digest = UNKNOWN
        self._stub: SandboxServiceAsyncStub | None = None

    async def learn(self, stub: "SandboxServiceAsyncStub") -> None:
        """Ask the sandbox, if nothing is known of its images. One that does not answer leaves them unknown."""
        self._stub = stub
        if self.digest == UNKNOWN:
            self.digest = await _digest(stub)

    async def keep(self) -> None:
        """Ask again every now and then, once somebody has asked; until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if self._stub is not None:
                self.digest = await _digest(self._stub)


async def _digest(stub: "SandboxServiceAsyncStub") -> str:
    try:
        answer = await stub.ListLanguages(ListLanguagesRequest(), timeout=ASK_SECONDS)
    except grpc.aio.AioRpcError:
        return UNKNOWN
    made = hashlib.sha256()
    for language in answer.languages:
        made.update(f"{language.name}\0{language.image}\0".encode())
        made.update(language.default_limits.SerializeToString(deterministic=True))
    return made.hexdigest()[:16]
