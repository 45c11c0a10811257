"""The policy: its defaults, and bad ones refused by the name of their field."""

from typing import Any

import pytest
from assay.errors import InvalidArgument, UnknownStage
from assay.stage import Candidate, SourceFile, TestSuite

from services.validation.policy import Policy, PolicyRequest, RepairPolicy, RepairRequest, StageTimes, resolve
from services.validation.suppression import Silence, Suppression

KNOWN = ("static", "placeholder", "semantic", "execution")
TIMES = StageTimes(60, {"execution": 120})
FILE = SourceFile("a.py", b"")
PLAIN = Candidate((FILE,), "python")
TESTED = Candidate((FILE,), "python", tests=(TestSuite((SourceFile("t.py", b""),)),))


def silence(**fields: Any) -> dict[str, Any]:
    """Return the fields of a request that silences something."""
    return {"silence": Silence(**fields)}


def resolved(candidate: Candidate = PLAIN, **fields: Any) -> Policy:
    """Return the policy of a request with some fields set."""
    return resolve(PolicyRequest(**fields), candidate, KNOWN, TIMES)


def test_defaults() -> None:
    """An empty policy runs all stages, requires the reading ones and has the suite's times."""
    policy = resolved()
    assert policy.stages == KNOWN
    assert policy.required == {"static", "placeholder", "semantic"}
    assert (policy.reject_below, policy.run_all_stages, policy.security_votes) == (None, False, False)
    assert policy.timeouts == {"static": 60, "placeholder": 60, "semantic": 60, "execution": 120}


@pytest.mark.parametrize(
    ("candidate", "stages", "required"),
    [
        (TESTED, (), {"static", "placeholder", "semantic", "execution"}),
        (TESTED, ("static", "execution"), {"static", "execution"}),
        (TESTED, ("static",), {"static"}),
        (PLAIN, ("execution",), set()),
        (PLAIN, ("execution", "static"), {"static"}),
    ],
)
def test_required_by_default(candidate: Candidate, stages: tuple[str, ...], required: set[str]) -> None:
    """Execution is required if and only if tests were given and it is to be run; no stage is that is not to be run."""
    assert resolved(candidate, stages=stages).required == required


def test_required_by_the_caller() -> None:
    """The caller's required stages take the place of the default; an empty list requires none."""
    assert resolved(TESTED, required=("static",)).required == {"static"}
    assert resolved(TESTED, required=()).required == frozenset()


def test_demanded() -> None:
    """What the caller requires by name or by giving tests is told apart from what is required by default."""
    assert resolved().demanded == frozenset()
    assert resolved(TESTED).demanded == {"execution"}
    assert resolved(TESTED, stages=("static",)).demanded == frozenset()
    assert resolved(TESTED, required=("static",)).demanded == {"static"}


def test_repair() -> None:
    """Repair is tried where it is asked for, with the suite's bounds where the caller names none."""
    assert resolved().repair is None
    assert resolved(repair=RepairRequest()).repair == RepairPolicy(0.95, 2)
    assert resolved(repair=RepairRequest(0.0, 5)).repair == RepairPolicy(0.0, 5)


def test_handed_on() -> None:
    """Whether to judge anew, and to run twice, is as the caller says."""
    assert (resolved().fresh, resolved().check_determinism) == (False, False)
    assert (resolved(fresh=True).fresh, resolved(check_determinism=True).check_determinism) == (True, True)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (RepairRequest(below=-0.1), "policy.repair.below"),
        (RepairRequest(below=1.1), "policy.repair.below"),
        (RepairRequest(below=float("nan")), "policy.repair.below"),
        (RepairRequest(max_rounds=6), "policy.repair.max_rounds"),
        (RepairRequest(max_rounds=-1), "policy.repair.max_rounds"),
    ],
)
def test_bad_repair(request_: RepairRequest, field: str) -> None:
    """Repair out of bounds is refused by its field."""
    with pytest.raises(InvalidArgument) as caught:
        resolved(repair=request_)
    assert caught.value.field == field


def test_order_is_the_suites() -> None:
    """Stages run in the suite's order, named once however often and in whatever order the caller named them."""
    assert resolved(stages=("semantic", "static", "semantic")).stages == ("static", "semantic")


def test_shorter_time() -> None:
    """A caller may give a stage less time, and the others keep theirs."""
    assert resolved(timeouts={"static": 5.0}).timeouts["static"] == 5
    assert resolved(timeouts={"static": 60.0}).timeouts["execution"] == 120


@pytest.mark.parametrize(
    ("fields", "kind", "field"),
    [
        ({"stages": ("sttaic",)}, UnknownStage, "policy.stages"),
        ({"stages": ("",)}, UnknownStage, "policy.stages"),
        ({"required": ("sttaic",)}, UnknownStage, "policy.required_stages.stages"),
        ({"timeouts": {"sttaic": 1.0}}, UnknownStage, "policy.stage_timeouts"),
        ({"stages": ("static",), "required": ("semantic",)}, InvalidArgument, "policy.required_stages.stages"),
        ({"reject_below": -0.01}, InvalidArgument, "policy.reject_below"),
        ({"reject_below": 1.01}, InvalidArgument, "policy.reject_below"),
        ({"reject_below": float("nan")}, InvalidArgument, "policy.reject_below"),
        ({"timeouts": {"static": 0.0}}, InvalidArgument, "policy.stage_timeouts[static]"),
        ({"timeouts": {"static": -1.0}}, InvalidArgument, "policy.stage_timeouts[static]"),
        ({"timeouts": {"static": 60.1}}, InvalidArgument, "policy.stage_timeouts[static]"),
        ({"timeouts": {"execution": 1e12}}, InvalidArgument, "policy.stage_timeouts[execution]"),
        (silence(suppressions=(Suppression("a/b"), Suppression(""))), InvalidArgument, "policy.suppressions[1].rule"),
        (silence(suppressions=(Suppression("a" * 513),)), InvalidArgument, "policy.suppressions[0]"),
        (silence(suppressions=(Suppression("a", "b" * 513),)), InvalidArgument, "policy.suppressions[0]"),
        (silence(suppressions=(Suppression("a", "b", "c" * 501),)), InvalidArgument, "policy.suppressions[0].reason"),
        (silence(suppressions=(Suppression("a"),) * 1_001), InvalidArgument, "policy.suppressions"),
        (silence(baseline=frozenset({"xyz"})), InvalidArgument, "policy.baseline"),
        (silence(changed={"a.py": ((0, 3),)}), InvalidArgument, "policy.changed_lines.ranges"),
        (silence(changed={"a.py": ((3, 2),)}), InvalidArgument, "policy.changed_lines.ranges"),
        (silence(changed={f"{n}.py": () for n in range(1_001)}), InvalidArgument, "policy.changed_lines"),
    ],
)
def test_bad(fields: dict[str, Any], kind: type[InvalidArgument], field: str) -> None:
    """A policy that cannot be followed is refused with the field that is wrong."""
    with pytest.raises(kind) as caught:
        resolved(**fields)
    assert type(caught.value) is kind
    assert caught.value.field == field
