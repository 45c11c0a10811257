"""
A whole suite of containers is brought to another image while jobs are queued: none is lost, none comes to a wrong end.

Then to one whose engine breaks as it starts, and to one that answers wrongly: each goes back by itself, under the same
load. What was acknowledged is in a ledger, and asked for again at the end.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from assay.client import Suite, connect
from assay.v1 import validation_pb2
from grpc import StatusCode
from grpc.aio import AioRpcError

from tests.faults.jobs import Job, reading, running
from tests.faults.ledger import Ledger, account, table
from tests.faults.load import load
from tests.processes import ROOT
from tests.scenarios.compose_place import Composed, composed

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(2400)]

ASSAY = Path(sys.executable).with_name("assay")
DEPLOY_SECONDS = 900
SETTLE_SECONDS = 600

NAME = "assay-upgrade"

# Wrong only where programs are run, which the health report does not look at: the canary has to find it out. The image
# compiled its modules once and for all: what is changed is compiled anew.
WRONG = """
FROM {base}
USER 0
RUN echo 'decide_rightly = decide\\n\\
def decide(results, policy):\\n\\
    from dataclasses import replace\\n\\
    decided = decide_rightly(results, policy)\\n\\
    is_run = any(result.stage == "execution" for result in results)\\n\\
    return replace(decided, verdict=Verdict.AUTHENTIC) if is_run else decided' \\
    >>/opt/assay/suite/services/validation/verdict.py; \\
    python -m compileall -q -f --invalidation-mode unchecked-hash /opt/assay/suite/services/validation
USER 10001:10001
"""
VERSIONS = {
    "other": "FROM {base}\nLABEL org.opencontainers.image.version=0.1.1\n",
    "breaks": "FROM {base}\nUSER 0\nRUN rm -r /opt/assay/suite/services/validation\nUSER 10001:10001\n",
    "wrong": WRONG,
}


def docker(*arguments: str, stdin: str = "") -> str:
    """Call docker, and return what it printed."""
    environment = os.environ | {"DOCKER_BUILDKIT": "0"}
    done = subprocess.run(
        ["docker", *arguments], input=stdin, capture_output=True, text=True, timeout=300, check=True, env=environment
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def images() -> Iterator[None]:
    """Make the versions once the first one is there; take them away at the end."""
    yield
    kept = docker(
        "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=assay-former/assay-test-*"
    )
    for name in [*(f"{NAME}:{version}" for version in VERSIONS), *kept.split()]:
        subprocess.run(["docker", "rmi", "--force", name], capture_output=True, timeout=120, check=False)


@pytest.fixture(scope="module")
async def suite(docker_ready: None, images: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Composed]:
    """Give a suite of containers, of the image that compose.yaml names."""
    folder = tmp_path_factory.mktemp("upgrade")
    async with composed(folder) as made:
        base = docker("inspect", "--format", "{{.Config.Image}}", f"{made.project}-gateway-1")
        for version, text in VERSIONS.items():
            docker("build", "--tag", f"{NAME}:{version}", "-", stdin=text.format(base=base))
        lines = (f"{name}={value}" for name, value in made.environment.items() if name.startswith("ASSAY_"))
        (folder / "variables.env").write_text("\n".join([*lines, f"ASSAY_IMAGE={base}"]) + "\n")
        yield made


def mixed(number: int) -> Job:
    """Return a job: one in four is run."""
    return running(number // 4) if number % 4 == 3 else reading(number)


@asynccontextmanager
async def under_load(suite: Composed, title: str) -> AsyncIterator[None]:
    """Queue jobs until the block is left, and see then that each that was acknowledged has its one end."""
    ledger = Ledger()
    async with connect(**suite.door) as client:
        async with load(client, ledger, mixed, every=1.0):
            yield
        # What waited while validation paused is more than what comes, and a small machine makes it slowly.
        following = asyncio.create_task(ledger.follow(client))
        await ledger.settled(SETTLE_SECONDS)
        following.cancel()
        lines = (await suite.compose("logs", "--no-log-prefix", "sandbox")).splitlines()
        found = await account(client, ledger, lines)
    print(table(title, ledger, found))  # noqa: T201  # what a proof by measuring is for
    assert (found.lost, found.doubled, found.hung) == ([], [], [])
    # One that answers wrongly does so until it is found out.
    assert "wrong" in title or found.wrong == []


async def deployed(suite: Composed, folder: Path, version: str) -> tuple[int, list[str], str]:
    """Deploy a version; return the exit status, the images that run then, and what was told."""
    process = await asyncio.create_subprocess_exec(
        ASSAY, "deploy", "compose", "--project-directory", ROOT, "--project-name", suite.project,
        "--env-file", folder / "variables.env", "--record", folder / "record", "--image", f"{NAME}:{version}",
        "--timeout", "240", "--json",
        env={name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        told, _ = await asyncio.wait_for(process.communicate(), DEPLOY_SECONDS)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    label = f"label=com.docker.compose.project={suite.project}"
    names = docker("ps", "--filter", label, "--format", '{{.Label "com.docker.compose.service"}} {{.Image}}')
    services = [line.split() for line in names.splitlines()]
    ours = sorted({image for name, image in services if name not in {"nats", "postgres"}})
    sys.stdout.write(told.decode())
    return process.returncode or 0, ours, told.decode()


@pytest.fixture
def place(suite: Composed) -> Path:
    """Give the folder of the suite's variables and record."""
    return suite.ca.parent.parent.parent


