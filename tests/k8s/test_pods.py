"""The local overlay's pods as containers: with what the manifests give them, and no more, they are a suite."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from assay.client import connect
from assay.v1 import candidate_pb2, source_pb2, system_pb2, validation_pb2

from cli.secrets import secrets_in
from tests.backing import LABEL, OWNER
from tests.k8s.configuration import EXAMPLE
from tests.k8s.manifests import ROOT, kustomized
from tests.k8s.pods import Cluster, docker
from tests.k8s.variants import LOCAL, rendered
from tests.processes import clean_environment

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="files that are root's, for a group, as mounted secrets are"),
]

SOCKET = Path("/run/docker.sock")


@dataclass(frozen=True)
class Suite:
    """The suite, as its clients have it."""

    cluster: Cluster
    address: str
    ca: Path
    key: str


@pytest.fixture(scope="module")
def image(docker_ready: None, backing_ready: None) -> str:
    """Give the suite's image: that of ASSAY_TEST_IMAGE, or one of this tree."""
    if given := os.environ.get("ASSAY_TEST_IMAGE"):
        return given
    environment = os.environ | {"ASSAY_IMAGE": "assay:tests"}
    subprocess.run([ROOT / "scripts/image", "--build-arg", "REFERENCE=0"], timeout=3600, check=True, env=environment)
    return "assay:tests"


@pytest.fixture(scope="module")
def suite(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Bring the pods up in the order in which a deployment does it."""
    folder = tmp_path_factory.mktemp("pods")
    with contextlib.redirect_stdout(io.StringIO()):
        secrets_in(folder / "secrets", ())
    shutil.copy(EXAMPLE, folder / "secrets/kustomization.yaml")
    manifests = rendered(LOCAL)
    for workload in manifests.workloads:
        for container in workload.containers:
            container["image"] = image if container["image"].startswith("assay:") else container["image"]
    network = docker("network", "create", "--label", f"{LABEL}={OWNER}", f"assay-test-k8s-{os.getpid()}")
    cluster = Cluster(manifests, kustomized(folder / "secrets"), folder, network, SOCKET.stat().st_gid)
    try:
        _up(cluster)
        key = docker("exec", cluster.started["gateway"], "assay", "keys", "create", "--tenant", "pods", "--scope", "*")
        address = docker("port", cluster.started["gateway"], "50050").splitlines()[0]
        yield Suite(cluster, f"tls:{address}", folder / "secrets/door/tls.crt", key.splitlines()[-1])
    finally:
        subprocess.run(
            ["docker", "rm", "-f", "-v", *cluster.started.values()], capture_output=True, timeout=120, check=False
        )
        docker("network", "rm", network)


def _up(cluster: Cluster) -> None:
    stores = [one for one in cluster.manifests.workloads if one.kind == "StatefulSet"]
    serving = [one for one in cluster.manifests.workloads if one.kind in {"Deployment", "DaemonSet"}]
    for store in stores:
        cluster.run(store)
    for store in stores:
        cluster.ready(store.name)
    cluster.run(cluster.manifests.workload("migrate"))
    for workload in serving:
        cluster.run(workload, *(("-p", "127.0.0.1::50050") if workload.name == "gateway" else ()))
    for workload in serving:
        cluster.ready(workload.name)


def test_programs_are_judged(suite: Suite) -> None:
    """Through the gateway, an example is found authentic by tests that are run in a sandbox, and another one not."""
    for example, status in (("shortest_path", 0), ("failing_test", 1)):
        program = ROOT / "examples" / example
        done = subprocess.run(
            [
                Path(sys.executable).parent / "assay", "check", "--gateway", suite.address,
                program / "main.py", "--tests", program / "tests.py",
            ],
            env=clean_environment(ASSAY_KEY=suite.key, ASSAY_CA=str(suite.ca)),
            capture_output=True, timeout=180, check=False, text=True,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr


async def test_the_queue(suite: Suite) -> None:
    """A validation that is queued is made, by way of NATS and PostgreSQL."""
    source = source_pb2.SourceFile(path="a.py", content=b"def double(x):\n    return 2 * x\n")
    asked = validation_pb2.CreateValidationRequest(candidate=candidate_pb2.Candidate(files=[source]))
    async with connect(suite.address, key=suite.key, ca=suite.ca.read_bytes()) as client:
        made = (await client.validation.CreateValidation(asked, timeout=60)).validation
        watching = validation_pb2.WatchValidationRequest(id=made.id, after_sequence=1)
        events = [event async for event in client.validation.WatchValidation(watching, timeout=120)]
    assert events[-1].snapshot.verdict == validation_pb2.VERDICT_AUTHENTIC
    log = suite.cluster.logs("nats")
    assert "Authorization Violation" not in log
    assert "Permissions Violation" not in log


async def test_the_report(suite: Suite) -> None:
    """The suite says of each of its parts that it works; how quickly, on a busy machine, is not asked."""
    async with connect(suite.address, key=suite.key, ca=suite.ca.read_bytes()) as client:
        report = (await client.system.GetHealthReport(system_pb2.GetHealthReportRequest(), timeout=120)).report
    bad = [check for check in report.checks if check.status == system_pb2.HEALTH_STATUS_UNHEALTHY]
    assert not bad, bad
    assert {"database", "queue", "sandbox", "validation"} <= {check.name for check in report.checks}


def test_the_end(suite: Suite) -> None:
    """A pod that is told to end does so by itself, within the time that the manifests give it."""
    for name in ("gateway", "sandbox"):
        seconds = suite.cluster.manifests.workload(name).pod["terminationGracePeriodSeconds"]
        docker("stop", "--time", str(seconds), suite.cluster.started[name], seconds=seconds + 30)
        assert docker("inspect", "--format", "{{.State.ExitCode}}", suite.cluster.started[name]) == "0"
