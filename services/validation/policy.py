"""How a candidate is judged: the caller's policy, with the suite's defaults filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.errors import InvalidArgument, UnknownStage
from assay.stage import Candidate

REJECT_BELOW = 0.5
"""The score below which a candidate is rejected without a finding that rejects by itself."""

ON_REQUEST = frozenset({"execution", "review", "scoring"})
"""Stages that are not required by default: they need a sandbox, an AI provider or a model."""


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """
    What the caller wrote; None and empty mean the default.

    :param required: Names of stages; None: the default.
    :param timeouts: Seconds by name of the stage.
    """

    stages: tuple[str, ...] = ()
    required: tuple[str, ...] | None = None
    reject_below: float | None = None
    run_all_stages: bool = False
    timeouts: Mapping[str, float] = field(default_factory=dict)
    security_votes: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What is applied.

    :param stages: The stages to run, in the order of the suite.
    :param required: Those without whose completion there is no AUTHENTIC; a part of ``stages``.
    :param timeouts: Seconds by name, for every stage of ``stages``.
    """

    stages: tuple[str, ...]
    required: frozenset[str]
    reject_below: float
    run_all_stages: bool
    timeouts: Mapping[str, float]
    security_votes: bool


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
    stages = tuple(name for name in known if not request.stages or name in request.stages)
    required = _required(request, candidate, stages)
    if missing := sorted(required - set(stages)):
        raise InvalidArgument("policy.required_stages.stages", f"{missing[0]!r} is required, but is not to be run")
    reject_below = REJECT_BELOW if request.reject_below is None else request.reject_below
    if not 0 <= reject_below <= 1:
        raise InvalidArgument("policy.reject_below", "it must be from 0 to 1")
    for name, seconds in request.timeouts.items():
        if not 0 < seconds <= times.of(name):
            raise InvalidArgument(
                f"policy.stage_timeouts[{name}]", f"it must be above 0 and at most {times.of(name):g} seconds"
            )
    return Policy(
        stages=stages,
        required=required,
        reject_below=reject_below,
        run_all_stages=request.run_all_stages,
        timeouts={name: request.timeouts.get(name, times.of(name)) for name in stages},
        security_votes=request.security_votes,
    )


def _required(request: PolicyRequest, candidate: Candidate, stages: tuple[str, ...]) -> frozenset[str]:
    if request.required is not None:
        return frozenset(request.required)
    required = set(stages) - ON_REQUEST
    if candidate.tests and "execution" in stages:
        required.add("execution")
    return frozenset(required)


def _check_names(names: Sequence[str], field_name: str, known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownStage(field_name, f"there is no stage {name!r}; there are {', '.join(known)}")
