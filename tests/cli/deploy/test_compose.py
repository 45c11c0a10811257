"""
`assay deploy compose` on a real daemon, over a project of little containers.

What proves a version is a real suite beside it: the project's own gateway only sleeps. A version is well or ill by its
image: it has a file that its health check looks for, or not.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Program

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

Deploy = Callable[..., Ended]

NAME = "assay-little"

SERVICES = ("static", "validation", "gateway")

COMPOSE = """
name: assay-little
x-service: &service
  image: ${ASSAY_IMAGE:-assay-little:1}
  pull_policy: never
  init: true
  stop_grace_period: 2s
  command: [sleep, infinity]
  healthcheck: {test: [CMD, test, -e, /well], interval: 1s, retries: 2}
services:
  store:
    image: debian:trixie-slim
    pull_policy: never
    init: true
    stop_grace_period: 1s
    command: [sleep, infinity]
  migrate:
    <<: *service
    entrypoint: [sh, -c, 'test ! -e /stuck && echo the schema is 0001', migrate]
    healthcheck: {disable: true}
  static:
    <<: *service
    depends_on:
      migrate: {condition: service_completed_successfully}
  validation: *service
  gateway: *service
"""

VERSIONS = {"1": "touch /well", "2": "touch /well", "ill": "true", "stuck": "touch /well /stuck"}


def docker(*arguments: str, stdin: str = "") -> str:
    """Call docker, and return what it printed."""
    environment = os.environ | {"DOCKER_BUILDKIT": "0"}
    done = subprocess.run(
        ["docker", *arguments], input=stdin, capture_output=True, text=True, timeout=120, check=True, env=environment
    )
    return done.stdout


@pytest.fixture(scope="module")
def images(docker_ready: None) -> Iterator[None]:
    """Make an image for each version."""
    for version, how in VERSIONS.items():
        text = f"FROM debian:trixie-slim\nLABEL version={version}\nRUN {how}\n"
        docker("build", "--tag", f"assay-little:{version}", "-", stdin=text)
    yield
    for repository in (NAME, f"assay-former/{NAME}"):
        for name in docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository).split():
            docker("rmi", "--force", name)


@pytest.fixture
def place(images: None, tmp_path: Path) -> Iterator[Path]:
    """Give the folder of a project of which nothing runs."""
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / ".env").write_text("# The machine's.\nASSAY_IMAGE=assay-little:1\nOTHER=1\n")
    yield tmp_path
    label = "label=com.docker.compose.project=assay-little"
    if ids := docker("ps", "--all", "--quiet", "--filter", label).split():
        docker("rm", "--force", *ids)
    docker("network", "prune", "--force", "--filter", label)


def running(*services: str) -> dict[str, str]:
    """Return the version of each service that runs."""
    label = "label=com.docker.compose.project=assay-little"
    form = '{{.Label "com.docker.compose.service"}} {{.ID}}'
    lines = docker("ps", "--no-trunc", "--filter", label, "--format", form).splitlines()
    found = dict(line.split() for line in lines)
    kinds = {name: docker("inspect", "--format", "{{.Config.Labels.version}}", one) for name, one in found.items()}
    return {name: kinds[name].strip() for name in services or SERVICES if name in kinds}


@pytest.fixture(scope="module")
def key(program: Program) -> str:
    """Give a key for the suite that proves."""
    return program("keys", "create", "--tenant", "little", "--scope", "*").stdout.strip()


@pytest.fixture
def deploy(program: Program, place: Path, sandboxed: str, key: str) -> Deploy:
    """Give a function that deploys a version there, proved by the suite beside it; "" is none by name."""

    def call(version: str, *more: str, seconds: float = 200) -> Ended:
        image = ("--image", f"assay-little:{version}") if version else ()
        return program(
            "deploy", "compose", "--project-directory", place, *image, "--gateway", sandboxed, "--json",
            "--timeout", "60", *more, seconds=seconds, ASSAY_KEY=key,
        )  # fmt: skip

    return call


def steps(ended: Ended, phase: str = "forward") -> dict[str, str]:
    """Return the last state of each step."""
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {line["step"]: line["state"] for line in lines if line.get("phase") == phase}


@pytest.mark.slow
def test_up_and_up_again_and_back(place: Path, deploy: Deploy) -> None:
    """A first version, a second in its place with the store left alone, and the first again when that is asked for."""
    first = deploy("1")
    assert first.status == 0, first.stdout
    assert running() == dict.fromkeys(SERVICES, "1")
    store = docker("ps", "--quiet", "--filter", "name=assay-little-store")
    second = deploy("2")
    assert second.status == 0, second.stdout
    assert {name for name, state in steps(second).items() if state != "done"} == {"settings of NATS"}
    assert running() == dict.fromkeys(SERVICES, "2")
    assert docker("ps", "--quiet", "--filter", "name=assay-little-store") == store
    assert (place / ".env").read_text() == "# The machine's.\nASSAY_IMAGE=assay-little:2\nOTHER=1\n"
    (place / "compose.yaml").unlink()
    back = deploy("", "--roll-back")
    assert back.status == 1, back.stdout
    assert running() == dict.fromkeys(SERVICES, "1")
    assert "ASSAY_IMAGE=assay-little:1\n" in (place / ".env").read_text()


@pytest.mark.slow
def test_a_version_that_is_ill(place: Path, deploy: Deploy) -> None:
    """One that does not become healthy is rolled back; what it did not reach is left alone, replicas and all."""
    assert deploy("1").status == 0
    docker_compose = ["docker", "ps", "--quiet", "--filter", "name=assay-little-gateway"]
    gateway = subprocess.run(docker_compose, capture_output=True, text=True, timeout=30, check=True).stdout
    ended = deploy("ill", "--timeout", "15")
    assert ended.status == 1, ended.stdout
    assert steps(ended)["roll out stages"] == "failed"
    assert steps(ended, "back")["roll back gateway"] == "skipped"
    assert running() == dict.fromkeys(SERVICES, "1")
    assert subprocess.run(docker_compose, capture_output=True, text=True, timeout=30, check=True).stdout == gateway
    assert "ASSAY_IMAGE=assay-little:1\n" in (place / ".env").read_text()


def test_a_first_version_that_is_ill(place: Path, deploy: Deploy) -> None:
    """Where nothing ran before, nothing of the suite runs after a version that is ill."""
    ended = deploy("ill", "--timeout", "15")
    assert ended.status == 1, ended.stdout
    assert running() == {}


@pytest.mark.slow
def test_refused(place: Path, deploy: Deploy) -> None:
    """What cannot be had, or has no way forward for the schema, is refused before anything is changed."""
    assert deploy("1").status == 0
    absent = deploy("absent")
    assert (absent.status, steps(absent, "check")["images"]) == (2, "failed")
    stuck = deploy("stuck")
    assert (stuck.status, steps(stuck, "check")["schema"]) == (2, "failed")
    assert running() == dict.fromkeys(SERVICES, "1")


@pytest.mark.slow
def test_killed(place: Path, deploy: Deploy) -> None:
    """A call that is killed in the middle of a roll-out is taken up by the same call."""
    assert deploy("1").status == 0
    with pytest.raises(subprocess.TimeoutExpired):
        deploy("2", seconds=9)
    ended = deploy("2")
    assert ended.status == 0, ended.stdout
    assert running() == dict.fromkeys(SERVICES, "2")
