"""The suite's image is built and does what the working tree does, with the rights that a deployment leaves it."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc.aio
import pytest
from assay.client import suite_on
from assay.v1 import sandbox_pb2
from assay.v1.source_pb2 import SourceFile

from host import catalog
from host.caller import Caller, acting_for
from sandbox import image as sandbox_image
from sandbox.containers.owner import MARK
from sandbox.containers.owner import OWNER as OWNED_BY
from tests.backing import LABEL, NATS_IMAGE, OWNER, POSTGRES_IMAGE
from tests.corpus.reading_cases import SUFFIX_OF, load
from tests.identities import Identities
from tests.processes import clean_environment

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parent.parent
SOCKET = Path("/var/run/docker.sock")
HARDENED = (
    *("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "256"),
    *("--tmpfs", "/tmp", "--tmpfs", "/var/lib/assay:uid=10001,gid=10001,mode=0700"),
)
"""What compose.yaml and k8s leave to a service."""

WITH_SOCKET = ["-v", f"{SOCKET}:{SOCKET}", "--group-add", str(SOCKET.stat().st_gid if SOCKET.exists() else 0)]
"""What the sandbox service has besides: the socket, and the group that may use it."""

CASES_OF_EACH = 2
"""Sources of each file of the corpus that are read in the image."""

ACME = Caller("acme", "key_1", frozenset())

NAMES = [entry.name for entry in catalog.BUILT_IN]

Start = Callable[..., str]


def docker(*arguments: str, seconds: float = 120, expect: int = 0) -> str:
    """Run a docker command to its end and return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == expect, done.stderr + done.stdout
    return done.stdout.strip()


@pytest.fixture(scope="session")
def image(docker_ready: None, backing_ready: None) -> str:
    """Give the image: that of ASSAY_TEST_IMAGE, or one of this tree without the reference environment."""
    if given := os.environ.get("ASSAY_TEST_IMAGE"):
        return given
    environment = os.environ | {"ASSAY_IMAGE": "assay:tests"}
    subprocess.run([ROOT / "scripts/image", "--build-arg", "REFERENCE=0"], timeout=3600, check=True, env=environment)
    return "assay:tests"


@pytest.fixture
def start(image: str) -> Iterator[Start]:
    """Give a function that starts a service of the image, hardened, and returns the container."""
    started: list[str] = []

    def call(*arguments: str, options: tuple[str, ...] = (), **environment: str) -> str:
        variables = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        labels = ["--label", f"{LABEL}={OWNER}"]
        started.append(docker("run", "-d", *labels, *HARDENED, *options, *variables, image, *arguments))
        return started[-1]

    yield call
    if started:
        docker("rm", "-f", "-v", *started)


def health(container: str) -> str:
    """Return what the container's own check says, or how the container ended."""
    return docker("inspect", "--format", "{{if .State.Running}}{{.State.Health.Status}}{{else}}ended{{end}}", container)


def wait_until_well(*containers: str, seconds: float = 240) -> None:
    """Wait until the check of each of some containers says that it is well."""
    ends_at = time.monotonic() + seconds
    for container in containers:
        while (said := health(container)) != "healthy":
            if said == "ended" or time.monotonic() > ends_at:
                pytest.fail(f"{said}: {docker('logs', container)[-2000:]}")
            time.sleep(0.5)


def test_every_service_starts_is_well_and_stops(start: Start) -> None:
    """Each name of the catalog starts without rights, with nothing to write but its volumes, and ends by itself."""
    door = {
        "ASSAY_GATEWAY__LISTEN": "127.0.0.1:50050",
        "ASSAY_GATEWAY__HTTP_LISTEN": "127.0.0.1:8080",
        "ASSAY_GATEWAY__OPEN": "true",
    }
    running = {}
    for name in NAMES:
        options = ("--network", "none", *(WITH_SOCKET if name == "sandbox" else ()))
        peers = json.dumps({other: "127.0.0.1:9" for other in NAMES if other != name})
        more = door if name == "gateway" else {}
        running[name] = start(name, "--listen", "127.0.0.1:50051", options=options, ASSAY_PEERS=peers, **more)
    wait_until_well(*running.values())
    docker("stop", "--time", "60", *running.values(), seconds=300)
    ends = {
        name: docker("inspect", "--format", "{{.State.ExitCode}}", container) for name, container in running.items()
    }
    assert ends == dict.fromkeys(NAMES, "0")


