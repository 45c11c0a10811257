"""What overlays of the suite render to, read as a deployment reads it; by the real kubectl."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli.deploy.manifests import Manifests, name_of, quantity, reference, requests
from cli.deploy.steps import Failed
from tests.processes import ROOT

KUBECTL = Path(sys.executable).with_name("kubectl")


@pytest.fixture(scope="module", params=["local", "production"])
def rendered(request: pytest.FixtureRequest) -> Manifests:
    """Give what an overlay renders to."""
    overlay = ROOT / "k8s" / "overlays" / request.param
    done = subprocess.run([KUBECTL, "kustomize", overlay], capture_output=True, text=True, timeout=60, check=True)
    return Manifests.read(done.stdout)


def test_groups(rendered: Manifests) -> None:
    """Every workload of the suite has its turn, the gateway last; NATS and PostgreSQL are none of them."""
    groups = {name: [name_of(one) for one in group] for name, group in rendered.groups()}
    assert list(groups) == ["sandbox", "stages", "validation", "gateway"]
    assert {"static", "placeholder", "semantic", "execution", "scoring", "events", "system"} <= set(groups["stages"])
    assert "statefulset/nats" in map(reference, rendered.stores())
    assert not {"nats", "postgres"} & {name for group in groups.values() for name in group}


def test_everything_has_a_place(rendered: Manifests) -> None:
    """What is rendered is the ground, a workload or the Job, and nothing is left out."""
    workloads = sum(len(group) for _, group in rendered.groups())
    assert len(rendered.ground()) + workloads + 1 == len(rendered.documents)


def test_another_image(rendered: Manifests) -> None:
    """Another image is that of every part of the suite, and of nothing else."""
    other = rendered.with_image("registry.example.org/assay:9")
    assert other.image == "registry.example.org/assay:9"
    assert [name for name, _ in other.groups()] == [name for name, _ in rendered.groups()]
    assert list(map(reference, other.stores())) == list(map(reference, rendered.stores()))


def test_secrets(rendered: Manifests) -> None:
    """Secrets are known wherever pods name them: those of each service, and what its pods mount."""
    names = {name for _, name in rendered.secrets()}
    assert {"gateway-keys", "gateway-tls", "gateway-public-tls", "sandbox-keys"} <= names


def test_requests(rendered: Manifests) -> None:
    """What the workloads ask for can be added up."""
    cpu, memory = requests(one for _, group in rendered.groups() for one in group)
    assert cpu > 0
    assert memory > 0


@pytest.mark.parametrize(
    ("text", "number"),
    [("250m", 0.25), ("2", 2), (2, 2), ("1.5", 1.5), ("64Mi", 64 * 2**20), ("1Gi", 2**30), ("1k", 1000)],
)
def test_quantity(text: object, number: float) -> None:
    """Quantities are read as Kubernetes means them."""
    assert quantity(text) == number


@pytest.mark.parametrize("text", ["", "Mi", "2Qx", "two"])
def test_no_quantity(text: str) -> None:
    """What is no quantity is said to be none."""
    with pytest.raises(Failed, match="is no quantity"):
        quantity(text)


@pytest.mark.parametrize("text", ["a: [", "kind: ConfigMap\nmetadata: {name: other}\n", ""])
def test_no_overlay(text: str) -> None:
    """What is no overlay of the suite is told as such."""
    with pytest.raises(Failed, match="what the overlay renders to"):
        Manifests.read(text)
