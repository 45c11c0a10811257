"""
How a candidate is judged: the caller's policy, with the suite's defaults filled in.

Which stages have to speak before a candidate is AUTHENTIC:

- the caller names them: those, and each has to complete;
- the caller gives tests and names none: execution has to complete, if it is among the stages that are run;
- by default: every reading stage that is run, as far as it applies to the language and is configured. One that does not
  apply, or says that it is not configured, is excused, and named in the verdict's explanation; one that failed is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.errors import InvalidArgument, UnknownStage
from assay.globs import MAX_CHARACTERS
from assay.stage import MAX_FILES, Candidate

from services.validation.fingerprints import FINGERPRINT
from services.validation.suppression import NOTHING_SILENCED, Silence

REPAIR_BELOW = 0.95
"""The score below which repair is tried, where the caller wants repair and does not say."""

REPAIR_ROUNDS = 2
MAX_REPAIR_ROUNDS = 5

ON_REQUEST = frozenset({"execution", "review", "scoring"})
"""Stages that are not required by default: they need a sandbox, an AI provider or a model."""

MAX_SUPPRESSIONS = 1_000
MAX_REASON = 500
MAX_BASELINE = 100_000
MAX_RANGES = 100_000
"""Ranges of changed lines, of all files together."""


@dataclass(frozen=True, slots=True)
class RepairRequest:
    """That the caller wants repair; None and 0 mean the default."""

    below: float | None = None
    max_rounds: int = 0


@dataclass(frozen=True, slots=True)
class RepairPolicy:
    """
    When and how often repair is tried.

    :param below: Where the verdict is not AUTHENTIC, or the score is below this, from 0 to 1.
    :param max_rounds: Rounds at most, from 1 to MAX_REPAIR_ROUNDS.
    """

    below: float
    max_rounds: int


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """
    What the caller wrote; None and empty mean the default.

    :param required: Names of stages; None: the default.
    :param timeouts: Seconds by name of the stage.
    :param fresh: Whether to judge anew what was judged before.
    :param repair: None: no repair.
    """

    stages: tuple[str, ...] = ()
    required: tuple[str, ...] | None = None
    reject_below: float | None = None
    run_all_stages: bool = False
    timeouts: Mapping[str, float] = field(default_factory=dict)
    security_votes: bool = False
    silence: Silence = NOTHING_SILENCED
    fresh: bool = False
    check_determinism: bool = False
    repair: RepairRequest | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What is applied.

    :param stages: The stages to run, in the order of the suite.
    :param required: Those without whose word there is no AUTHENTIC; a part of ``stages``. One that has nothing for the
        candidate's language, or that was skipped because it is not configured, is excused where the suite requires it
        by default.
    :param demanded: Those of them that the caller required, by name or by giving tests: nothing excuses them but
        completion.
    :param reject_below: The score below which a candidate is rejected without a finding that rejects by itself; None:
        the scorer's own.
    :param timeouts: Seconds by name, for every stage of ``stages``.
    :param fresh: Whether to judge anew what was judged before.
    :param check_determinism: Whether what runs is run twice, and compared.
    :param repair: None: no repair.
    """

    stages: tuple[str, ...]
    required: frozenset[str]
    reject_below: float | None
    run_all_stages: bool
    timeouts: Mapping[str, float]
    security_votes: bool
    demanded: frozenset[str] = frozenset()
    silence: Silence = NOTHING_SILENCED
    fresh: bool = False
    check_determinism: bool = False
    repair: RepairPolicy | None = None


@dataclass(frozen=True, slots=True)
class StageTimes:
    """The suite's own bounds on stages, in seconds."""

    default: float
    by_name: Mapping[str, float]

    def of(self, name: str) -> float:
        """Return the longest time that a stage may take where the policy does not say."""
        return self.by_name.get(name, self.default)


