"""
The course of a deployment: forward to the new version, or back to the former one. Decisions alone, nothing is called.

What has been done already is not kept: each step looks at the world and is left out where it is so. Kept is what the
world cannot tell: what was wanted, what ran before, which way it goes, and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Any

from assay.errors import InvalidArgument

FORMAT = 1
"""Of what is written down; a record of another one is not read."""


class Phase(StrEnum):
    """Which way it goes."""

    FORWARD = "forward"
    BACK = "back"
    ENDED = "ended"


class Outcome(IntEnum):
    """What became of it: the exit status of the command."""

    DEPLOYED = 0
    """The new version runs and answered right."""
    ROLLED_BACK = 1
    """The former version runs again and answered right."""
    REFUSED = 2
    """Nothing was changed."""
    BROKEN = 3
    """It could not be rolled back: somebody has to look."""


@dataclass(frozen=True, slots=True)
class Course:
    """
    Where a deployment is.

    :param id: Its own, which lines of its report carry.
    :param image: The image that is wanted, as it was named.
    :param wanted: The new version, as the target wrote it down for itself; so that a later call goes on with the same.
    :param former: What ran before, in the same way.
    :param reason: Why it goes back; empty as long as it goes forward.
    :param failures: What could not be rolled back.
    :param outcome: None until it ended.
    """

    id: str
    image: str
    wanted: Mapping[str, Any] = field(default_factory=dict)
    former: Mapping[str, Any] = field(default_factory=dict)
    phase: Phase = Phase.FORWARD
    reason: str = ""
    failures: tuple[str, ...] = ()
    outcome: Outcome | None = None

    def failed(self, step: str, reason: str) -> "Course":
        """Return the course after a step failed: it turns back, or remembers that it could not wholly go back."""
        said = f"{step}: {reason}"
        if self.phase is Phase.FORWARD:
            return replace(self, phase=Phase.BACK, reason=said)
        return replace(self, failures=(*self.failures, said))

    def finished(self) -> "Course":
        """Return the course after the last step of its way."""
        if self.phase is Phase.FORWARD:
            return replace(self, phase=Phase.ENDED, outcome=Outcome.DEPLOYED)
        return replace(self, phase=Phase.ENDED, outcome=Outcome.BROKEN if self.failures else Outcome.ROLLED_BACK)

    def resumed(self) -> "Course":
        """Return the course as a later call takes it up: it goes the same way, and what failed is tried again."""
        return replace(self, failures=())

    def turned(self, reason: str) -> "Course":
        """Return the course back to what ran before it, however it ended."""
        return replace(self, phase=Phase.BACK, reason=reason, failures=(), outcome=None)


def as_data(course: Course) -> dict[str, Any]:
    """Return a course as plain data."""
    return {
        "format": FORMAT,
        "id": course.id,
        "image": course.image,
        "wanted": dict(course.wanted),
        "former": dict(course.former),
        "phase": course.phase.value,
        "reason": course.reason,
        "failures": list(course.failures),
        "outcome": None if course.outcome is None else course.outcome.name,
    }


def from_data(data: Any, place: str) -> Course:
    """
    Return a course that was written down.

    :param place: Where, for the error.
    :raises InvalidArgument: It is none, or one of another version.
    """
    try:
        if data["format"] != FORMAT:
            raise ValueError
        return Course(
            id=str(data["id"]),
            image=str(data["image"]),
            wanted=dict(data["wanted"]),
            former=dict(data["former"]),
            phase=Phase(data["phase"]),
            reason=str(data["reason"]),
            failures=tuple(map(str, data["failures"])),
            outcome=None if data["outcome"] is None else Outcome[data["outcome"]],
        )
    except (KeyError, TypeError, ValueError):
        raise InvalidArgument(
            place, "it is no record of a deployment of this version: finish that with the version that began it"
        ) from None


def begun(last: Course | None, *, image: str, back: bool) -> Course | None:
    """
    Return the course that a call takes up, or None where it begins a new one.

    :param image: What this call wants; empty: whatever the last one wanted, or the configuration names.
    :param back: Whether it wants what ran before the last deployment.
    :raises InvalidArgument: Another image is wanted while the last deployment is not over, or there is nothing before.
    """
    if back:
        if last is None:
            raise InvalidArgument("--roll-back", "no deployment is on record, so nothing is known that ran before")
        return last.resumed() if last.phase is Phase.BACK else last.turned("asked for")
    if last is None or last.phase is Phase.ENDED:
        return None
    if image not in {"", last.image}:
        raise InvalidArgument(
            "--image",
            f"the deployment of {last.image} is not over: finish it by the same call with that image, or go back with "
            "--roll-back; then deploy this one",
        )
    return last.resumed()


def standing(last: Course | None) -> Mapping[str, Any] | None:
    """Return the version that the last deployment left running, as the target wrote it down; None: nobody knows."""
    match last.outcome if last is not None else None:
        case Outcome.DEPLOYED:
            assert last is not None
            return last.wanted
        case Outcome.ROLLED_BACK:
            assert last is not None
            return last.former
        case _:
            return None


def inherited(last: Course | None) -> Mapping[str, Any] | None:
    """
    Return what a new course has to go back to because the last one broke: what ran before that one.

    What runs now is then neither version, and nothing to go back to. None: whatever runs now.
    """
    return last.former if last is not None and last.outcome is Outcome.BROKEN else None
