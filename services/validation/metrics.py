"""
What is measured of validations, wrapped around the judging from outside: verdicts, findings, stages, repairs, reuse.

Names are those of OpenTelemetry; without a provider of metrics nothing is kept. Times are in seconds. What the suite
asks for itself is not counted.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from assay.stage import Finding, StageResult
from opentelemetry.metrics import CallbackOptions, Meter, Observation

from host.caller import SYSTEM_TENANT, caller
from host.database import Database
from host.telemetry import BOUNDARIES
from services.validation.engine import Stages
from services.validation.following import NOBODY, Follower
from services.validation.judgement import Judgement, Repair, Repairs
from services.validation.judging import Judging, Prepared
from services.validation.policy import StageTimes
from services.validation.statistics import QueueFigures
from services.validation.store import Stored, ValidationStore

NAME = "assay.validation"

OTHER = "other"
"""The rule of findings that are no rule's of ours: whoever serves a stage may make up rules, and each would be kept."""

MOST_RULES = 500
"""Rules that are told apart."""


class Instruments:
    """
    Everything that is measured, made once for each meter.

    :param stages: The stages whose rules are told apart.
    """

    def __init__(self, meter: Meter, stages: Collection[str]) -> None:
        self._meter = meter
        self._stages = frozenset(stages)
        self._rules: set[str] = set()
        self.under_way = 0
        """Validations that this process makes now."""

        counter = meter.create_counter
        self._validations = counter(f"{NAME}.validations", "{validation}", "Validations that were made, by verdict.")
        self._findings = counter(f"{NAME}.findings", "{finding}", "Findings that were not suppressed, by rule.")
        self._repairs = counter(f"{NAME}.repairs", "{repair}", "Repairs, by whether they improved the candidate.")
        self._rounds = counter(f"{NAME}.repair.rounds", "{round}", "Rounds of repair, by whether they were kept.")
        self.reuse = counter(f"{NAME}.reuse", "{validation}", "Looks for an equal validation, by result: hit or miss.")
        self._seconds = meter.create_histogram(
            f"{NAME}.duration", "s", "How long judging took, repair included.",
            explicit_bucket_boundaries_advisory=BOUNDARIES,
        )  # fmt: skip
        self._stage_seconds = meter.create_histogram(
            f"{NAME}.stage.duration", "s", "How long stages took, by stage and status.",
            explicit_bucket_boundaries_advisory=BOUNDARIES,
        )  # fmt: skip

    def watch_queue(self, figures: Callable[[], QueueFigures]) -> None:
        """Observe what waits and runs from now on."""

        def gauge(name: str, unit: str, what: str, value: Callable[[], float]) -> None:
            def observe(_: CallbackOptions) -> Sequence[Observation]:
                return [Observation(value())]

            self._meter.create_observable_up_down_counter(f"{NAME}.{name}", [observe], unit, what)

        gauge("queue.depth", "{validation}", "Validations that wait in the queue.", lambda: figures().queued)
        gauge("queue.age", "s", "How long the oldest of those has waited.", lambda: figures().oldest_seconds)
        gauge("under_way", "{validation}", "Validations that this process makes now.", lambda: self.under_way)

    @contextmanager
    def making(self) -> Iterator[None]:
        """Count a validation as under way for the block."""
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1

    def judged(self, judgement: Judgement, repair: Repair | None, seconds: float) -> None:
        """Count a validation that was made."""
        self._validations.add(1, {"verdict": judgement.decision.verdict.name.lower()})
        self._seconds.record(seconds)
        self._heard(judgement.results)
        if repair is not None and repair.rounds:
            self._repairs.add(1, {"improved": repair.kept is not None})
            for made in repair.rounds:
                self._rounds.add(1, {"kept": made.kept})
                self._timed(made.judgement.results if made.judgement is not None else ())

    def _heard(self, results: Sequence[StageResult]) -> None:
        self._timed(results)
        for result in results:
            for finding in result.findings:
                if not finding.suppressed:
                    self._findings.add(1, {"rule": self._rule(finding)})

    def _timed(self, results: Sequence[StageResult]) -> None:
        for result in results:
            labels = {"stage": result.stage, "status": result.status.name.lower()}
            self._stage_seconds.record(result.seconds, labels)

    def _rule(self, finding: Finding) -> str:
        """Return the rule of a finding if it is one of ours: of a stage that we have, and named after it."""
        rule = finding.rule_id
        if rule in self._rules:
            return rule
        ours = finding.stage in self._stages and rule.startswith(f"{finding.stage}/")
        if not ours or len(self._rules) >= MOST_RULES:
            return OTHER
        self._rules.add(rule)
        return rule


class MeteredJudging(Judging):
    """Judges, and measures what comes of it."""

    def __init__(self, stages: Stages, times: StageTimes, repairs: Repairs, instruments: Instruments) -> None:
        super().__init__(stages, times, repairs)
        self._instruments = instruments

    async def judge(
        self, prepared: Prepared, left: float | None, follower: Follower = NOBODY
    ) -> tuple[Judgement, Repair | None]:
        """See :class:`Judging`."""
        if caller().tenant == SYSTEM_TENANT:
            return await super().judge(prepared, left, follower)
        started = time.monotonic()
        with self._instruments.making():
            judgement, repair = await super().judge(prepared, left, follower)
        self._instruments.judged(judgement, repair, time.monotonic() - started)
        return judgement, repair


class MeteredStore(ValidationStore):
    """Keeps validations, and counts how often one can be used again."""

    def __init__(self, database: Database, keep: int, instruments: Instruments) -> None:
        super().__init__(database, keep)
        self._instruments = instruments

    async def reusable(self, tenant: str, key: str) -> Stored | None:
        """See :class:`ValidationStore`."""
        found = await super().reusable(tenant, key)
        if tenant != SYSTEM_TENANT:
            self._instruments.reuse.add(1, {"result": "miss" if found is None else "hit"})
        return found
