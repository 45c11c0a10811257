"""What a call used is told at its end, however many services lie between it and the containers that it used."""

from typing import Any

import pytest
from assay.client import Suite
from assay.v1 import validation_pb2

from tests.scenarios.asking import AUTHENTIC, candidate

pytestmark = pytest.mark.docker

TESTS = (
    b"import time\n\nfrom words import most_common\n\ntime.sleep(0.2)\nassert most_common('a b a', 1) == [('a', 2)]\n"
)


async def seconds(call: Any) -> float:
    """Return the sandbox-seconds that a call tells of at its end."""
    return float(dict(await call.trailing_metadata()).get("x-assay-used-sandbox-seconds", "0"))


async def test_of_a_validation(running_suite: Suite) -> None:
    """A validation tells how long its stages held containers."""
    request = validation_pb2.ValidateRequest(candidate=candidate(AUTHENTIC, TESTS))
    call = running_suite.validation.Validate(request, timeout=90)
    assert (await call).validation.stage_results
    assert 0.2 <= await seconds(call) < 90


async def test_of_a_batch(running_suite: Suite) -> None:
    """A stream of validations tells what all of them used together."""
    requests = [
        validation_pb2.ValidateRequest(candidate=candidate(AUTHENTIC + b"# %d\n" % number, TESTS))
        for number in range(2)
    ]
    call = running_suite.validation.ValidateBatch(validation_pb2.ValidateBatchRequest(requests=requests), timeout=90)
    assert len([answer async for answer in call]) == 2
    assert 0.4 <= await seconds(call) < 180
