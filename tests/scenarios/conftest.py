"""Every scenario runs on every deployment: the same bodies against one process and several, with and without a door."""

from collections.abc import AsyncIterator

import pytest
from assay.client import Suite, connect

from tests.scenarios.deployments import Place, running

DEPLOYMENTS = {
    "embedded": ("one", "straight"),
    "gateway": ("one", "door"),
    "processes": ("several", "straight"),
    "gateway-tls": ("secured", "door"),
    "distributed": ("distributed", "door"),
    "compose": ("compose", "door"),
}
"""Which suite runs, and how it is called. Those of one place, beside each other, share it."""

MARKS = {
    # Many processes, each of which takes seconds to start.
    "gateway-tls": [pytest.mark.slow],
    "distributed": [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(300)],
    "compose": [pytest.mark.slow, pytest.mark.docker, pytest.mark.timeout(900)],
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a suite on every deployment."""
    for suite, place in (("suite", "place"), ("running_suite", "running_place")):
        if suite in metafunc.fixturenames:
            runs = [pytest.param(*values, id=name, marks=MARKS.get(name, ())) for name, values in DEPLOYMENTS.items()]
            metafunc.parametrize((place, suite), runs, indirect=True, scope="session")


@pytest.fixture(scope="session")
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Give a suite that reads and runs nothing."""
    if request.param == "distributed":
        request.getfixturevalue("backing_ready")
    async with running(request.param, sandbox=False) as found:
        yield found


@pytest.fixture(scope="session")
async def running_place(request: pytest.FixtureRequest, docker_ready: None) -> AsyncIterator[Place]:
    """Give a suite that runs code in a sandbox too."""
    if request.param == "distributed":
        request.getfixturevalue("backing_ready")
    async with running(request.param, sandbox=True) as found:
        yield found


@pytest.fixture(scope="session")
async def suite(request: pytest.FixtureRequest, place: Place) -> AsyncIterator[Suite]:
    """Give a client of a suite that reads and runs nothing."""
    async with connect(**getattr(place, request.param)) as client:
        yield client


@pytest.fixture(scope="session")
async def running_suite(request: pytest.FixtureRequest, running_place: Place) -> AsyncIterator[Suite]:
    """Give a client of a suite that runs code in a sandbox too."""
    async with connect(**getattr(running_place, request.param)) as client:
        yield client
