"""What the suite says of the records of a corpus."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
from assay.client import Suite, connect
from assay.convert import seconds_from_proto
from assay.v1 import finding_pb2, stage_pb2, validation_pb2

from benchmarks.corpus import Record
from host.embedded import embedded
from host.settings import Settings

READING = ("static", "placeholder", "semantic")
"""The stages that read code and run nothing."""

CALL_SECONDS = 300.0

Said = tuple[str, tuple[str, ...]]
"""A verdict's name, and the rules that it rests on."""


@dataclass(frozen=True, slots=True)
class Judged:
    """
    What was said of one record.

    :param verdict: AUTHENTIC, INAUTHENTIC, INCONCLUSIVE, or ERROR where there is no answer.
    :param stages: Seconds by stage, of those that completed.
    :param skipped: What the others said instead.
    :param score: How authentic it is said to be; None where there is no answer.
    :param scorer: What made the score.
    """

    record: Record
    verdict: str
    rules: tuple[str, ...] = ()
    explanation: str = ""
    seconds: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    score: float | None = None
    scorer: str = ""

    @property
    def found(self) -> bool:
        """Whether it is called inauthentic."""
        return self.verdict == "INAUTHENTIC"

    @property
    def undecided(self) -> bool:
        """Whether it is called neither."""
        return self.verdict not in {"AUTHENTIC", "INAUTHENTIC"}


def by_verdict(validation: validation_pb2.Validation) -> Said:
    """Return the suite's own verdict."""
    verdict = validation_pb2.Verdict.Name(validation.verdict).removeprefix("VERDICT_")
    return verdict, tuple(finding.rule_id for finding in validation.deciding_findings)


def by_findings(validation: validation_pb2.Validation) -> Said:
    """
    Return what the findings alone say: one of HIGH or worse that is not on security makes a record inauthentic.

    So the figures depend neither on the weights of the score nor on its threshold. Where there is none and a stage did
    not do its work, though it applies to the language, nothing is decided.
    """
    if found := tuple(finding.rule_id for finding in rejecting(validation)):
        return "INAUTHENTIC", found
    statuses = {result.status for result in validation.stage_results}
    done = statuses <= {stage_pb2.STAGE_STATUS_COMPLETED, stage_pb2.STAGE_STATUS_NOT_APPLICABLE}
    return ("AUTHENTIC" if done and stage_pb2.STAGE_STATUS_COMPLETED in statuses else "INCONCLUSIVE"), ()


def rejecting(validation: validation_pb2.Validation) -> list[finding_pb2.Finding]:
    """Return the findings of HIGH or worse that are not on security."""
    findings = (finding for result in validation.stage_results for finding in result.findings)
    return [
        finding
        for finding in findings
        if finding.severity >= finding_pb2.SEVERITY_HIGH and finding.category != finding_pb2.FINDING_CATEGORY_SECURITY
    ]


WAYS: Mapping[str, Callable[[validation_pb2.Validation], Said]] = {"verdict": by_verdict, "findings": by_findings}
"""How an answer is read, by name."""


async def judge(suite: Suite, record: Record, stages: Sequence[str], way: str) -> Judged:
    """Send one record through the suite; an error of the suite is an ERROR with its text."""
    policy = validation_pb2.ValidationPolicy(stages=stages, run_all_stages=way == "findings")
    request = validation_pb2.ValidateRequest(candidate=record.candidate, policy=policy)
    started = time.monotonic()
    try:
        answer = await suite.validation.Validate(request, timeout=CALL_SECONDS)
    except grpc.aio.AioRpcError as error:
        return Judged(record, "ERROR", (), f"{error.code().name}: {error.details()}", time.monotonic() - started)
    seconds = time.monotonic() - started
    validation = answer.validation
    verdict, rules = WAYS[way](validation)
    return Judged(
        record,
        verdict,
        rules,
        validation.explanation,
        seconds,
        {result.stage: seconds_from_proto(result.run_duration) for result in validation.stage_results if _ran(result)},
        tuple(f"{r.stage}: {r.reason}" for r in validation.stage_results if not _ran(r)),
        validation.authenticity_score,
        validation.scorer,
    )


def _ran(result: stage_pb2.StageResult) -> bool:
    return result.status == stage_pb2.STAGE_STATUS_COMPLETED


async def judge_all(
    suite: Suite, wanted: Sequence[Record], stages: Sequence[str], *, way: str, concurrency: int
) -> list[Judged]:
    """Send records through the suite, some at a time, in their order, with progress on standard error."""
    turns = asyncio.Semaphore(concurrency)
    done = 0

    async def one(record: Record) -> Judged:
        nonlocal done
        async with turns:
            judged = await judge(suite, record, stages, way)
        done += 1
        if done % 100 == 0 or done == len(wanted):
            print(f"{done}/{len(wanted)}", file=sys.stderr, flush=True)
        return judged

    return await asyncio.gather(*map(one, wanted))


@asynccontextmanager
async def a_suite(*, sandbox: bool, options: Mapping[str, Mapping[str, str]] | None = None) -> AsyncIterator[Suite]:
    """
    Run a suite of the benchmark's own, with a store of its own.

    :param options: Of its stages, by name; added to those of the environment's ASSAY_STAGE_OPTIONS.
    """
    with TemporaryDirectory(prefix="assay-bench-") as state:
        settings = Settings(state_dir=Path(state), sandbox_enabled=sandbox, log_level="error")
        for stage, said in (options or {}).items():
            settings.stage_options[stage] = settings.stage_options.get(stage, {}) | dict(said)
        async with embedded(settings) as address, connect(address) as suite:
            yield suite
