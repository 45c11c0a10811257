"""The ledger of a proof: what was acknowledged, what became of it, and how often."""

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from assay.client import Suite
from assay.v1 import event_pb2, validation_pb2

from tests.faults.jobs import LABEL, Job

CALL_SECONDS = 5.0

LOOK_SECONDS = 0.4

PAGE = 200

SUBSCRIBE_SECONDS = 60.0

ENDS = ("validation.completed", "validation.failed", "validation.cancelled")


@dataclass
class Ledger:
    """
    What was asked of a suite, and what it answered.

    :param kills: What was killed, as often as it was.
    :param recoveries: Seconds from each kill until a job that was acknowledged after it had ended.
    :param refusals: How calls ended that were made again, by status.
    """

    jobs: list[Job] = field(default_factory=list)
    kills: list[str] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> Sequence[Job]:
        """Those of which the suite said that it has them."""
        return [job for job in self.jobs if job.acknowledged]

    @property
    def open(self) -> Sequence[Job]:
        """Those of them that were not seen to have ended."""
        return [job for job in self.acknowledged if not job.ended]

    async def ask(self, suite: Suite, job: Job, until: float) -> None:
        """
        Ask for a job until the suite says that it has it.

        :param until: When to give up; what was not acknowledged is nobody's loss.
        """
        self.jobs.append(job)
        job.asked = time.monotonic()
        while time.monotonic() < until:
            try:
                call = suite.validation.CreateValidation(job.request, timeout=CALL_SECONDS, metadata=job.metadata)
                job.id = (await call).validation.id
            except grpc.aio.AioRpcError as error:
                self.refusals[error.code().name] += 1
                await asyncio.sleep(LOOK_SECONDS)
            else:
                job.acknowledged = time.monotonic()
                return

    async def follow(self, suite: Suite) -> None:
        """Look again and again which of the open jobs have ended, until cancelled."""
        while True:
            await asyncio.gather(*(self._look(suite, job) for job in self.open[:PAGE]))
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, suite: Suite, job: Job) -> None:
        try:
            asked = validation_pb2.GetValidationRequest(id=job.id)
            found = (await suite.validation.GetValidation(asked, timeout=CALL_SECONDS)).validation
        except grpc.aio.AioRpcError:
            return
        if found.state >= validation_pb2.STATE_SUCCEEDED:
            job.ended, job.validation = time.monotonic(), found

    async def recovered(self, since: float, seconds: float) -> None:
        """
        Wait until a job that was acknowledged after a moment has ended, and write down how long that took.

        :raises AssertionError: None has within so many seconds.
        """
        while not any(job.ended for job in self.acknowledged if job.acknowledged > since):
            late = time.monotonic() - since > seconds
            assert not late, f"nothing has ended in {seconds} s: {self.refusals}, {len(self.open)} open"
            await asyncio.sleep(LOOK_SECONDS / 4)
        self.recoveries.append(time.monotonic() - since)

    async def settled(self, seconds: float) -> None:
        """Wait until nothing is open any more, or for so long: what is open then hangs."""
        until = time.monotonic() + seconds
        while self.open and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class Account:
    """
    What a ledger comes to when everything is asked for again.

    :param lost: Acknowledged, and not there, or there as another's.
    :param doubled: Of one request more than one validation, or of one validation more than one end that was told.
    :param untold: Ended, and no subscriber was told of it.
    :param hung: Acknowledged, and not ended.
    :param wrong: Ended with the opposite of the verdict that it had to come to.
    :param open_ended: Ended without a verdict either way: a part of the suite was not there.
    :param starts: Programs that were run for jobs that run one: more than there are jobs where a run was repeated.
    """

    acknowledged: int
    ended: int
    lost: Sequence[str]
    doubled: Sequence[str]
    untold: Sequence[str]
    hung: Sequence[str]
    wrong: Sequence[str]
    open_ended: Sequence[str]
    starts: int
    running: int


def check(title: str, ledger: Ledger, found: Account) -> None:
    """Print what a proof came to; nothing was lost, nothing came twice, nothing hangs, and no verdict is another's."""
    print(table(title, ledger, found))  # noqa: T201  # what a proof by measuring is for
    assert (found.lost, found.doubled, found.hung, found.wrong) == ([], [], [], [])


