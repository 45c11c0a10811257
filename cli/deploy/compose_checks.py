"""What is looked at before a compose project is changed."""

import os
import socket
from collections.abc import Sequence

from cli.deploy.compose_project import MIGRATE, Door, Project
from cli.deploy.docker import PULL_SECONDS, QUICK_SECONDS, Docker
from cli.deploy.order import GATEWAY, SANDBOX
from cli.deploy.schema import looked_at as schema_looked_at
from cli.deploy.secret_files import looked_at as secrets_looked_at
from cli.deploy.steps import Check
from cli.diagnosis import Ill

FREE_BYTES = 2 * 1024**3
"""What has to be free where Docker keeps its images, containers and volumes."""

MIB = 1024 * 1024

_TAGS = """
import sys
from sandbox import image
for name, folder in image.folders().items():
    print(name, image.tag(folder))
"""

_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 10).close()"


def checks(docker: Docker, project: Project, image: str) -> Sequence[Check]:
    """Return all looks, those first without which others say nothing."""
    return [
        Check("docker", lambda: _docker(docker)),
        Check("images", lambda: _images(docker, project)),
        Check("sandbox images", lambda: _sandbox_images(docker, project, image)),
        Check("secrets", lambda: secrets_looked_at(project.given())),
        Check("capacity", lambda: _capacity(docker, project, image)),
        Check("gateway", lambda: _gateway(docker, project)),
        Check("nats", lambda: _nats(docker, project)),
        Check("schema", lambda: _schema(docker, project, image)),
    ]


def _docker(docker: Docker) -> str:
    """See whether a daemon answers, and which Compose there is."""
    ran = docker.docker.run("version", "--format", "{{.Server.Version}}", seconds=QUICK_SECONDS)
    if ran.status:
        raise Ill(
            ran.said, "start Docker, or name its daemon by DOCKER_HOST; `scripts/docker-up` starts or installs it"
        )
    version = docker.compose.output("version", "--short", seconds=QUICK_SECONDS).strip()
    return f"Docker {ran.output.strip()}, Compose {version}"


def _images(docker: Docker, project: Project) -> str:
    """See that every image is here; what is missing is pulled."""
    missing = [name for name in project.images() if not docker.image_id(name)]
    for name in missing:
        ran = docker.docker.run("pull", "--quiet", name, seconds=PULL_SECONDS)
        if ran.status:
            remedy = "build it with `make image`, or `scripts/offline-images` for NATS and PostgreSQL; or name another"
            raise Ill(f"{name} is not here and cannot be pulled: {ran.said}", remedy)
    pulled = f", pulled: {', '.join(missing)}" if missing else ""
    return f"{len(project.images())} are here{pulled}"


def _sandbox_images(docker: Docker, project: Project, image: str) -> str:
    """See that the images are here in which the new version runs programs: those of its own languages."""
    if SANDBOX not in project.services:
        return "the project has no sandbox"
    listed = docker.docker.output(
        "run", "--rm", "--network", "none", "--entrypoint", "python", image, "-P", "-c", _TAGS, seconds=QUICK_SECONDS
    )
    tags = dict(line.split(" ", 1) for line in listed.splitlines())
    missing = [name for name, tag in tags.items() if not docker.image_id(tag)]
    if "python" in missing:
        # The stages' own proofs, and the canary, are in Python.
        raise Ill(f"{tags['python']} is not here", "run `scripts/sandbox-image`, or `make images` for all languages")
    there = f"{len(tags) - len(missing)} of {len(tags)} languages"
    return f"{there}; not here: {', '.join(missing)}" if missing else there


def _capacity(docker: Docker, project: Project, image: str) -> str:
    """Compare what the daemon's machine has with what the services may take."""
    facts = docker.docker.output("info", "--format", "{{.NCPU}} {{.MemTotal}}", seconds=QUICK_SECONDS).split()
    cores, memory = int(facts[0]), int(facts[1])
    wanted = max((project.memory([name]) for name in project.services), default=0)
    if memory < wanted:
        raise Ill(
            f"one service may take {wanted // MIB} MiB of memory, and the machine has {memory // MIB}",
            "lower its limit, or give the machine more memory",
        )
    free = _free(docker, image)
    if free < FREE_BYTES:
        raise Ill(
            f"{free // MIB} MiB are free where Docker keeps its data, and {FREE_BYTES // MIB} have to be",
            "make room: `docker image prune` and `docker builder prune` remove what nobody uses",
        )
    total = project.memory([name for name in project.services if name not in project.that_end()])
    more = f"; all services together may take {total // MIB}" if total > memory else ""
    return f"{cores} processors, {memory // MIB} MiB of memory{more}, {free // MIB} MiB free"


def _free(docker: Docker, image: str) -> int:
    """Return the bytes that are free where containers are written: seen from one, since the daemon may be far away."""
    options = ("run", "--rm", "--network", "none", "--entrypoint", "df", image, "-P", "-k", "/")
    return int(docker.docker.output(*options, seconds=QUICK_SECONDS).splitlines()[-1].split()[3]) * 1024


def _gateway(docker: Docker, project: Project) -> str:
    """See that the gateway's port is free, or its own."""
    door = project.door()
    if door is None:
        return "it is not published on this machine"
    if any(one.service == GATEWAY and one.running for one in docker.containers(project)):
        return f"it runs at {door.address}"
    if os.environ.get("DOCKER_HOST", "unix:").startswith("unix:") and not _free_port(door):
        raise Ill(
            f"{door.host}:{door.port} is taken by another program",
            "stop that, or name another port by ASSAY_PORT in .env",
        )
    return f"{door.host}:{door.port} is free"


def _free_port(door: Door) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((door.host, door.port))
        except OSError:
            return False
    return True


def _nats(docker: Docker, project: Project) -> str:
    """See that a NATS somewhere else can be reached, from where the gateway will be."""
    where = project.nats()
    if where is None:
        return "it is the project's own, or there is none"
    address = f"{where[0]}:{where[1]}"
    once = ("run", "--rm", "--no-deps", "-T", "--entrypoint", "python", GATEWAY, "-P", "-c", _CONNECT, where[0])
    ran = docker.on(project, *once, str(where[1]), seconds=QUICK_SECONDS)
    if ran.status:
        raise Ill(f"{address} is not reached: {ran.said}", "start it, or name another by ASSAY_NATS__URL")
    return f"{address} is reached"


def _schema(docker: Docker, project: Project, image: str) -> str:
    """Ask the new version about the schema that the database has."""
    there = docker.containers(project)
    stores, suite = project.stores(image), project.suite(image)
    if stores and not any(one.service in stores and one.well for one in there):
        return "nothing runs yet: the database is made"
    ran = docker.on(project, "run", "--rm", "--no-deps", "-T", MIGRATE, "--check", seconds=QUICK_SECONDS)
    if ran.status:
        raise Ill(ran.said, "see whether the database answers, and docs/database.md")
    answer = next(iter(reversed(ran.output.strip().splitlines())), "")
    return schema_looked_at(answer, running=any(one.service in suite and one.running for one in there))
