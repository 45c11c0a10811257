"""
A target that lies in a folder: a file for each service, which holds the version that runs.

What is tried with it is the order of things and what is left after a kill:
`python -m tests.cli.deploy.town FOLDER IMAGE` deploys there, and ends itself with SIGKILL at the moment that TOWN_KILL
counts down to.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.deploy.course import Course
from cli.deploy.deployment import deploy
from cli.deploy.record import FileRecord
from cli.deploy.report import Report
from cli.deploy.steps import Check, Failed, Step
from cli.diagnosis import Ill

SERVICES = ("static", "validation", "gateway")


class Moments:
    """Counts the moments at which a process can end; ends it at one of them. 0: never."""

    def __init__(self, at: int) -> None:
        self.left = at

    def pass_one(self) -> None:
        """Pass a moment, or end there."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class Town:
    """
    Services in a folder.

    :param bad: Names of what fails: "check", "seen", a service (with the wanted image), "healthy" (with the wanted
        image), "back" (with the former one).
    """

    def __init__(self, folder: Path, image: str, bad: Sequence[str] = (), moments: Moments | None = None) -> None:
        self.folder = folder
        self._image = image
        self._bad = set(bad)
        self._moments = moments or Moments(0)
        self.done: list[str] = []

    @property
    def image(self) -> str:
        """See :class:`cli.deploy.steps.Target`."""
        return self._image

    def running(self) -> dict[str, str]:
        """Return what runs."""
        return {path.name: path.read_text() for path in sorted(self.folder.iterdir()) if path.is_file()}

    def wanted(self) -> Mapping[str, Any]:
        """See :class:`cli.deploy.steps.Target`."""
        return dict.fromkeys(SERVICES, self._image)

    def checks(self, wanted: Mapping[str, Any]) -> Sequence[Check]:
        """See :class:`cli.deploy.steps.Target`."""
        return [Check("town", self._look)]

    def seen(self, wanted: Mapping[str, Any], standing: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """See :class:`cli.deploy.steps.Target`."""
        if "seen" in self._bad:
            raise Failed("nobody tells what runs")
        return self.running()

    def keep(self, former: Mapping[str, Any]) -> None:
        """See :class:`cli.deploy.steps.Target`."""

    def forward(self, wanted: Mapping[str, Any], former: Mapping[str, Any]) -> Sequence[Step]:
        """See :class:`cli.deploy.steps.Target`."""
        return [
            *(self._placing(name, wanted[name], bad=name in self._bad) for name in SERVICES),
            self._health("healthy"),
        ]

    def back(self, wanted: Mapping[str, Any], former: Mapping[str, Any]) -> Sequence[Step]:
        """See :class:`cli.deploy.steps.Target`."""
        placing = [self._placing(name, former.get(name), bad="back" in self._bad) for name in reversed(SERVICES)]
        return [*placing, self._health("back-health")] if former else placing

    def _look(self) -> str:
        if "check" in self._bad:
            raise Ill("the town is closed", "open it")
        return "open"

    def _placing(self, name: str, version: str | None, *, bad: bool) -> Step:
        def do() -> str:
            self.done.append(name)
            self._moments.pass_one()
            if bad:
                raise Failed("it does not start")
            if version is None:
                (self.folder / name).unlink(missing_ok=True)
            else:
                (self.folder / name).write_text(version)
            self._moments.pass_one()
            return "placed"

        return Step(name, do, lambda: "as it is to be" if self.running().get(name) == version else "")

    def _health(self, name: str) -> Step:
        def do() -> str:
            self.done.append(name)
            self._moments.pass_one()
            if name in self._bad or len(set(self.running().values())) != 1:
                raise Failed(f"it is ill with {sorted(set(self.running().values()))}")
            return "well"

        return Step(name, do)


class Watched(FileRecord):
    """A record whose writing has moments before and after."""

    def __init__(self, folder: Path, moments: Moments) -> None:
        super().__init__(folder)
        self._moments = moments

    def save(self, course: Course) -> None:
        """See :class:`FileRecord`."""
        self._moments.pass_one()
        super().save(course)
        self._moments.pass_one()


def main(folder: str, image: str) -> int:
    """Deploy, and return the exit status."""
    moments = Moments(int(os.environ.get("TOWN_KILL", "0")))
    town = Town(Path(folder) / "town", image, json.loads(os.environ.get("TOWN_BAD", "[]")), moments)
    record = Watched(Path(folder) / "record", moments)
    with record.locked(5):
        return deploy(town, record, Report(as_json=True), back="TOWN_BACK" in os.environ)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
