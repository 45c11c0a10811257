"""
`assay deploy kubernetes` over a stand-in for kubectl: the order of its calls, and what it makes of the answers.

See kubectl_stand_in.py for what that shows and what it does not. What proves a version is a real suite.
"""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.deploy.manifests import Manifests
from tests.certificates import Authority
from tests.cli.conftest import Ended, Program
from tests.processes import ROOT

pytestmark = pytest.mark.docker

OVERLAY = ROOT / "k8s" / "overlays" / "local"
KUBECTL = Path(sys.executable).with_name("kubectl")
NAME = "registry.example.org/assay"

Deploy = Callable[..., Ended]


class Cluster:
    """What the stand-in holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects: dict[str, object] = {}

    def add(self, kind: str, namespace: str, name: str, **more: object) -> None:
        """Put an object there."""
        metadata = {"name": name, "namespace": namespace, "resourceVersion": "1", **more.pop("metadata", {})}  # type: ignore[dict-item]
        self.objects[f"{kind} {namespace} {name}"] = {"kind": kind, "metadata": metadata, **more}

    def save(self) -> None:
        """Keep what was put there."""
        (self.folder / "cluster.json").write_text(json.dumps(self.objects))

    def images(self) -> dict[str, str]:
        """Return the tag of each workload of the suite's image."""
        held = json.loads((self.folder / "cluster.json").read_text())
        found = {}
        for one in held.values():
            if one["kind"] in {"Deployment", "DaemonSet"}:
                image = one["spec"]["template"]["spec"]["containers"][0]["image"]
                found[one["metadata"]["name"]] = image.rpartition(":")[2]
        return found

    def calls(self) -> list[str]:
        """Return what was called since the last time."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    """Give a cluster with a node, a sandbox host, the namespaces and every Secret, and nothing of the suite."""
    done = subprocess.run([KUBECTL, "kustomize", OVERLAY], capture_output=True, text=True, timeout=60, check=True)
    made = Cluster(tmp_path)
    ready = {"allocatable": {"cpu": "8", "memory": "16Gi"}, "conditions": [{"type": "Ready", "status": "True"}]}
    made.add("node", "", "one", spec={}, status=ready)
    taint = {"taints": [{"key": "assay/sandbox", "effect": "NoSchedule"}]}
    made.add("node", "", "host", metadata={"labels": {"assay/sandbox": "true"}}, spec=taint, status=ready)
    for name in ("assay", "assay-sandbox"):
        made.add("namespace", "", name)
    pair = Authority(tmp_path, "inside").signed("service")
    certificate = base64.b64encode(pair.certificate.read_bytes()).decode()
    for (namespace, name), keys in Manifests.read(done.stdout).secrets().items():
        held = {"tls.crt": certificate} if name.endswith("tls") else {}
        made.add("secret", namespace, name, data=held | dict.fromkeys(keys - held.keys(), "c2VjcmV0"))
    made.save()
    return made


@pytest.fixture
def deploy(program: Program, cluster: Cluster, sandboxed: str) -> Deploy:
    """Give a function that deploys a tag to the cluster; a real suite proves it."""
    key = program("keys", "create", "--tenant", "cluster", "--scope", "*").stdout.strip()
    folder = cluster.folder / "bin"
    folder.mkdir()
    stand_in = ROOT / "tests" / "cli" / "deploy" / "kubectl_stand_in.py"
    (folder / "kubectl").write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
    (folder / "kubectl").chmod(0o755)

    def call(tag: str, *more: str) -> Ended:
        image = ("--image", f"{NAME}:{tag}") if tag else ()
        return program(
            "deploy", "kubernetes", "--overlay", OVERLAY, *image, "--gateway", sandboxed, "--json", "--timeout", "60",
            *more, seconds=170, ASSAY_KEY=key, STAND_IN=str(cluster.folder), REAL_KUBECTL=str(KUBECTL),
            PATH=f"{folder}:/usr/bin:/bin",
        )  # fmt: skip

    return call


def steps(ended: Ended, phase: str) -> dict[str, str]:
    """Return the last state of each step."""
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {line["step"]: line["state"] for line in lines if line.get("phase") == phase}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_up_and_up_again_and_ill(deploy: Deploy, cluster: Cluster) -> None:
    """First one version, then another in its place, then one that is ill, which goes back by itself."""
    first = deploy("1")
    assert first.status == 0, first.stdout
    assert set(cluster.images().values()) == {"1"}
    cluster.calls()

    second = deploy("2")
    assert second.status == 0, second.stdout
    assert set(cluster.images().values()) == {"2"}
    assert set(steps(second, "check").values()) == {"done"}
    calls = cluster.calls()
    turns = ["daemonset/sandbox", "deployment/static", "deployment/validation", "deployment/gateway"]
    waited = [call.removeprefix("rollout status ") for call in calls if call.startswith("rollout status ")]
    assert [one for one in waited if one in turns] == turns
    assert max(at for at, call in enumerate(calls) if "migrate" in call) < calls.index(
        "rollout status daemonset/sandbox"
    )

    ill = deploy("ill")
    assert ill.status == 1, ill.stdout
    assert steps(ill, "forward")["roll out sandbox"] == "failed"
    assert steps(ill, "back") == {
        "roll back sandbox": "done", "roll back stages": "skipped", "roll back validation": "skipped",
        "roll back gateway": "skipped", "healthy": "done", "canary": "done",
    }  # fmt: skip
    assert set(cluster.images().values()) == {"2"}


def test_refused(deploy: Deploy, cluster: Cluster) -> None:
    """Without a Secret, or where the new image does not know the schema, nothing of the suite is changed."""
    held = dict(cluster.objects)
    del cluster.objects["secret assay gateway-keys"]
    cluster.save()
    ended = deploy("1")
    assert (ended.status, steps(ended, "check")["secrets"]) == (2, "failed")
    assert "secret/gateway-keys in assay is missing" in ended.stdout
    cluster.objects = held
    cluster.save()
    (cluster.folder / "away").touch()
    away = deploy("1")
    assert (away.status, steps(away, "check")["cluster"]) == (2, "failed")
    (cluster.folder / "away").unlink()
    assert cluster.images() == {}


def test_a_first_version_whose_migration_fails(deploy: Deploy, cluster: Cluster) -> None:
    """Where the schema cannot be made, no workload is made."""
    ended = deploy("stuck")
    assert ended.status == 1, ended.stdout
    assert steps(ended, "forward")["migrate"] == "failed"
    assert cluster.images() == {}