def test_nothing_to_climb(image: str) -> None:
    """Its user owns nothing but its state and can read what is its; nothing there gives rights, builds, or fetches."""
    look = (
        "id -u; find / -xdev \\( -path /proc -o -path /sys \\) -prune -o -perm /6000 -type f -print;"
        "find / -xdev \\( -path /proc -o -path /sys \\) -prune -o -user assay -print;"
        "find /opt/assay ! -readable;"
        "for name in pip pip3 npm gcc cc make git curl wget; do command -v $name; done; true"
    )
    assert docker("run", "--rm", "--entrypoint", "sh", image, "-c", look).split() == ["10001", "/var/lib/assay"]


def test_images_of_languages_have_the_same_names(image: str) -> None:
    """The image asks the daemon for the sandboxes' images of this very tree."""
    program = "from sandbox.image import *; print(*(tag(folder) for folder in folders().values()))"
    there = docker("run", "--rm", "--entrypoint", "python", image, "-P", "-c", program).split()
    assert there == [sandbox_image.tag(folder) for folder in sandbox_image.folders().values()]


def test_the_command_is_there(image: str) -> None:
    """An operator has the assay command in every container, and what a label says is what it says."""
    version = docker("inspect", "--format", '{{index .Config.Labels "org.opencontainers.image.version"}}', image)
    assert version in docker("run", "--rm", "--entrypoint", "assay", image, "--version")


def test_all_images_go_into_a_file_and_come_out_of_it(image: str, tmp_path: Path) -> None:
    """What is saved for a machine without a network is the suite's, NATS, PostgreSQL and the languages asked for."""
    script, file = ROOT / "scripts/offline-images", tmp_path / "images.tar.gz"
    environment = os.environ | {"ASSAY_IMAGE": image, "PYTHON": sys.executable}
    subprocess.run([script, "--save", file, "python"], check=True, timeout=400, env=environment)
    loaded = subprocess.run([script, "--load", file], check=True, timeout=400, capture_output=True, text=True).stdout
    python = sandbox_image.tag(sandbox_image.folders()["python"])
    assert {line.removeprefix("Loaded image: ") for line in loaded.splitlines() if line.startswith("Loaded")} == {
        image,
        NATS_IMAGE,
        POSTGRES_IMAGE,
        python,
    }


