"""Messages of the validation service to domain types and back."""

import re
from collections.abc import Collection
from typing import Any

from assay.candidates import file_to_proto
from assay.convert import (
    contribution_to_proto,
    duration_to_proto,
    finding_to_proto,
    result_to_proto,
    seconds_from_proto,
)
from assay.errors import InvalidArgument
from assay.stage import Candidate
from assay.v1 import stage_pb2, validation_pb2

from services.validation.engine import StageDescription
from services.validation.judgement import Judgement, Repair, Round
from services.validation.policy import Policy, PolicyRequest, RepairRequest
from services.validation.store import Stored
from services.validation.suppression import Silence, Suppression
from services.validation.verdict import Verdict

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{0,64}")


def request_id_from_proto(text: str) -> str:
    """Return a request_id if it is one."""
    if REQUEST_ID.fullmatch(text) is None:
        raise InvalidArgument("request_id", 'it has at most 64 characters of letters, digits, "-" and "_"')
    return text


def policy_from_proto(message: validation_pb2.ValidationPolicy) -> PolicyRequest:
    """Return the policy of a request; absent fields stay open."""
    return PolicyRequest(
        stages=tuple(message.stages),
        required=tuple(message.required_stages.stages) if message.HasField("required_stages") else None,
        reject_below=message.reject_below if message.HasField("reject_below") else None,
        run_all_stages=message.run_all_stages,
        timeouts={name: seconds_from_proto(duration) for name, duration in message.stage_timeouts.items()},
        security_votes=message.security_findings_vote,
        silence=_silence_from_proto(message),
        fresh=message.fresh,
        check_determinism=message.check_determinism,
        repair=_repair_from_proto(message.repair) if message.HasField("repair") else None,
    )


def _repair_from_proto(message: validation_pb2.RepairPolicy) -> RepairRequest:
    return RepairRequest(message.below if message.HasField("below") else None, message.max_rounds)


def _silence_from_proto(message: validation_pb2.ValidationPolicy) -> Silence:
    changed: dict[str, tuple[tuple[int, int], ...]] = {}
    for file in message.changed_lines:
        ranges = tuple((lines.first, lines.last) for lines in file.ranges)
        changed[file.path] = changed.get(file.path, ()) + ranges
    return Silence(
        suppressions=tuple(Suppression(one.rule, one.path, one.reason) for one in message.suppressions),
        baseline=frozenset(message.baseline),
        inline=message.inline_ignores,
        changed=changed if message.changed_lines else None,
    )


def policy_to_proto(policy: Policy, found: Collection[str] = ()) -> validation_pb2.ValidationPolicy:
    """
    Return the message of a policy as it was applied.

    :param found: The fingerprints of what was found: of the baseline only these are kept, since it may be that of a
        whole project.
    """
    silence = policy.silence
    return validation_pb2.ValidationPolicy(
        stages=policy.stages,
        required_stages=validation_pb2.RequiredStages(stages=sorted(policy.required)),
        reject_below=policy.reject_below,
        run_all_stages=policy.run_all_stages,
        stage_timeouts={name: duration_to_proto(seconds) for name, seconds in policy.timeouts.items()},
        security_findings_vote=policy.security_votes,
        suppressions=[
            validation_pb2.Suppression(rule=one.rule, path=one.path, reason=one.reason) for one in silence.suppressions
        ],
        baseline=sorted(silence.baseline.intersection(found)),
        inline_ignores=silence.inline,
        changed_lines=[
            validation_pb2.ChangedLines(
                path=path, ranges=[validation_pb2.LineRange(first=first, last=last) for first, last in ranges]
            )
            for path, ranges in (silence.changed or {}).items()
        ],
        fresh=policy.fresh,
        check_determinism=policy.check_determinism,
        repair=None
        if policy.repair is None
        else validation_pb2.RepairPolicy(below=policy.repair.below, max_rounds=policy.repair.max_rounds),
    )


def availability_to_proto(description: StageDescription) -> validation_pb2.StageAvailability:
    """Return the message of a stage of the suite."""
    return validation_pb2.StageAvailability(
        stage=stage_pb2.StageInfo(
            name=description.name,
            version=description.version,
            description=description.description,
            languages=sorted(description.languages),
            requires=description.requires,
        ),
        available=not description.unavailable,
        reason=description.unavailable,
    )


def fill(message: validation_pb2.Validation, judgement: Judgement, repair: Repair | None) -> None:
    """Write what was decided, and what repair came to, into a validation."""
    decision, results = judgement.decision, judgement.results
    message.state = validation_pb2.STATE_SUCCEEDED
    message.verdict = _verdict_to_proto(decision.verdict)
    message.authenticity_score = decision.score
    message.scorer = decision.scorer
    message.contributions.extend(contribution_to_proto(one) for one in decision.contributions)
    message.explanation = decision.explanation
    message.deciding_findings.extend(finding_to_proto(finding) for finding in decision.deciding)
    message.stage_results.extend(result_to_proto(result) for result in results)
    found = {finding.fingerprint for result in results for finding in result.findings}
    message.policy.CopyFrom(policy_to_proto(judgement.policy, found))
    message.policy.reject_below = decision.reject_below
    if repair is not None:
        message.repair.CopyFrom(_repair_to_proto(judgement.candidate, repair))


def validation_from_row(row: Stored) -> validation_pb2.Validation:
    """Return a validation as it is."""
    message = validation_pb2.Validation.FromString(row.body)
    message.state = _numbered(row.state)
    message.sequence = row.sequence
    return message


def _repair_to_proto(given: Candidate, repair: Repair) -> validation_pb2.Repair:
    message = validation_pb2.Repair(rounds=[round_to_proto(one) for one in repair.rounds])
    if repair.kept is None:
        return message
    message.improved = True
    message.verdict = _verdict_to_proto(repair.kept.decision.verdict)
    message.authenticity_score = repair.kept.decision.score
    message.diff = repair.diff
    unchanged = set(given.files)
    message.files.extend(file_to_proto(file) for file in repair.kept.candidate.files if file not in unchanged)
    return message


def round_to_proto(made: Round) -> validation_pb2.RepairRound:
    """Return the message of a round of repair."""
    message = validation_pb2.RepairRound(
        number=made.number,
        repairer=made.repairer,
        mended=made.mended,
        diff=made.diff,
        kept=made.kept,
        reason=made.reason,
    )
    if made.judgement is not None:
        message.verdict = _verdict_to_proto(made.judgement.decision.verdict)
        message.authenticity_score = made.judgement.decision.score
        message.stage_results.extend(result_to_proto(result) for result in made.judgement.results)
    return message


def _verdict_to_proto(verdict: Verdict) -> Any:
    return _numbered(verdict.value)


def _numbered(number: int) -> Any:
    # The stubs want a member of the enum; what there is, and is taken, is its number.
    return number
