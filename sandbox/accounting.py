"""What runs cost, counted where it arises: how long each container was held, for whoever had it claimed."""

import contextvars
import time
from collections.abc import Callable
from typing import Generic

from sandbox.attempt import S, Sandboxes
from sandbox.sizing import Size


class CountedSandboxes(Generic[S]):
    """
    Sandboxes, and for how long each is held: from its claim, when it is there, to its end.

    :param used: Counts seconds for the caller. It is called in the context in which the sandbox was claimed: what ends
        one may be the clean-up of a stream that its client left, which knows no caller.
    """

    def __init__(self, inner: Sandboxes[S], used: Callable[[float], None]) -> None:
        self._inner = inner
        self._used = used
        self._held: dict[int, tuple[float, contextvars.Context]] = {}
        self.resize = inner.resize
        self.settle = inner.settle
        self.stands_still = inner.stands_still

    async def claim(self, language: str, size: Size) -> tuple[S, frozenset[str]]:
        """Claim one, and look at the clock."""
        claimed = await self._inner.claim(language, size)
        self._held[id(claimed[0])] = time.monotonic(), contextvars.copy_context()
        return claimed

    def discard(self, language: str, sandbox: S, *, at_once: bool) -> None:
        """End one, and count how long it was held."""
        since, context = self._held.pop(id(sandbox))
        context.run(self._used, time.monotonic() - since)
        self._inner.discard(language, sandbox, at_once=at_once)
