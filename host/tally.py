"""What one call uses, added up while it is served: told at its end, to whoever made it."""

import asyncio
import contextvars
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

HEADER = "x-assay-used-"
"""Begins the trailing metadata in which a call tells what it used; the kind follows."""

SANDBOX_SECONDS = "sandbox-seconds"
"""Wall-clock seconds in which containers were held, whatever happened in them."""

BYTES = "bytes"
"""Of a call's requests and responses, as they pass the door, after decompression."""

CALLS = "calls"
"""Calls that the door took."""

AI_MICRO_USD = "ai-micro-usd"
"""What AI providers charge, in millionths of a US dollar."""

KINDS = (SANDBOX_SECONDS, BYTES, CALLS, AI_MICRO_USD)

MOST_AMOUNT = 1e15
"""What a peer says it used beyond this is not believed."""

Pairs = Iterable[tuple[str, str | bytes]]


class Tally:
    """What one call has used so far, by kind."""

    def __init__(self) -> None:
        self._amounts: dict[str, float] = {}
        self._expected: set[asyncio.Future[None]] = set()

    @property
    def amounts(self) -> Mapping[str, float]:
        """What was used, by kind; what was not used at all is not there."""
        return self._amounts

    def add(self, kind: str, amount: float) -> None:
        """Count what was used."""
        if amount:
            self._amounts[kind] = self._amounts.get(kind, 0.0) + amount

    def add_told(self, metadata: Pairs) -> None:
        """Count what a call to a peer says that it used; what cannot be meant is passed over."""
        for key, value in metadata:
            kind = key.removeprefix(HEADER)
            if key.startswith(HEADER) and kind in KINDS:
                self.add(kind, _amount(value))

    def expect(self) -> Callable[[Pairs], None]:
        """
        Expect to be told what another call used that is made for this one.

        :returns: What is to be given, at that call's end and once, what its trailing metadata say; nothing where they
            say nothing. Given more, it passes that over.
        """
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._expected.add(told)
        told.add_done_callback(self._expected.discard)

        def hear(metadata: Pairs) -> None:
            if not told.done():
                self.add_told(metadata)
                told.set_result(None)

        return hear

    async def complete(self, seconds: float) -> None:
        """Wait until all that was expected is heard, or the time is over."""
        if self._expected:
            await asyncio.wait(tuple(self._expected), timeout=seconds)

    def metadata(self, others: Pairs = ()) -> tuple[tuple[str, str | bytes], ...]:
        """Return trailing metadata that tell of this, and others; what those say of it is left out."""
        kept = (pair for pair in others if not pair[0].startswith(HEADER))
        return (*kept, *((f"{HEADER}{kind}", _written(amount)) for kind, amount in self._amounts.items()))


def _amount(value: str | bytes) -> float:
    try:
        amount = float(value)
    except ValueError:
        return 0.0
    return amount if math.isfinite(amount) and 0 < amount <= MOST_AMOUNT else 0.0


def _written(amount: float) -> str:
    return f"{amount:.6f}".rstrip("0").rstrip(".")


_tally: contextvars.ContextVar[Tally | None] = contextvars.ContextVar("assay_tally", default=None)


def tally() -> Tally | None:
    """Return the tally of the call that is served; None outside of one."""
    return _tally.get()


@contextmanager
def tallying(one: Tally) -> Iterator[None]:
    """Count in a tally what is used in the block, and by the calls that it makes."""
    token = _tally.set(one)
    try:
        yield
    finally:
        try:
            _tally.reset(token)
        except ValueError:
            # A response stream that is torn down by another task has left its context already.
            _tally.set(None)
