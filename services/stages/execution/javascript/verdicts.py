"""How each assertion of a suite ended, by what the sandbox told."""

from collections.abc import Sequence
from dataclasses import dataclass

from .conversion import is_truthy
from .equality import Undecidable
from .evaluation import Got, Raised, Threw, evaluate, is_thrown
from .expression import Site
from .report import Report
from .values import UNDEFINED, Value, show

COMPUTED = "…"
"""Stands in the name of a test for a part that only a run knows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    How one assertion ended.

    :param passed: None where it was not reached, or cannot be decided.
    :param raised: What was thrown, where that is what failed.
    :param got: What was got, as a person would write it, and ``expected`` likewise; empty where that is not the point.
    :param undecided: Why plain data did not tell; empty where it did.
    """

    site: Site
    passed: bool | None
    raised: Raised | None = None
    got: str = ""
    expected: str = ""
    undecided: str = ""


def verdicts(sites: Sequence[Site], report: Report) -> list[Verdict]:
    """Return how the assertions ended, in their order; of several times that one was reached the first that failed."""
    return [_verdict(site, report) for site in sites]


def is_in(test: str, site: Site) -> bool:
    """Whether an assertion stands in a test of the runner's; parts of names that are computed may be anything."""
    parts = site.test.split(COMPUTED)
    if len(parts) == 1:
        return test == site.test and test != ""
    rest = test
    for part in parts[:-1]:
        before, found, rest = rest.partition(part)
        if (part and not found) or (part is parts[0] and before):
            return False
    return rest.endswith(parts[-1])


def _verdict(site: Site, report: Report) -> Verdict:
    if site.is_apart:
        ends = [_compared(site, got) for got in report.values.get(site.number, ())]
    else:
        ends = [_judged(site, raised) for raised in report.judged.get(site.number, ())]
    worst = sorted(ends, key=lambda end: {False: 0, None: 1, True: 2}[end.passed])
    return worst[0] if worst else Verdict(site, None)


def _judged(site: Site, raised: Raised | None) -> Verdict:
    if raised is None:
        return Verdict(site, passed=True)
    if raised.assertion:
        return Verdict(site, False, raised, show(raised.left), show(raised.right))
    return Verdict(site, passed=False, raised=raised)


def _compared(site: Site, got: Sequence[Got]) -> Verdict:
    """Set what came out against what was expected."""
    if site.thrown is not None:
        return _compared_end(site, got[0] if got else UNDEFINED)
    assert site.condition is not None
    try:
        if is_truthy(evaluate(site.condition, got)):
            return Verdict(site, passed=True)
        sides = site.sides()
        shown = [show(evaluate(side, got)) for side in sides] if sides else ["", ""]
        return Verdict(site, False, got=shown[0], expected=shown[1])
    except Threw as error:
        return Verdict(site, passed=False, raised=error.raised)
    except Undecidable as error:
        return Verdict(site, passed=None, undecided=str(error))
    except (IndexError, RecursionError, ValueError, OverflowError, ArithmeticError) as error:
        # The values are not those of this assertion, or no arithmetic is defined for them here.
        return Verdict(site, passed=None, undecided=type(error).__name__)


def _compared_end(site: Site, got: Got) -> Verdict:
    assert site.thrown is not None
    if is_thrown(site.thrown, got):
        return Verdict(site, passed=True)
    wanted = site.thrown.name or "an exception"
    if isinstance(got, Raised):
        return Verdict(site, False, got=f"{got.name or got.names[0]}: {got.message}", expected=wanted)
    return Verdict(site, False, got=_no_exception(got), expected=wanted)


def _no_exception(value: Value) -> str:
    return "no exception" if value is UNDEFINED else f"{show(value)} and no exception"
