"""Calls of the candidate's functions where nothing else is there to be run: only what goes wrong is told."""

from __future__ import annotations

import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .channel import Channel
    from .describe import Describer

SECONDS = 1.0
"""For all calls together."""


class TimeUpError(BaseException):
    """The time for calls is over."""


class Calls:
    """
    Makes calls, for as long as there is time.

    :param calls: Expressions over the names of the candidate.
    """

    def __init__(self, calls: list[str], channel: Channel, describer: Describer) -> None:
        self._codes = [compile(call, "<call>", "eval", dont_inherit=True) for call in calls]
        self._channel = channel
        self._describer = describer

    def run(self, names: dict[str, Any]) -> None:
        """Make each call, and tell how it ended."""
        signal.signal(signal.SIGALRM, _stop)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            for number, code in enumerate(self._codes):
                self._one(number, code, names)
        except TimeUpError:
            return
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _one(self, number: int, code: Any, names: dict[str, Any]) -> None:
        self._channel.send("calling", call=number)
        try:
            eval(code, names)  # noqa: S307  # of our own making
        except TimeUpError:
            raise
        except BaseException as error:
            self._channel.send("called", call=number, error=self._describer.describe(error))
        else:
            self._channel.send("called", call=number)


def _stop(*_: object) -> None:
    raise TimeUpError