def resolve(request: PolicyRequest, candidate: Candidate, known: Sequence[str], times: StageTimes) -> Policy:
    """
    Fill in the defaults.

    :param known: The names of all stages of the suite, in their order.
    :raises UnknownStage: The policy names a stage that the suite does not have.
    :raises InvalidArgument: A value is out of bounds, or a required stage is not among those that are run.
    """
    _check_names(request.stages, "policy.stages", known)
    _check_names(request.required or (), "policy.required_stages.stages", known)
    _check_names(tuple(request.timeouts), "policy.stage_timeouts", known)
    _check_silence(request.silence)
    stages = tuple(name for name in known if not request.stages or name in request.stages)
    demanded = _demanded(request, candidate, stages)
    required = demanded if request.required is not None else demanded | (set(stages) - ON_REQUEST)
    if missing := sorted(required - set(stages)):
        raise InvalidArgument("policy.required_stages.stages", f"{missing[0]!r} is required, but is not to be run")
    _check_share("policy.reject_below", request.reject_below)
    for name, seconds in request.timeouts.items():
        if not 0 < seconds <= times.of(name):
            raise InvalidArgument(
                f"policy.stage_timeouts[{name}]", f"it must be above 0 and at most {times.of(name):g} seconds"
            )
    return Policy(
        stages=stages,
        required=required,
        reject_below=request.reject_below,
        run_all_stages=request.run_all_stages,
        timeouts={name: request.timeouts.get(name, times.of(name)) for name in stages},
        security_votes=request.security_votes,
        demanded=demanded,
        silence=request.silence,
        fresh=request.fresh,
        check_determinism=request.check_determinism,
        repair=None if request.repair is None else _repair(request.repair),
    )


def _demanded(request: PolicyRequest, candidate: Candidate, stages: tuple[str, ...]) -> frozenset[str]:
    """Return the stages that the caller wants to have completed: those it names, else the one that runs its tests."""
    if request.required is not None:
        return frozenset(request.required)
    return frozenset({"execution"} & set(stages) if candidate.tests else ())


def _repair(request: RepairRequest) -> RepairPolicy:
    _check_share("policy.repair.below", request.below)
    if not 0 <= request.max_rounds <= MAX_REPAIR_ROUNDS:
        raise InvalidArgument("policy.repair.max_rounds", f"it must be from 1 to {MAX_REPAIR_ROUNDS}")
    below = REPAIR_BELOW if request.below is None else request.below
    return RepairPolicy(below, request.max_rounds or REPAIR_ROUNDS)


def _check_share(field_name: str, share: float | None) -> None:
    if share is not None and not 0 <= share <= 1:
        raise InvalidArgument(field_name, "it must be from 0 to 1")


def _check_silence(silence: Silence) -> None:
    """Refuse what the contract does not take, by its field."""
    _check_count("policy.suppressions", len(silence.suppressions), MAX_SUPPRESSIONS)
    for index, one in enumerate(silence.suppressions):
        field_name = f"policy.suppressions[{index}]"
        if not one.rule:
            raise InvalidArgument(f"{field_name}.rule", "it is missing")
        if max(len(one.rule), len(one.path)) > MAX_CHARACTERS:
            raise InvalidArgument(field_name, f"a pattern has at most {MAX_CHARACTERS} characters")
        if len(one.reason) > MAX_REASON:
            raise InvalidArgument(f"{field_name}.reason", f"it has at most {MAX_REASON} characters")
    _check_count("policy.baseline", len(silence.baseline), MAX_BASELINE)
    if not all(FINGERPRINT.fullmatch(one) for one in silence.baseline):
        raise InvalidArgument("policy.baseline", "one of them is no fingerprint")
    changed = silence.changed or {}
    _check_count("policy.changed_lines", len(changed), MAX_FILES)
    _check_count("policy.changed_lines.ranges", sum(map(len, changed.values())), MAX_RANGES)
    if not all(1 <= first <= last for ranges in changed.values() for first, last in ranges):
        raise InvalidArgument("policy.changed_lines.ranges", "one is no range of lines, counted from 1")


def _check_count(field_name: str, count: int, most: int) -> None:
    if count > most:
        raise InvalidArgument(field_name, f"there are {count}, more than the {most} allowed")


def _check_names(names: Sequence[str], field_name: str, known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownStage(field_name, f"there is no stage {name!r}; there are {', '.join(known)}")
