"""What is told of a deployment while it goes on: lines for a person, or JSON objects, one a line."""

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cli.deploy.course import Outcome
from cli.printable import printable


class State(StrEnum):
    """What became of a step."""

    BEGUN = "begun"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    PLANNED = "planned"


_MARKS = {State.DONE: "✓", State.SKIPPED: "-", State.FAILED: "✗", State.PLANNED: "·"}

_ENDS = {
    Outcome.DEPLOYED: "deployed",
    Outcome.ROLLED_BACK: "rolled back",
    Outcome.REFUSED: "refused",
    Outcome.BROKEN: "BROKEN: neither version is known to work; docs/operations.md says what to do",
}


class Report:
    """
    Tells each step as it comes, on standard output.

    :param as_json: Whether as JSON: ``time``, ``run``, and ``phase``, ``step``, ``state``, ``message``, ``seconds``,
        ``remedy`` of a step; ``outcome`` and ``message`` at the end.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._run = ""

    def begin(self, run: str, message: str) -> None:
        """Tell that a deployment begins, or is taken up."""
        self._run = run
        self._tell({"state": State.BEGUN.value, "message": message}, f"{run} {message}".strip())

    def step(
        self,
        phase: str,
        name: str,
        state: State,
        message: str = "",
        *,
        seconds: float | None = None,
        remedy: str = "",
    ) -> None:
        """Tell of a step, or of a look before any."""
        facts: dict[str, Any] = {"phase": str(phase), "step": name, "state": state.value, "message": message}
        if seconds is not None:
            facts["seconds"] = round(seconds, 3)
        if remedy:
            facts["remedy"] = remedy
        self._tell(facts, _line(phase, name, state, message, seconds) if state in _MARKS else "")
        if remedy and not self._as_json:
            _print(f"    {printable(remedy)}")

    def end(self, outcome: Outcome, reason: str) -> Outcome:
        """Tell what became of the whole, and return it."""
        plain = _ENDS[outcome] + (f" ({reason})" if reason else "")
        self._tell({"outcome": outcome.name.lower(), "message": reason}, plain)
        return outcome

    def stopped(self) -> None:
        """Tell that somebody stopped the call on its way."""
        said = "stopped on the way: the same call goes on from here, and --roll-back goes back"
        self._tell({"outcome": "stopped", "message": said}, said)

    def _tell(self, facts: dict[str, Any], line: str) -> None:
        if self._as_json:
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            _print(json.dumps({"time": now, "run": self._run} | facts))
        elif line:
            _print(printable(line))


def _line(phase: str, name: str, state: State, message: str, seconds: float | None) -> str:
    took = f" ({seconds:.1f} s)" if seconds is not None and seconds >= 0.1 else ""
    way = "back: " if phase == "back" else ""
    return f"{_MARKS[state]} {way}{name}" + (f": {message}" if message else "") + took


def _print(line: str) -> None:
    print(line)  # noqa: T201 this is the command's output
    sys.stdout.flush()
