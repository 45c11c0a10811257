"""What may be used again: what was settled, by what it depended on."""

from dataclasses import replace
from typing import Any

import pytest
from assay.stage import Candidate, SourceFile, StageResult, StageStatus
from assay.v1 import validation_pb2

from services.validation.engine import NOT_BEGUN, StageDescription
from services.validation.judgement import Judgement, Repair, Round
from services.validation.judging import Prepared
from services.validation.policy import PolicyRequest, StageTimes, resolve
from services.validation.reuse import copy, is_settled, key_of
from services.validation.verdict import decide

CANDIDATE = Candidate((SourceFile("a.py", b""),), "python")
KNOWN = {name: StageDescription(name, "1") for name in ("a", "b")}
PREPARED = Prepared(CANDIDATE, resolve(PolicyRequest(), CANDIDATE, tuple(KNOWN), StageTimes(60, {})), KNOWN)
COMPLETED = StageResult(StageStatus.COMPLETED, stage="a", version="1")


def judged(**second: Any) -> Judgement:
    """Return a judgement whose second stage says something."""
    results = (COMPLETED, replace(COMPLETED, stage="b", **second))
    return Judgement(CANDIDATE, PREPARED.policy, results, decide(results, PREPARED.policy))


@pytest.mark.parametrize(
    ("second", "settled"),
    [
        ({}, True),
        ({"status": StageStatus.NOT_APPLICABLE}, True),
        ({"status": StageStatus.SKIPPED, "reason": f"{NOT_BEGUN}x is critical"}, True),
        ({"status": StageStatus.SKIPPED, "reason": "not configured"}, False),
        ({"status": StageStatus.FAILED, "reason": "it took too long"}, False),
        ({"version": "2"}, False),
        ({"version": ""}, False),
    ],
)
def test_settled(second: dict[str, Any], settled: bool) -> None:
    """A judgement is settled where each stage said all it had to say, in the version that it was thought to be."""
    assert is_settled(PREPARED, judged(**second), None) is settled


def test_settled_repair() -> None:
    """So is what repair came to, where each of its rounds was judged, and settled."""

    def repair(*judgements: Judgement | None) -> Repair:
        return Repair(tuple(Round(1, "fixes", (), "", one, kept=False, reason="") for one in judgements))

    assert is_settled(PREPARED, judged(), repair())
    assert is_settled(PREPARED, judged(), repair(judged(), judged()))
    assert not is_settled(PREPARED, judged(), repair(judged(), None))
    assert not is_settled(PREPARED, judged(), repair(judged(status=StageStatus.FAILED)))


def test_key() -> None:
    """Stages that are not asked, and what they are asked to do anew, do not matter; what they would say does."""

    def key(request: PolicyRequest = PolicyRequest(), **known: str) -> str:  # noqa: B008  # frozen
        stages = KNOWN | {name: StageDescription(name, version) for name, version in known.items()}
        policy = resolve(request, CANDIDATE, tuple(stages), StageTimes(60, {}))
        return key_of(Prepared(CANDIDATE, policy, stages), "digest")

    assert key() == key(PolicyRequest(fresh=True))
    assert key() != key(b="2") != key(b="3")
    assert key(PolicyRequest(stages=("a",))) == key(PolicyRequest(stages=("a",)), b="2")
    assert key(PolicyRequest(stages=("a",))) != key()
    assert key_of(PREPARED, "digest") != key_of(PREPARED, "another")


def test_copy() -> None:
    """What is used again is what was decided; who asks, and when, is the new one's own."""
    earlier = validation_pb2.Validation(
        id="val_1", verdict=validation_pb2.VERDICT_AUTHENTIC, request_id="r", labels={"a": "1"}, sequence=7,
        policy=validation_pb2.ValidationPolicy(fresh=True, stages=["a"]), explanation="Why.",
        state=validation_pb2.STATE_SUCCEEDED,
    )  # fmt: skip
    earlier.end_time.GetCurrentTime()
    begun = validation_pb2.Validation(id="val_2", state=validation_pb2.STATE_QUEUED)
    copy(begun, earlier)
    assert begun == validation_pb2.Validation(
        id="val_2", verdict=validation_pb2.VERDICT_AUTHENTIC, reused_from="val_1", explanation="Why.",
        policy=validation_pb2.ValidationPolicy(stages=["a"]), state=validation_pb2.STATE_SUCCEEDED,
    )  # fmt: skip
