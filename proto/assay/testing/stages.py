"""The conformance suite of stages."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from assay.errors import AssayError
from assay.findings import Contract
from assay.stage import Candidate, Finding, Stage, StageFactory, StageResources, StageResult, StageStatus
from assay.testing.quoting import quoted
from assay.validator import NAME

RUN_SECONDS = 60.0
"""How long one run may take."""

CANCEL_SECONDS = 5.0
"""How long a stage may go on after it was cancelled."""


@dataclass
class Context:
    """A context for one run, which writes down what the stage reports; see :class:`assay.stage.StageContext`."""

    prior_results: Mapping[str, StageResult] = field(default_factory=dict)
    seconds_left: float = RUN_SECONDS
    check_determinism: bool = False
    findings: list[Finding] = field(default_factory=list)

    async def found(self, finding: Finding) -> None:
        """Write a finding down."""
        self.findings.append(finding)

    async def progress(self, message: str, fraction: float) -> None:
        """Pass over how far the run is."""


async def check_stage(
    factory: StageFactory, resources: StageResources, *, candidates: Iterable[Candidate], name: str = ""
) -> list[str]:
    """
    Build a stage, take candidates through it and return what it does against the contract; empty where nothing.

    :param resources: What it is built with, for example :class:`assay.testing.Resources`.
    :param candidates: In languages that the stage can judge, for example :func:`assay.testing.candidates`.
    :param name: The name that the stage is registered by; empty: whichever it has.
    """
    async with factory(resources) as stage:
        problems = [*_identity(stage, name)]
        tried = list(candidates)
        for number, candidate in enumerate(tried):
            problems += [f"candidate {number}: {problem}" for problem in await _runs(stage, candidate)]
        if tried:
            problems += await _cancellation(stage, max(tried, key=_size))
    return problems


def _size(candidate: Candidate) -> int:
    return sum(len(file.content) for file in candidate.files)


def _identity(stage: Stage, name: str) -> Iterator[str]:
    if not NAME.fullmatch(stage.name):
        yield f"the name {stage.name!r} is not lower-case words joined by hyphens"
    if name and stage.name != name:
        yield f"it is registered as {name!r} and calls itself {stage.name!r}"
    if not stage.version:
        yield "it has no version"
    if not stage.description.strip() or "\n" in stage.description:
        yield "its description is not one line of text"
    if any(language != language.lower() or not language for language in stage.languages):
        yield "its languages are not all in lower case"
    if stage.name in stage.requires:
        yield "it requires itself"
    names = [rule.rule_id for rule in stage.rules]
    if len(set(names)) < len(names):
        yield "it lists a rule twice"
    if not all(rule.explanation.strip() for rule in stage.rules):
        yield "it lists a rule without an explanation"


async def _runs(stage: Stage, candidate: Candidate) -> list[str]:
    results: list[StageResult | str] = []
    problems: list[str] = []
    for _ in range(2):
        context = Context()
        try:
            async with asyncio.timeout(RUN_SECONDS):
                result = await stage.run(candidate, context)
        except TimeoutError:
            return [*problems, f"it took longer than {RUN_SECONDS:g} s"]
        except AssayError as error:
            results.append(error.message)
            problems += quoted([error.message], candidate, most=0)
        except Exception as error:  # noqa: BLE001  # any exception at all is what is looked for
            return [*problems, f"it raised {type(error).__name__}, which is no error of the suite"]
        else:
            results.append(replace(result, seconds=0.0, details={}))
            problems += _result(stage, candidate, result, context)
    if results[0] != results[1]:
        problems.append("the same candidate had two different results")
    return list(dict.fromkeys(problems))


def _result(stage: Stage, candidate: Candidate, result: StageResult, context: Context) -> Iterator[str]:
    if (result.status is StageStatus.COMPLETED) == bool(result.reason):
        yield f"a result of status {result.status.name} has the reason {result.reason!r}"
    yield from quoted([result.reason], candidate, most=0)
    for finding in context.findings:
        if finding not in result.findings:
            yield f"the finding {finding.rule_id} was reported and does not stand in the result"
    suites = (file for suite in candidate.tests for file in suite.files)
    contract = Contract(stage.name, (*candidate.files, *suites))
    for finding in result.findings:
        yield from (f"{finding.rule_id}: {problem}" for problem in contract.problems(finding))
        said = quoted([finding.message, finding.suggestion], candidate, most=1)
        yield from (f"{finding.rule_id}: {problem}" for problem in said)


async def _cancellation(stage: Stage, candidate: Candidate) -> list[str]:
    problems = []
    for after in (0.0, 0.02, 0.2):
        task = asyncio.ensure_future(stage.run(candidate, Context()))
        await asyncio.wait({task}, timeout=after)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=CANCEL_SECONDS)
        if not done:
            problems.append(f"it went on for {CANCEL_SECONDS:g} s after it was cancelled")
            break
        await asyncio.gather(task, return_exceptions=True)
    return problems
