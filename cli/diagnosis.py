"""What examinations show, and how a person is told."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cli.failures import message_of
from cli.printable import printable


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """
    What one examination showed.

    :param good: None where it could not be made, because something before it is missing, or where it is neither good
        nor bad.
    :param remedy: What to do; empty where all is well.
    """

    subject: str
    good: bool | None
    shown: str
    remedy: str = ""


class Ill(Exception):
    """An examination showed something that must be put right."""

    def __init__(self, shown: str, remedy: str) -> None:
        super().__init__(shown)
        self.shown = shown
        self.remedy = remedy


def examined(subject: str, examine: Callable[[], str | tuple[str, str]]) -> Diagnosis:
    """Return what an examination shows; all is well where it raises nothing, whatever remedy it adds for more."""
    try:
        shown = examine()
        return Diagnosis(subject, True, shown) if isinstance(shown, str) else Diagnosis(subject, True, *shown)
    except Ill as ill:
        return Diagnosis(subject, False, ill.shown, ill.remedy)
    except Exception as error:  # noqa: BLE001 whatever an examination meets is what it shows
        return Diagnosis(subject, False, message_of(error), "see the message; `ASSAY_LOG_LEVEL=debug` says more")


def tell(diagnoses: Iterable[Diagnosis]) -> int:
    """Print diagnoses as they come, and what they come to; return 0 if all is well, else 1."""
    seen = []
    for diagnosis in diagnoses:
        seen.append(diagnosis)
        _print(diagnosis)
    bad = sum(diagnosis.good is not True for diagnosis in seen)
    print("all is well" if not bad else f"{bad} of {len(seen)} want attention")  # noqa: T201 the command's output
    return 1 if bad else 0


def _print(diagnosis: Diagnosis) -> None:
    mark = {True: "✓", False: "✗", None: "-"}[diagnosis.good]
    print(f"{mark} {diagnosis.subject}: {printable(diagnosis.shown)}")  # noqa: T201 the command's output
    if diagnosis.remedy:
        print(f"    {printable(diagnosis.remedy)}")  # noqa: T201 the command's output
    sys.stdout.flush()
