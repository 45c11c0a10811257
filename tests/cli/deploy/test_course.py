"""Where a deployment goes after what happened: decided without anything being called."""

from dataclasses import replace

import pytest
from assay.errors import InvalidArgument

from cli.deploy.course import Course, Outcome, Phase, as_data, begun, from_data, inherited, standing

NEW = Course("1", "assay:2", wanted={"version": 2}, former={"version": 1})


def test_forward_to_the_end() -> None:
    """Without a failure it goes forward and ends as deployed."""
    ended = NEW.finished()
    assert (ended.phase, ended.outcome) == (Phase.ENDED, Outcome.DEPLOYED)


def test_a_failure_turns_it_back() -> None:
    """The first failure turns it back, with the step and the reason; back at the end it is rolled back."""
    turned = NEW.failed("roll out validation", "it exited")
    assert (turned.phase, turned.reason) == (Phase.BACK, "roll out validation: it exited")
    assert turned.finished().outcome is Outcome.ROLLED_BACK


def test_what_fails_on_the_way_back() -> None:
    """A failure on the way back does not stop it, and makes the end a broken one that says both."""
    broken = NEW.failed("canary", "wrong").failed("roll back gateway", "no").finished()
    assert broken.outcome is Outcome.BROKEN
    assert (broken.reason, broken.failures) == ("canary: wrong", ("roll back gateway: no",))


@pytest.mark.parametrize("image", ["", "assay:2"])
def test_taken_up(image: str) -> None:
    """A call after one that did not end takes up its course, whichever way it goes."""
    assert begun(NEW, image=image, back=False) == NEW
    turned = NEW.failed("a", "b").failed("c", "d")
    assert begun(turned, image=image, back=False) == replace(turned, failures=())


def test_another_image_in_between() -> None:
    """While one is not over another image is refused, and what can be done is said."""
    with pytest.raises(InvalidArgument, match=r"assay:2 is not over.*--roll-back"):
        begun(NEW, image="assay:3", back=False)


@pytest.mark.parametrize("last", [None, NEW.finished(), NEW.failed("a", "b").finished()])
def test_a_new_one(last: Course | None) -> None:
    """After one that ended, a call begins a new one."""
    assert begun(last, image="", back=False) is None


def test_back_when_asked_for() -> None:
    """What was deployed well goes back when that is asked for; without a record nothing is known to go back to."""
    course = begun(NEW.finished(), image="", back=True)
    assert course is not None
    assert (course.phase, course.reason, course.outcome) == (Phase.BACK, "asked for", None)
    with pytest.raises(InvalidArgument, match="no deployment is on record"):
        begun(None, image="", back=True)


def test_what_stands() -> None:
    """What runs after a deployment is what was wanted, or what was before; after a broken one nobody knows."""
    assert standing(None) is None
    assert standing(NEW.finished()) == {"version": 2}
    assert standing(NEW.failed("a", "b").finished()) == {"version": 1}
    assert standing(NEW.failed("a", "b").failed("c", "d").finished()) is None


def test_after_a_broken_one() -> None:
    """What a deployment after a broken one goes back to is what ran before that, and never what it left."""
    assert inherited(NEW.failed("a", "b").failed("c", "d").finished()) == {"version": 1}
    assert inherited(NEW.finished()) is None


@pytest.mark.parametrize("course", [NEW, NEW.finished(), NEW.failed("a", "b").failed("c", "d").finished()])
def test_written_and_read(course: Course) -> None:
    """What was written down is read as it was."""
    assert from_data(as_data(course), "here") == course


@pytest.mark.parametrize(
    "data", [None, [], {}, {"format": 1}, as_data(NEW) | {"format": 2}, as_data(NEW) | {"phase": "x"}]
)
def test_what_is_no_record(data: object) -> None:
    """What is no record, or another version's, is refused with its place, and never taken for an empty one."""
    with pytest.raises(InvalidArgument, match="here: it is no record of a deployment of this version"):
        from_data(data, "here")