def image_of(place: Path) -> str:
    """Return the image that the variables name."""
    lines = (place / "variables.env").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("ASSAY_IMAGE="))


async def test_upgrade(suite: Composed, place: Path) -> None:
    """Another image takes the place of the one that runs, and nothing that was queued meanwhile is lost."""
    async with under_load(suite, "upgrade"):
        status, images, told = await deployed(suite, place, "other")
    assert (status, images) == (0, [f"{NAME}:other"]), told
    assert image_of(place) == f"{NAME}:other"


@pytest.mark.parametrize(("version", "step"), [("breaks", "roll out validation"), ("wrong", "canary")])
async def test_rolled_back(suite: Composed, place: Path, version: str, step: str) -> None:
    """A version that breaks as it starts, or answers wrongly, is rolled back by itself, and nothing is lost."""
    before = image_of(place)
    async with under_load(suite, f"{version}, rolled back"):
        status, images, told = await deployed(suite, place, version)
    assert (status, images) == (1, [before]), told
    lines = [json.loads(line) for line in told.splitlines()]
    assert [line["step"] for line in lines if line.get("state") == "failed"] == [step]
    assert image_of(place) == before


WRITING = ("gateway", "validation", "events", "system", "sandbox")


async def test_back_up_and_restore(suite: Composed) -> None:
    """What docs/operations.md says brings back what was stored, and what was made since is gone; then all goes on."""
    database = ("exec", "-T", "postgres")
    dump = ("pg_dump", "--username", "postgres", "--format", "custom", "--file", "/tmp/assay.dump", "assay")
    restore = ("pg_restore", "--username", "postgres", "--dbname", "postgres", "--clean", "--create", "--exit-on-error")
    async with connect(**suite.door) as client:
        before = await ended(client, reading(0))
        await suite.compose(*database, *dump)
        after = await ended(client, reading(1))
        await suite.compose("stop", *WRITING, seconds=300)
        await suite.compose(*database, *restore, "/tmp/assay.dump")
        await suite.compose("run", "--rm", "--no-deps", "-T", "migrate")
        await suite.compose("up", "--detach", "--no-recreate", "--wait", seconds=400)
        assert (await found(client, before.id)).verdict == before.validation.verdict
        with pytest.raises(AioRpcError) as missed:
            await found(client, after.id)
        assert missed.value.code() is StatusCode.NOT_FOUND
        assert (await ended(client, reading(2))).validation.verdict == reading(2).verdict


async def ended(client: Suite, job: Job) -> Job:
    """Queue a job and wait for its end."""
    ledger = Ledger()
    await ledger.ask(client, job, time.monotonic() + 60)
    following = asyncio.create_task(ledger.follow(client))
    await ledger.settled(120)
    following.cancel()
    assert job.ended
    return job


async def found(client: Suite, identifier: str) -> validation_pb2.Validation:
    """Return what is stored of a validation."""
    request = validation_pb2.GetValidationRequest(id=identifier)
    return (await client.validation.GetValidation(request, timeout=30, wait_for_ready=True)).validation
