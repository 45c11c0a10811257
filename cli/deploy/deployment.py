"""A deployment from its checks to its end, written down before each turn, so that it can be killed at any point."""

import time
import uuid
from collections.abc import Sequence
from typing import Protocol

from cli.deploy.course import Course, Outcome, Phase, begun, inherited, standing
from cli.deploy.report import Report, State
from cli.deploy.steps import Check, Failed, Step, Target
from cli.diagnosis import Ill, examined
from cli.failures import message_of


class Record(Protocol):
    """Where the course is written down."""

    def load(self) -> Course | None:
        """Return the last course, or None where there was none."""

    def save(self, course: Course) -> None:
        """
        Keep a course in place of the last; it is there once this returns, whatever happens then.

        :raises Failed: It cannot be kept.
        """


def deploy(target: Target, record: Record, report: Report, *, image: str = "", back: bool = False) -> Outcome:
    """
    Bring a target to a version, or back; take up what an earlier call left undone.

    :param image: What the call asked for by name; empty: nothing.
    :raises assay.errors.InvalidArgument: What is asked for does not fit what is on record.
    """
    last = record.load()
    course = begun(last, image=image, back=back)
    if course is not None:
        report.begin(course.id, f"{_way(course)}: {course.reason or 'it was not over'}")
    else:
        course = _looked(target, report, last)
    try:
        if course is not None:
            target.keep(course.former)
            record.save(course)
            return _gone(course, target, record, report)
    except Failed as failure:
        report.step("check", "what is to be kept", State.FAILED, str(failure))
    return report.end(Outcome.REFUSED, "nothing was changed")


def plan(target: Target, record: Record, report: Report) -> Outcome:
    """Look at everything, and tell the steps that would be taken; nothing is changed."""
    course = _looked(target, report, record.load())
    if course is None:
        return report.end(Outcome.REFUSED, "nothing was changed")
    for step in target.forward(course.wanted, course.former):
        why = step.so()
        report.step(Phase.FORWARD, step.name, State.SKIPPED if why else State.PLANNED, why)
    return Outcome.DEPLOYED


def _looked(target: Target, report: Report, last: Course | None) -> Course | None:
    """Look at everything, and return a new course; None where something must be put right first."""
    run = uuid.uuid4().hex[:12]
    report.begin(run, f"forward to {target.image}")
    try:
        wanted = target.wanted()
        good = _checked(target.checks(wanted), report)
        former = inherited(last)
        former = target.seen(wanted, standing(last)) if former is None else former
    except Failed as failure:
        report.step("check", "what is there", State.FAILED, str(failure))
        return None
    return Course(run, target.image, wanted, former) if good else None


def _checked(checks: Sequence[Check], report: Report) -> bool:
    good = True
    for check in checks:
        began = time.monotonic()
        seen = examined(check.name, lambda check=check: _look(check))  # type: ignore[misc]
        state = State.FAILED if seen.good is False else State.DONE
        took = time.monotonic() - began
        report.step("check", check.name, state, seen.shown, seconds=took, remedy=seen.remedy)
        good = good and seen.good is not False
    return good


def _look(check: Check) -> str:
    try:
        return check.look()
    except Failed as failure:
        raise Ill(str(failure), "") from None


def _gone(course: Course, target: Target, record: Record, report: Report) -> Outcome:
    """Go the way of a course to its end, and back from wherever it fails."""
    while course.phase is not Phase.ENDED:
        course = _leg(course, target, report)
        _save(course, record, report)
    assert course.outcome is not None
    return report.end(course.outcome, "; ".join(part for part in (course.reason, *course.failures) if part))


def _leg(course: Course, target: Target, report: Report) -> Course:
    """Go one way; return the course turned, or ended."""
    forward = course.phase is Phase.FORWARD
    for step in (target.forward if forward else target.back)(course.wanted, course.former):
        reason = _done(step, course.phase, report)
        if reason is not None:
            course = course.failed(step.name, reason)
            if forward:
                return course
    return course.finished()


def _done(step: Step, phase: Phase, report: Report) -> str | None:
    """Do a step; return why it failed, or None."""
    began = time.monotonic()
    try:
        if why := step.so():
            report.step(phase, step.name, State.SKIPPED, why)
            return None
        report.step(phase, step.name, State.BEGUN)
        said = step.do()
    except Exception as error:  # noqa: BLE001 whatever a step meets, the way back has to be gone
        reason = str(error) if isinstance(error, Failed) else message_of(error)
        report.step(phase, step.name, State.FAILED, reason, seconds=time.monotonic() - began)
        return reason
    report.step(phase, step.name, State.DONE, said, seconds=time.monotonic() - began)
    return None


def _save(course: Course, record: Record, report: Report) -> None:
    """Write a turn down; where that fails the way is gone all the same: what runs matters more than its record."""
    try:
        record.save(course)
    except Failed as failure:
        report.step(course.phase, "record", State.FAILED, f"a later call will not know of this: {failure}")


def _way(course: Course) -> str:
    return f"forward to {course.image}" if course.phase is Phase.FORWARD else f"back from {course.image}"
