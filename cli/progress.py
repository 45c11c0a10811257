"""One line on standard error that says what is done, where somebody watches."""

import sys

from cli.printable import printable

_WIDTH = 100
_BAR = 20


class Progress:
    """
    A line with a bar that is written over itself. Silent where standard error is no terminal.

    :param total: How many steps there are; one step needs no line.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._shown = sys.stderr.isatty() and total > 1

    def show(self, done: int, name: str) -> None:
        """Say how many steps are done and what comes now."""
        if self._shown:
            full = _BAR * done // self._total
            bar = "█" * full + "░" * (_BAR - full)
            line = f"{bar} {done} of {self._total}: {printable(name)}"
            sys.stderr.write(f"\r\x1b[2K{line[:_WIDTH]}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away, before anything else is printed."""
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
