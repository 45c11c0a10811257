"""Running interactive examples (``>>> f(1)``): what they print is told, and compared elsewhere."""

from __future__ import annotations

import io
import sys

from .channel import bounded, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .channel import Channel
    from .describe import Describer
    from .reporter import Reporter

MAX_PRINTED = 20_000


class Examples:
    """Runs groups of examples, each of which shares its names."""

    def __init__(self, channel: Channel, reporter: Reporter, describer: Describer) -> None:
        self._channel = channel
        self._reporter = reporter
        self._describer = describer

    def run(self, test: str, sources: list[str], names: dict[str, Any]) -> None:
        """Run the examples of one group."""
        self._reporter.start(test)
        for number, source in enumerate(sources):
            text, error = printed(source, names)
            facts: dict[str, Any] = {}
            if error is not None:
                facts = {"raised": bounded(type(error).__name__, 200), "error": self._describer.describe(error)}
            self._channel.send("printed", example=number, text=bounded(text, MAX_PRINTED), **facts)
        self._reporter.end(test, None)


def printed(
    source: str, names: dict[str, Any], translate: Any = compile, run: Any = exec
) -> tuple[str, BaseException | None]:
    """
    Run one example; return what it printed, its value included, and what it raised.

    :param translate: The builtin function, as it was before the candidate could replace it.
    :param run: Likewise.
    """
    out, shown = sys.stdout, sys.displayhook
    sys.stdout = written = io.StringIO()
    sys.displayhook = sys.__displayhook__
    error = None
    try:
        run(translate(source, "<example>", "single", dont_inherit=True), names)
    except BaseException as raised:
        error = raised
    finally:
        sys.stdout, sys.displayhook = out, shown
    try:
        return written.getvalue(), error
    except ValueError as closed:
        return text_of(closed), error
