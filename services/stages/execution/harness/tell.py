"""What a check that was taken apart calls: it tells values, and decides nothing."""

from __future__ import annotations

from .channel import FullError, bounded
from .plain import Encoder, NotPlainError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .channel import Channel
    from .describe import Describer

PASSED_ON = {"_pytest.outcomes", "unittest.case"}
"""Modules whose exceptions are the tests' way to end, not what a test expects."""


class Tell:
    """Tells the values of checks, and the exceptions that checks expect."""

    def __init__(self, channel: Channel, describer: Describer) -> None:
        self._channel = channel
        self._describer = describer

    def __call__(self, check: int, *values: Any) -> None:
        """Tell the values of a check; that they cannot be told is told as well."""
        problem = "larger than what is told"
        try:
            encoder = Encoder()
            told = [encoder.encode(value) for value in values]
            self._channel.send_bounded("told", check=check, values=told)
        except NotPlainError as error:
            problem = str(error)
        except (FullError, RecursionError, MemoryError):
            pass
        else:
            return
        self._channel.send("told", check=check, problem=bounded(f"a value is {problem}"))

    def among(self, check: int, value: Any, others: list[Any]) -> None:
        """Tell which of several values an object equals; one that it cannot be compared with is none."""
        told = []
        for other in others:
            try:
                told.append(bool(value == other))
            except Exception:
                told.append(False)
        self(check, told)

    def raising(self, check: int) -> Raising:
        """Return a context that tells what its block raises, and lets it go on."""
        return Raising(self, check)

    def raised(self, check: int, error: BaseException | None) -> None:
        """Tell what a block raised; None where it raised nothing."""
        if error is None:
            self._channel.send("raised", check=check)
            return
        types = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
        self._channel.send("raised", check=check, types=types, error=self._describer.describe(error))


class Raising:
    """The context of a block that is to raise."""

    def __init__(self, tell: Tell, check: int) -> None:
        self._tell = tell
        self._check = check

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> bool:
        if kind is not None and kind.__module__ in PASSED_ON:
            return False
        self._tell.raised(self._check, error)
        return True
