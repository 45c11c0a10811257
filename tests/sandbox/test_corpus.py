"""Every program of the corpus, run by a real service over gRPC, ends as its case says."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import pytest
from assay.v1 import sandbox_pb2

from sandbox import image
from tests.corpus import sandbox_cases
from tests.corpus.sandbox_cases import Case
from tests.corpus.sandbox_expectations import differences, observed

pytestmark = pytest.mark.docker

AT_ONCE = 4
"""Runs at one time: as many as the service's default."""

Runs = dict[str, "asyncio.Task[sandbox_pb2.ExecutionResult]"]


def parameters() -> list[Any]:
    """Return the cases; those of languages whose images CI does not build are marked for a run of their own."""
    others = (pytest.mark.slow, pytest.mark.languages)
    return [
        pytest.param(case, id=case.name, marks=() if case.language in sandbox_cases.CI_LANGUAGES else others)
        for case in sandbox_cases.load()
    ]


@cache
def has_image(language: str) -> bool:
    """Tell whether the image of a language is here."""
    tag = subprocess.run(
        [sys.executable, image.__file__, "tag", language], capture_output=True, text=True, timeout=30, check=False
    )
    inspect = ["docker", "image", "inspect", tag.stdout.strip() or "none"]
    return subprocess.run(inspect, capture_output=True, timeout=30, check=False).returncode == 0


@pytest.fixture(scope="module")
async def runs(request: pytest.FixtureRequest, stub: Any) -> AsyncIterator[Runs]:
    """Start every case that was selected, in order and a few at a time; each test waits for its own."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def run(case: Case) -> sandbox_pb2.ExecutionResult:
        async with turns:
            response: sandbox_pb2.ExecuteResponse = await asyncio.wait_for(stub.Execute(case.request()), 120)
        return response.result

    items = [item for item in request.session.items if isinstance(item, pytest.Function) and item.path == request.path]
    selected: list[Any] = [item.callspec.params["case"] for item in items]
    tasks = {case.name: asyncio.create_task(run(case)) for case in selected if has_image(case.language)}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("case", parameters())
async def test_case(case: Case, runs: Runs) -> None:
    """The run is what the case expects, in every respect that it names."""
    if case.name not in runs:
        if os.environ.get("CI") and case.language in sandbox_cases.CI_LANGUAGES:
            pytest.fail(f"CI needs the image for {case.language}", pytrace=False)
        pytest.skip(f"there is no image for {case.language}; build it with `make images`")
    run = observed(await runs[case.name])
    found = differences(case.expect, run)
    assert not found, "\n".join([*found, f"evidence: {dict(run.evidence)}", f"stderr: {run.stderr.content[-1000:]!r}"])