async def account(suite: Suite, ledger: Ledger, lines: Iterable[str] = ()) -> Account:
    """
    Ask for everything again, by identifier, by list and by the events of the past, and compare.

    :param lines: What the sandbox wrote: a line for each program that was run, with the trace of its job.
    """
    jobs = ledger.acknowledged
    listed = await _listed(suite)
    kept = {validation.id: validation for validation in listed}
    times = Counter(validation.request_id for validation in listed)
    ended = [job for job in jobs if job.ended]
    ends = await _ends(suite, {job.id for job in ended})
    starts = _starts(lines)
    return Account(
        acknowledged=len(jobs),
        ended=len(ended),
        lost=[job.marker for job in jobs if not _is_its_own(job, kept.get(job.id))],
        doubled=[job.marker for job in jobs if times[job.marker] > 1 or ends[job.id] > 1],
        untold=[job.marker for job in ended if not ends[job.id]],
        hung=[job.marker for job in jobs if not job.ended],
        wrong=[job.marker for job in ended if job.validation.verdict == _opposite(job.verdict)],
        open_ended=[job.marker for job in ended if job.validation.verdict not in {job.verdict, _opposite(job.verdict)}],
        starts=sum(starts[job.trace] for job in jobs if job.runs),
        running=sum(job.runs for job in jobs),
    )


def _is_its_own(job: Job, found: validation_pb2.Validation | None) -> bool:
    if found is None or (found.request_id, found.labels.get(LABEL)) != (job.marker, job.marker):
        return False
    return not job.ended or found == job.validation


def _opposite(verdict: int) -> int:
    return validation_pb2.VERDICT_AUTHENTIC + validation_pb2.VERDICT_INAUTHENTIC - verdict


async def _listed(suite: Suite) -> list[validation_pb2.Validation]:
    found: list[validation_pb2.Validation] = []
    token = ""
    while True:
        asked = validation_pb2.ListValidationsRequest(page_size=PAGE, page_token=token)
        page = await suite.validation.ListValidations(asked, timeout=30)
        found += page.validations
        token = page.next_page_token
        if not token:
            return found


async def _ends(suite: Suite, wanted: set[str]) -> Counter[str]:
    """Return how often a subscriber is told of the end of each of some validations, and of others."""
    until = time.monotonic() + SUBSCRIBE_SECONDS
    while True:
        told: Counter[str] = Counter()
        call = suite.events.Subscribe(event_pb2.SubscribeRequest(kinds=ENDS), timeout=SUBSCRIBE_SECONDS)
        try:
            # Once all were told of, another moment for what may come twice.
            while True:
                answer: Any = await asyncio.wait_for(call.read(), 2.0 if wanted <= told.keys() else 10.0)
                told[answer.event.resource] += 1
        except TimeoutError:
            return told
        except grpc.aio.AioRpcError:
            # What was killed last may be on its way back.
            if time.monotonic() > until:
                raise
            await asyncio.sleep(1)
        finally:
            call.cancel()


def _starts(lines: Iterable[str]) -> Counter[str]:
    """Return how many programs were run in each trace."""
    calls = (json.loads(line) for line in lines if line.startswith("{") and "SandboxService/Execute" in line)
    return Counter(call["trace_id"] for call in calls)


def table(title: str, ledger: Ledger, found: Account) -> str:
    """Return what there is to read of a proof."""
    rows = [
        ("kills", f"{len(ledger.kills)}: " + ", ".join(f"{name} {n}" for name, n in Counter(ledger.kills).items())),
        ("acknowledged", found.acknowledged),
        ("ended", found.ended),
        ("lost", len(found.lost)),
        ("doubled", len(found.doubled)),
        ("hung", len(found.hung)),
        ("wrong verdict", len(found.wrong)),
        ("no verdict", len(found.open_ended)),
        ("end never told", len(found.untold)),
        ("programs run", f"{found.starts} for {found.running} jobs"),
        ("calls made again", ", ".join(f"{name} {n}" for name, n in ledger.refusals.items()) or "0"),
    ]
    if ledger.recoveries:
        middle, most = statistics.median(ledger.recoveries), max(ledger.recoveries)
        rows.append(("seconds to recover", f"p50 {middle:.1f}, max {most:.1f}"))
    return "\n".join([f"\n{title}", *(f"  {name:<20} {value}" for name, value in rows)])
