"""What a deployment reads of a project: of compose.yaml itself, resolved by the real Compose."""

import json
import subprocess
from typing import Any

import pytest

from cli.deploy.compose_project import Project
from cli.deploy.docker import COMPOSE
from cli.deploy.tool import found
from host.catalog import BUILT_IN
from tests.processes import ROOT, clean_environment

IMAGE = "registry.example.org/assay:9"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give the suite's own project, with an image of another name."""
    folder = tmp_path_factory.mktemp("secrets")
    environment = clean_environment(ASSAY_IMAGE=IMAGE, ASSAY_SECRETS=str(folder), ASSAY_DOCKER_GID="1")
    done = subprocess.run(
        [*found(COMPOSE), "--env-file", "/dev/null", "config", "--format", "json"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return Project(json.loads(done.stdout))


def test_groups(project: Project) -> None:
    """Every service of the catalog has its turn: the sandbox, what reads, validation, and the gateway at last."""
    groups = dict(project.groups(IMAGE))
    assert list(groups) == ["sandbox", "stages", "validation", "gateway"]
    assert set(project.suite(IMAGE)) == {entry.name for entry in BUILT_IN}
    assert project.image == IMAGE


def test_what_is_left_alone(project: Project) -> None:
    """NATS and PostgreSQL hold what counts; what does something and ends is neither of the two."""
    assert set(project.stores(IMAGE)) == {"nats", "postgres"}
    assert set(project.that_end()) == {"prepare", "migrate"}


def test_another_image_for_some(project: Project) -> None:
    """A project can be had with other images for some of its services, all else the same."""
    other = project.with_images({"static": "assay:8"})
    assert "static" not in other.suite(IMAGE)
    assert set(other.images()) == {*project.images(), "assay:8"}
    assert json.loads(other.text()) == {
        **project.data, "services": {**project.services, "static": {**project.services["static"], "image": "assay:8"}}
    }  # fmt: skip


def test_door(project: Project) -> None:
    """The gateway is called where its public port is published, encrypted."""
    door = project.door()
    assert door is not None
    assert (door.address, door.certificate) == ("tls:127.0.0.1:50051", "/run/assay/door/tls.crt")


def test_what_is_given(project: Project) -> None:
    """The files that services are given are known, with those of the door and the database among them."""
    names = {path.name for path in project.given()}
    assert {"door", "database", "gateway", "trusted"} <= names


def test_memory(project: Project) -> None:
    """What services may take can be added up."""
    assert project.memory(["gateway", "static"]) >= 1024**3


def with_gateway(**facts: Any) -> Project:
    """Return a project of a gateway alone."""
    return Project({"name": "one", "services": {"gateway": {"image": IMAGE, **facts}}})


@pytest.mark.parametrize(
    ("port", "address"),
    [
        ({"target": 50050, "published": "443", "host_ip": "0.0.0.0"}, "127.0.0.1:443"),
        ({"target": 50050, "published": "443"}, "127.0.0.1:443"),
        ({"target": 50050, "published": "443", "host_ip": "10.0.0.7"}, "10.0.0.7:443"),
        ({"target": 8443, "published": "443"}, None),
        ({"target": 50050}, None),
    ],
)
def test_other_doors(port: dict[str, Any], address: str | None) -> None:
    """A gateway that is published everywhere is called on this machine; one that is not is called nowhere."""
    door = with_gateway(environment={"ASSAY_GATEWAY__LISTEN": "0.0.0.0:50050"}, ports=[port]).door()
    assert (door.address if door else None) == address


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("tls://nats.example.org:4223", ("nats.example.org", 4223)),
        ("nats://n", ("n", 4222)),
        ("nats://gateway", None),
        ("", None),
    ],
)
def test_nats(url: str, where: tuple[str, int] | None) -> None:
    """A NATS that is none of the project's services is looked for where its address says."""
    assert with_gateway(environment={"ASSAY_NATS__URL": url}).nats() == where
