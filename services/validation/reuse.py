"""
Using again what was decided before.

A validation is used again for an equal candidate that is to be judged in an equal way, by stages that would say the
same: all that it depends on is in its key. Stages answer for what they themselves depend on (their rules, tools,
catalogs, models and images) by their versions.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

import assay
from assay.stage import StageResult, StageStatus
from assay.v1 import validation_pb2

from services.validation.engine import NOT_BEGUN
from services.validation.judgement import Judgement, Repair
from services.validation.judging import Prepared
from services.validation.policy import Policy

_SETTLED = frozenset({StageStatus.COMPLETED, StageStatus.NOT_APPLICABLE})

_ITS_OWN = ("id", "request_id", "labels", "create_time", "end_time", "run_duration", "sequence")
"""Fields of a validation that say nothing of what was decided."""


def key_of(prepared: Prepared, digest: str) -> str:
    """
    Return the SHA-256, in hexadecimal, of all that a candidate's validation depends on.

    :param digest: The candidate's.
    """
    policy = prepared.policy
    canonical = {
        "engine": _own_digest(),
        "candidate": digest,
        "policy": _canonical(policy),
        "stages": {name: prepared.known[name].version for name in policy.stages},
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _canonical(policy: Policy) -> dict[str, object]:
    """Return what a policy says, less whether to judge anew, which decides nothing else."""
    silence = policy.silence
    return {
        "stages": policy.stages,
        "required": sorted(policy.required),
        "demanded": sorted(policy.demanded),
        "reject_below": policy.reject_below,
        "run_all_stages": policy.run_all_stages,
        "timeouts": dict(policy.timeouts),
        "security_votes": policy.security_votes,
        "suppressions": [(one.rule, one.path, one.reason) for one in silence.suppressions],
        "baseline": sorted(silence.baseline),
        "inline": silence.inline,
        "changed": None if silence.changed is None else sorted(silence.changed.items()),
        "check_determinism": policy.check_determinism,
        "repair": None if policy.repair is None else (policy.repair.below, policy.repair.max_rounds),
    }


@cache
def _own_digest() -> str:
    """Return a digest of the engine's own code, which scores, decides, marks and repairs."""
    made = hashlib.sha256()
    for folder in (Path(__file__).parent, Path(assay.__file__).parent):
        for path in sorted(folder.glob("*.py")):
            made.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()


def is_settled(prepared: Prepared, judgement: Judgement, repair: Repair | None) -> bool:
    """
    Return whether judging again would come to the same: no stage failed or was not there, each was of the version that
    it was thought to be, and every round of repair was judged.
    """
    judgements = [judgement, *(made.judgement for made in repair.rounds)] if repair else [judgement]
    return all(one is not None and all(_is_settled(result, prepared) for result in one.results) for one in judgements)


def _is_settled(result: StageResult, prepared: Prepared) -> bool:
    if result.version != prepared.known[result.stage].version:
        return False
    # What an early exit kept from beginning would be kept from it again, or would not change the verdict.
    return result.status in _SETTLED or result.reason.startswith(NOT_BEGUN)


def copy(message: validation_pb2.Validation, earlier: validation_pb2.Validation) -> None:
    """Write what was decided in an earlier validation into one that was begun."""
    own = validation_pb2.Validation()
    own.CopyFrom(message)
    message.CopyFrom(earlier)
    for name in _ITS_OWN:
        message.ClearField(name)
    message.MergeFrom(own)
    message.state = validation_pb2.STATE_SUCCEEDED
    message.policy.fresh = False
    message.reused_from = earlier.id
