"""Scenarios with a sandbox: what a client gets from a suite that runs code, however that is deployed."""

import pytest
from assay.client import Suite
from assay.v1 import stage_pb2

from tests.scenarios.asking import AUTHENTIC, judged, names, rules

pytestmark = pytest.mark.docker

PASSING = b"from words import most_common\n\nassert most_common('a b a', 1) == [('a', 2)]\n"
FAILING = b"from words import most_common\n\nassert most_common('a b a', 1) == [('b', 2)]\n"


async def test_passing_tests(running_suite: Suite) -> None:
    """Code that passes the tests that came with it is AUTHENTIC, and the tests were run."""
    validation = await judged(running_suite, AUTHENTIC, tests=PASSING)
    assert names(validation) == ("STATE_SUCCEEDED", "VERDICT_AUTHENTIC"), validation
    statuses = {result.stage: result.status for result in validation.stage_results}
    assert statuses["execution"] == stage_pb2.STAGE_STATUS_COMPLETED


async def test_failing_tests(running_suite: Suite) -> None:
    """Code that fails a test that came with it is INAUTHENTIC by the execution stage."""
    validation = await judged(running_suite, AUTHENTIC, tests=FAILING)
    assert names(validation)[1] == "VERDICT_INAUTHENTIC"
    assert rules(validation, "execution")


async def test_early_exit(running_suite: Suite) -> None:
    """A test is not passed by leaving before it."""
    validation = await judged(running_suite, b"import os\n\nos._exit(0)\n", tests=b"import words\n\nassert 1 == 2\n")
    assert names(validation)[1] == "VERDICT_INAUTHENTIC"


@pytest.mark.slow
async def test_endless(running_suite: Suite) -> None:
    """Code that does not come to an end when its tests call it is INAUTHENTIC within a bound."""
    endless = b"def spin():\n    while True:\n        pass\n"
    validation = await judged(running_suite, endless, tests=b"import words\n\nassert words.spin() is None\n")
    assert names(validation)[1] == "VERDICT_INAUTHENTIC"
    assert rules(validation, "execution")
