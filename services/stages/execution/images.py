"""Which images the sandbox has: what a program does depends on them, so they are a part of the stage's version."""

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING

import grpc.aio
from assay.v1.sandbox_pb2 import ListLanguagesRequest

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

ASK_SECONDS = 5.0
KEPT_SECONDS = 60.0
"""How long an answer is believed: a sandbox that comes back after an update may have other images."""


class Images:
    """What is known of the sandbox's images."""

    def __init__(self) -> None:
        self.digest = "unknown"
        self._asked = float("-inf")
        self._asking = asyncio.Lock()

    async def learn(self, stub: "SandboxServiceAsyncStub") -> None:
        """Ask the sandbox, unless it was asked lately. One that does not answer leaves them unknown."""
        async with self._asking:
            if time.monotonic() - self._asked < KEPT_SECONDS:
                return
            try:
                answer = await stub.ListLanguages(ListLanguagesRequest(), timeout=ASK_SECONDS)
            except grpc.aio.AioRpcError:
                self.digest = "unknown"
                return
            made = hashlib.sha256()
            for language in answer.languages:
                made.update(f"{language.name}\0{language.image}\0".encode())
                made.update(language.default_limits.SerializeToString(deterministic=True))
            self.digest = made.hexdigest()[:16]
            self._asked = time.monotonic()
