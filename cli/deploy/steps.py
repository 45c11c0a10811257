"""What a deployment is made of: steps that can be repeated, and targets that have them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Failed(Exception):
    """A step could not be done; says what was tried and what came of it, in one line."""


def always() -> str:
    """Return that a step is to be done, whatever was done before."""
    return ""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One step.

    :param name: For the report.
    :param do: Does it and returns what there is to say. May be called again after it was killed at any point.
    :param so: Returns why it need not be done, or nothing.
    """

    name: str
    do: Callable[[], str]
    so: Callable[[], str] = always


@dataclass(frozen=True, slots=True)
class Check:
    """
    One look before anything is changed.

    :param look: Returns what was seen; raises :class:`cli.diagnosis.Ill` where it must be put right first.
    """

    name: str
    look: Callable[[], str]


class Target(Protocol):
    """
    Where a version runs.

    A version is a mapping of plain data that the target alone reads. It has to hold all that bringing it there again
    needs, since the files that it was made from may be another version's by then.
    """

    @property
    def image(self) -> str:
        """The image that is wanted, by its name."""

    def wanted(self) -> Mapping[str, Any]:
        """
        Return the version that is wanted.

        :raises Failed: What describes it cannot be read.
        """

    def checks(self, wanted: Mapping[str, Any]) -> Sequence[Check]:
        """Return what is looked at before anything is changed."""

    def seen(self, wanted: Mapping[str, Any], standing: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """
        Return the version that runs now.

        :param standing: What the last deployment left running; None: nobody knows.
        :raises Failed: It cannot be found out.
        """

    def keep(self, former: Mapping[str, Any]) -> None:
        """
        Keep what ran from being cleared away as long as it may be needed.

        :raises Failed: It cannot be.
        """

    def forward(self, wanted: Mapping[str, Any], former: Mapping[str, Any]) -> Sequence[Step]:
        """Return the steps to the version that is wanted."""

    def back(self, wanted: Mapping[str, Any], former: Mapping[str, Any]) -> Sequence[Step]:
        """Return the steps to what ran before."""