@pytest.fixture(scope="session")
def sources() -> Iterator[Path]:
    """Give a folder of sources in every language, some of each file of the corpus."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        taken: dict[tuple[str, str], int] = {}
        for case in load():
            kind = (case.language, case.expect[0].split("/")[0] if case.expect else "")
            taken[kind] = taken.get(kind, 0) + 1
            if case.code is None or case.path or case.beside or case.specification or taken[kind] > CASES_OF_EACH:
                continue
            path = folder / f"{case.name.replace('-', '_')}{SUFFIX_OF[case.language]}"
            path.write_text(case.code)
            path.chmod(0o644)
        yield folder


def findings(output: str) -> dict[tuple[str, str], list[tuple[str, int]]]:
    """Return what each stage found in each file, rules and lines, but for stages that failed, as on a busy machine."""
    return {
        (Path(result["path"]).name, stage["stage"]): sorted(
            (finding["rule_id"], finding["location"]["start_line"]) for finding in stage["findings"]
        )
        for result in json.loads(output)["results"]
        for stage in result["validation"]["stage_results"]
        if stage["status"] != "STAGE_STATUS_FAILED"
    }


def test_it_reads_as_the_tree_does(image: str, sources: Path) -> None:
    """What is found in sources of every language is what this tree finds, whatever the Python of either."""
    check = ["check", "--no-sandbox", "--format", "json"]
    # Without a reference environment, here and there: this machine or the image may have one.
    mounted = [*HARDENED, "-v", f"{sources}:/sources:ro", "-e", "XDG_CACHE_HOME=/tmp/none", "--entrypoint", "assay"]
    there = docker("run", "--rm", "--network", "none", *mounted, image, *check, "/sources", seconds=300, expect=1)
    here = subprocess.run(
        [Path(sys.executable).with_name("assay"), *check, sources],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=clean_environment(XDG_CACHE_HOME=str(sources / "none"), ASSAY_STATE_DIR=str(sources / "state")),
    ).stdout
    found_there, found_here = findings(there), findings(here)
    both = found_there.keys() & found_here.keys()
    assert len(both) > max(250, 0.9 * len(found_here))
    assert {key: found_there[key] for key in both} == {key: found_here[key] for key in both}


def test_the_command_runs_code(image: str) -> None:
    """The command brings a suite of its own up in a container with the socket, and a failing test decides."""
    mounted = [*HARDENED, *WITH_SOCKET, "-v", f"{ROOT}/examples:/examples:ro", "--entrypoint", "assay"]
    check = ["check", "/examples/failing_test/main.py", "--tests", "/examples/failing_test/tests.py"]
    assert "execution/test-failed" in docker("run", "--rm", *mounted, image, *check, seconds=180, expect=1)


def sandboxes_of(machine: str) -> list[str]:
    """Return the sandboxes of services that see the processes of one machine, or container."""
    lines = docker("ps", "-a", "--filter", f"label={MARK}=1", "--format", f'{{{{.ID}}}} {{{{.Label "{OWNED_BY}"}}}}')
    return [line.split()[0] for line in lines.splitlines() if line.split()[1].startswith(f"{machine}.")]


async def test_the_sandbox_service_runs_programs_from_a_container(start: Start, folder: Path) -> None:
    """
    With the socket and its group, and nothing else, the service runs a program for who has a key, and no other; and
    when it is killed with all that its container holds, its sandboxes end by themselves.
    """
    identities = Identities(folder)
    settings = identities.environment("sandbox", trusts=["execution"])
    for path in folder.iterdir():
        # The container's user is another than that of this process, and keys may not be readable by others.
        os.chown(path, 10001, 10001)
    folder.chmod(0o755)
    options = ("-p", "127.0.0.1::50051", "-v", f"{folder}:{folder}:ro", *WITH_SOCKET)
    service = start("sandbox", "--listen", "0.0.0.0:50051", options=options, **settings)
    await asyncio.to_thread(wait_until_well, service)
    addresses = {"sandbox": docker("port", service, "50051").splitlines()[0]}
    program = b"import os\nprint(6 * 7, os.getuid())\n"
    request = sandbox_pb2.ExecuteRequest(language="python", files=[SourceFile(path="main.py", content=program)])
    peers = identities.peers("execution", addresses)
    with acting_for(ACME):
        answer = await suite_on(peers.channel("sandbox")).sandbox.Execute(request, timeout=90)
    await peers.close()
    assert (answer.result.outcome, answer.result.stdout.content) == (sandbox_pb2.OUTCOME_OK, b"42 10001\n")
    strangers = identities.strangers(addresses)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await suite_on(strangers.channel("sandbox")).sandbox.Execute(request, timeout=30)
    await strangers.close()
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    look = "from sandbox.containers.owner import machine; print(machine())"
    machine = docker("exec", service, "python", "-P", "-c", look)
    assert sandboxes_of(machine)
    docker("kill", service)
    ends_at = time.monotonic() + 60
    while left := sandboxes_of(machine):
        assert time.monotonic() < ends_at, f"{left} outlive a service that was killed with its container"
        await asyncio.sleep(0.5)
