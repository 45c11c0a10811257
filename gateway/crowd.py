"""Whether more calls come than can be served: who is to be refused is told first then."""

import asyncio

WINDOW_SECONDS = 0.01
"""How long calls are counted together."""

MANY = 16
"""As many in that time are a crowd: twice as many a second as one process can hand on."""

MOST_SECONDS = 0.1
"""The longest that a call which may go on waits for a crowd to have come."""


class Crowd:
    """
    Counts calls as they come.

    To look at a call and to refuse it takes a small part of what serving it takes. Served at once, the first of a crowd
    would keep all that came with them waiting for a word.
    """

    def __init__(self) -> None:
        self._came = 0
        self._passed: asyncio.Event | None = None
        """Set when a crowd has come; there is one while it comes."""

    def came(self) -> None:
        """Count a call."""
        self._came += 1
        if self._came == 1 and self._passed is None:
            asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._look)
        if self._came == MANY and self._passed is None:
            self._passed = asyncio.Event()

    def _look(self) -> None:
        came, self._came = self._came, 0
        if came >= MANY:
            asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._look)
        elif self._passed is not None:
            self._passed.set()
            self._passed = None

    async def passed(self) -> None:
        """Wait while a crowd comes, for a moment at most."""
        if self._passed is not None:
            passed = self._passed
            try:
                async with asyncio.timeout(MOST_SECONDS):
                    await passed.wait()
            except TimeoutError:
                pass
