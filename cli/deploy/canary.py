"""
Whether a suite that was just rolled out does its work, seen as its users see it: through its gateway, with a key.

Two programs whose verdicts are known are judged by all stages that there are, with tests that are run; one while the
call waits, and one by way of the queue. Nothing that was kept is used again. They are the tenant's whose key it is.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from assay.errors import AssayError
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, system_pb2, validation_pb2
from grpc import StatusCode
from grpc.aio import AioRpcError

from cli.deploy.steps import Failed
from cli.diagnosis import Ill
from cli.failures import message_of
from cli.running_suite import RunningSuite
from cli.sources import BadSource

if TYPE_CHECKING:
    from assay.client import Suite

CALL_SECONDS = 60.0
AGAIN_SECONDS = 1.0

REAL = b'''"""The greatest common divisor."""


def gcd(first: int, second: int) -> int:
    """Return the greatest number that divides both, by Euclid's algorithm."""
    while second:
        first, second = second, first % second
    return abs(first)
'''
TESTS = b"""import unittest

from main import gcd


class GcdTest(unittest.TestCase):
    def test_common(self):
        self.assertEqual(gcd(84, 36), 12)

    def test_none_in_common(self):
        self.assertEqual(gcd(9, 28), 1)

    def test_zero(self):
        self.assertEqual(gcd(0, 5), 5)


if __name__ == "__main__":
    unittest.main()
"""
EMPTY = b'''"""The greatest common divisor."""


def gcd(first: int, second: int) -> int:
    """Return the greatest number that divides both."""
    # TODO: implement Euclid's algorithm here
    raise NotImplementedError
'''


async def known(gateway: RunningSuite) -> None:
    """
    Make sure that a key opens a gateway.

    :raises Ill: It does not, though one answers.
    :raises Failed: None answers.
    """
    try:
        async with gateway.connected() as client:
            await _report(client)
    except Failed:
        # It is ill, and told it to this key.
        return
    except AioRpcError as error:
        if error.code() in {StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED}:
            raise Ill(message_of(error), "give another key by ASSAY_KEY, or none: one is made then") from None
    except (AssayError, BadSource) as error:
        raise Failed(message_of(error)) from None


async def healthy(gateway: RunningSuite, seconds: float) -> str:
    """
    Wait until no part of a suite says that it does not work, and return what is not as it should be all the same.

    :param seconds: How long to wait.
    :raises Failed: One still says so then, or the suite cannot be asked.
    """
    return await _until(_report, gateway, seconds)


async def judged(gateway: RunningSuite, seconds: float) -> str:
    """
    Have both programs judged, and return how long that took.

    What could not be judged is tried again, since a suite that was just started may not reach all of its parts yet. A
    wrong verdict is not: the longer it stands, the more others get one.

    :param seconds: How long it may take in all.
    :raises Failed: A verdict is not what it has to be, or none was reached in time.
    """
    began = time.monotonic()
    await _until(_judge, gateway, seconds)
    return f"a real and an empty program were told apart in {time.monotonic() - began:.1f} s"


class Wrong(Failed):
    """A verdict is the opposite of what it has to be."""


async def _judge(client: "Suite") -> str:
    _expect(await _waited_for(client, _candidate(REAL)), validation_pb2.VERDICT_AUTHENTIC, "real")
    _expect(await _queued(client, _candidate(EMPTY)), validation_pb2.VERDICT_INAUTHENTIC, "empty")
    return ""


async def _until(look: "Callable[[Suite], Awaitable[str]]", gateway: RunningSuite, seconds: float) -> str:
    """Look again and again until it does not fail, or it is wrong."""
    until = time.monotonic() + seconds
    while True:
        try:
            async with asyncio.timeout(max(1.0, until - time.monotonic())), gateway.connected() as client:
                return await look(client)
        except Wrong:
            raise
        except TimeoutError:
            raise Failed(f"it did not answer within {seconds:.0f} s") from None
        except Exception as error:
            # A gateway that was just started may not be reached at once, nor what is behind it.
            if time.monotonic() > until:
                raise Failed(str(error) if isinstance(error, Failed) else message_of(error)) from error
        await asyncio.sleep(AGAIN_SECONDS)


async def _report(client: "Suite") -> str:
    asked = system_pb2.GetHealthReportRequest()
    report = (await client.system.GetHealthReport(asked, timeout=CALL_SECONDS)).report
    ill = [check for check in report.checks if check.status == system_pb2.HEALTH_STATUS_UNHEALTHY]
    if ill or not report.checks:
        raise Failed("; ".join(f"{check.name}: {check.message}" for check in ill) or "it reports on none of its parts")
    odd = [f"{check.name}: {check.message}" for check in report.checks if check.message]
    return "; ".join(odd) or f"all {len(report.checks)} parts work"


def _candidate(code: bytes) -> candidate_pb2.Candidate:
    return candidate_pb2.Candidate(
        files=[source_pb2.SourceFile(path="main.py", content=code)],
        language="python",
        tests=[candidate_pb2.TestSuite(files=[source_pb2.SourceFile(path="tests.py", content=TESTS)])],
        labels={"assay-deploy": "canary"},
    )


_POLICY = validation_pb2.ValidationPolicy(fresh=True, run_all_stages=True)


async def _waited_for(client: "Suite", candidate: candidate_pb2.Candidate) -> validation_pb2.Validation:
    request = validation_pb2.ValidateRequest(candidate=candidate, policy=_POLICY)
    return (await client.validation.Validate(request, timeout=CALL_SECONDS)).validation


async def _queued(client: "Suite", candidate: candidate_pb2.Candidate) -> validation_pb2.Validation:
    request = validation_pb2.CreateValidationRequest(
        candidate=candidate, policy=_POLICY, request_id=f"assay-deploy-{uuid.uuid4().hex}"
    )
    made = (await client.validation.CreateValidation(request, timeout=CALL_SECONDS)).validation
    while made.state in {validation_pb2.STATE_QUEUED, validation_pb2.STATE_RUNNING}:
        await asyncio.sleep(AGAIN_SECONDS / 4)
        wanted = validation_pb2.GetValidationRequest(id=made.id)
        made = (await client.validation.GetValidation(wanted, timeout=CALL_SECONDS)).validation
    return made


def _expect(validation: validation_pb2.Validation, verdict: validation_pb2.Verdict, name: str) -> None:
    for result in validation.stage_results:
        if result.status in {stage_pb2.STAGE_STATUS_FAILED, stage_pb2.STAGE_STATUS_SKIPPED}:
            raise Failed(f"the {name} program: the stage {result.stage} was not heard: {result.reason}")
    if validation.verdict != verdict:
        found = validation_pb2.Verdict.Name(validation.verdict).removeprefix("VERDICT_")
        wanted = validation_pb2.Verdict.Name(verdict).removeprefix("VERDICT_")
        why = validation.error.message or validation.explanation
        opposite = validation_pb2.VERDICT_AUTHENTIC + validation_pb2.VERDICT_INAUTHENTIC - verdict
        raise (Wrong if validation.verdict == opposite else Failed)(
            f"the {name} program was found {found} and is {wanted}: {why}"
        )
