"""The line that says how far a call is."""

import io
import sys

import pytest

from cli.progress import Progress


class Terminal(io.StringIO):
    """A stream that somebody watches, or nobody."""

    def __init__(self, *, watched: bool) -> None:
        super().__init__()
        self._watched = watched

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return self._watched


@pytest.mark.parametrize(("watched", "total", "shown"), [(True, 4, True), (True, 1, False), (False, 4, False)])
def test_only_where_somebody_watches(monkeypatch: pytest.MonkeyPatch, watched: bool, total: int, shown: bool) -> None:
    """A bar is drawn on a terminal, for more than one step, and taken away; elsewhere nothing is written."""
    stream = Terminal(watched=watched)
    monkeypatch.setattr(sys, "stderr", stream)
    progress = Progress(total)
    progress.show(1, "esc\x1b.py")
    drawn = stream.getvalue()
    progress.clear()
    assert (f"█████{'░' * 15} 1 of 4: esc\\x1b.py" in drawn) is shown
    assert stream.getvalue().endswith("\r\x1b[2K") is shown
    assert bool(stream.getvalue()) is shown
