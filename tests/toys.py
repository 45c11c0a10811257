"""Stages that do as little as a test needs. Real stages behind the real servicer; only their rules are toys."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from assay.stage import (
    Candidate,
    Category,
    Finding,
    RuleInfo,
    Severity,
    Stage,
    StageContext,
    StageFactory,
    StageResources,
    StageResult,
    StageStatus,
)

Rule = Callable[[Candidate, StageContext], Awaitable[StageResult]]


@dataclass
class Toy:
    """A stage whose rules are one function."""

    name: str
    rule: Rule
    version: str = "1"
    description: str = "Does as little as a test needs."
    languages: frozenset[str] = frozenset({"python"})
    requires: tuple[str, ...] = ()
    rules: tuple[RuleInfo, ...] = ()
    calls: list[Candidate] = field(default_factory=list)

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Judge by the rule."""
        self.calls.append(candidate)
        return await self.rule(candidate, context)


def finding(severity: Severity = Severity.HIGH, confidence: float = 1.0, **more: object) -> Finding:
    """Return a finding that differs from others only where a test cares."""
    fields = {"rule_id": "toy/rule", "category": Category.PLACEHOLDER, "message": "It is a toy."} | more
    return Finding(severity=severity, confidence=confidence, **fields)  # type: ignore[arg-type]


def completed(*findings: Finding) -> StageResult:
    """Return the result of a stage that ran to its end."""
    return StageResult(StageStatus.COMPLETED, findings)


def opened(stage: Stage) -> StageFactory:
    """Return a factory of a stage that is there already."""

    @asynccontextmanager
    async def factory(resources: StageResources) -> AsyncIterator[Stage]:
        yield stage

    return factory


async def passes(candidate: Candidate, context: StageContext) -> StageResult:
    """Find nothing."""
    return completed()


async def rejects_todo(candidate: Candidate, context: StageContext) -> StageResult:
    """Find the word TODO, and say so before the end."""
    if b"TODO" not in candidate.entry().content:
        return completed()
    found = finding(rule_id="second/todo")
    await context.found(found)
    await context.progress("read", 0.5)
    return completed(found)


async def breaks(candidate: Candidate, context: StageContext) -> StageResult:
    """Break, with the candidate's code in the exception's text."""
    raise ValueError(candidate.entry().content.decode())


async def returns_nothing(candidate: Candidate, context: StageContext) -> StageResult:
    """Return something that is no result."""
    return None  # type: ignore[return-value]


waiting = asyncio.Event()
stopped = asyncio.Event()


async def waits(candidate: Candidate, context: StageContext) -> StageResult:
    """Wait until cancelled, and say so."""
    waiting.set()
    try:
        await asyncio.sleep(60)
    finally:
        stopped.set()
    return completed()


begun: list[str] = []


def notes(name: str, seconds: float = 0.0) -> Rule:
    """Return what notes in :data:`begun` that a stage began, takes some time, and finds nothing."""

    async def judge(candidate: Candidate, context: StageContext) -> StageResult:
        begun.append(name)
        await asyncio.sleep(seconds)
        return completed()

    return judge


first = opened(Toy("first", passes))
second = opened(Toy("second", rejects_todo))
slow = opened(Toy("slow", waits))
broken = opened(Toy("broken", breaks))
empty = opened(Toy("empty", returns_nothing))
misnamed = opened(Toy("another", passes))


@asynccontextmanager
async def unbuildable(resources: StageResources) -> AsyncIterator[Stage]:
    """Fail to be built."""
    raise OSError("the model file is missing")
    yield
