"""Scenarios of the ways to ask for verdicts: in batches, in the background, and again."""

import asyncio
from pathlib import Path

import pytest
from assay.client import Suite, connect
from assay.v1 import stage_pb2, validation_pb2
from structlog.testing import capture_logs

from host.embedded import embedded
from host.settings import Settings
from tests.scenarios.asking import AUTHENTIC, candidate, judged, names

READING = ["static", "placeholder", "semantic"]
POLICY = validation_pb2.ValidationPolicy(stages=READING, fresh=True)
STUB = b'def area(radius):\n    """Return the area of a circle."""\n    # TODO: implement\n    pass\n'


async def test_batch(suite: Suite) -> None:
    """Each candidate of a batch gets its verdict, once."""
    asked = [validation_pb2.ValidateRequest(candidate=candidate(code), policy=POLICY) for code in (AUTHENTIC, STUB) * 5]
    request = validation_pb2.ValidateBatchRequest(requests=asked)
    answers = [answer async for answer in suite.validation.ValidateBatch(request, timeout=120)]
    verdicts = {answer.index: names(answer.validation)[1] for answer in answers}
    assert len(answers) == len(verdicts) == len(asked)
    assert [verdicts[index] for index in range(len(asked))] == ["VERDICT_AUTHENTIC", "VERDICT_INAUTHENTIC"] * 5


async def test_in_the_background(suite: Suite) -> None:
    """A queued candidate gets the verdict that Validate gives, and whoever watches sees each stage begin and end."""
    asked = validation_pb2.CreateValidationRequest(candidate=candidate(STUB), policy=POLICY)
    queued = (await suite.validation.CreateValidation(asked, timeout=30)).validation
    watching = validation_pb2.WatchValidationRequest(id=queued.id, after_sequence=1)
    events = [event async for event in suite.validation.WatchValidation(watching, timeout=120)]
    made = await judged(suite, STUB, policy=POLICY)
    last = events[-1].snapshot
    assert (last.verdict, last.authenticity_score) == (made.verdict, made.authenticity_score)
    assert [f.rule_id for f in last.deciding_findings] == [f.rule_id for f in made.deciding_findings]
    ends = {event.stage_completed.stage for event in events if event.HasField("stage_completed")}
    assert ends == {event.stage_started for event in events if event.HasField("stage_started")} == set(READING)


async def test_again(suite: Suite) -> None:
    """What was read before is not read again, unless that is asked for."""
    policy = validation_pb2.ValidationPolicy(stages=READING)
    first = await judged(suite, AUTHENTIC, policy=policy)
    again = await judged(suite, AUTHENTIC, policy=policy)
    assert again.reused_from == (first.reused_from or first.id)
    assert list(again.stage_results) == list(first.stage_results)
    assert not (await judged(suite, AUTHENTIC, policy=POLICY)).reused_from


@pytest.mark.docker
async def test_run_again(running_suite: Suite) -> None:
    """What was run before is not run again, once the sandbox's images are known."""
    tests = b"from words import most_common\n\nassert most_common('b a b', 1) == [('b', 2)]\n"
    made = [await judged(running_suite, AUTHENTIC, tests=tests) for _ in range(3)]
    assert {names(validation)[1] for validation in made} == {"VERDICT_AUTHENTIC"}
    assert made[2].reused_from in {made[0].id, made[1].id}
    (ran,) = [result for result in made[2].stage_results if result.stage == "execution"]
    assert ran.status == stage_pb2.STAGE_STATUS_COMPLETED
    assert "images.unknown" not in ran.version


ENDLESS = b"def spin():\n    while True:\n        pass\n"


@pytest.mark.docker
async def test_cancelled_run(folder: Path, docker_ready: None) -> None:
    """Cancelling a validation whose program runs ends the run in the sandbox, at once and not at its limit."""
    asked = validation_pb2.CreateValidationRequest(candidate=candidate(ENDLESS, b"import words\n\nwords.spin()\n"))
    with capture_logs() as logs:
        async with embedded(Settings(state_dir=folder)) as address, connect(address) as suite:
            queued = (await suite.validation.CreateValidation(asked, timeout=30)).validation
            watching = validation_pb2.WatchValidationRequest(id=queued.id, after_sequence=1)
            async for event in suite.validation.WatchValidation(watching, timeout=60):
                if event.stage_started == "execution":
                    break
            await asyncio.sleep(2)
            asked_to = validation_pb2.CancelValidationRequest(id=queued.id)
            stopped = (await suite.validation.CancelValidation(asked_to, timeout=30)).validation
            async with asyncio.timeout(30):
                while not (runs := [line for line in logs if "SandboxService/Exec" in line.get("method", "")]):
                    await asyncio.sleep(0.05)
    assert stopped.state == validation_pb2.STATE_CANCELLED
    assert {line["code"] for line in runs} == {"CANCELLED"}
