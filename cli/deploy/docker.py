"""Docker and Docker Compose by their command lines, as far as a deployment needs them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.deploy.compose_project import Project
from cli.deploy.steps import Failed
from cli.deploy.tool import Ran, Tool, beside, found

QUICK_SECONDS = 60.0
"""For what only asks."""

PULL_SECONDS = 900.0

LOG_LINES = 3
"""The last lines of a container that did not become healthy, which are told with the failure."""

COMPOSE = (("docker", "compose"), ("docker-compose",), (beside("docker-compose"),))
"""Where Compose is looked for: the plug-in, then the program."""

_LABEL = "com.docker.compose."


@dataclass(frozen=True, slots=True)
class Container:
    """
    A container of a project.

    :param image: The image that it was made from, by identifier.
    :param name: The image as it was called then.
    :param config: What compose tells its configuration from another one by.
    """

    id: str
    service: str
    image: str
    name: str
    config: str
    running: bool
    health: str

    @property
    def well(self) -> bool:
        """Whether it runs, and its health check, if it has one, says nothing else."""
        return self.running and self.health in {"", "healthy"}


@dataclass(frozen=True, slots=True)
class Docker:
    """
    A Docker daemon, and one compose project on it.

    :param docker: The client.
    :param compose: Compose.
    :param folder: The project's folder, which relative paths are from.
    :param given: The files and options that describe the project, as compose takes them.
    """

    docker: Tool
    compose: Tool
    folder: Path
    given: tuple[str, ...] = ()

    @classmethod
    def at(cls, folder: Path, given: Sequence[str], held: int | None) -> "Docker":
        """
        Return what is on this machine.

        :param held: See :class:`cli.deploy.tool.Tool`.
        :raises Failed: Docker or Compose is not there.
        """
        return cls(Tool(("docker",), {}, held), Tool(found(COMPOSE), {}, held), folder, tuple(given))

    def project(self, image: str) -> Project:
        """
        Return the project as its files describe it.

        :param image: What ASSAY_IMAGE names in it; empty: what the files and the environment say.
        :raises Failed: They cannot be read.
        """
        compose = Tool(self.compose.command, {"ASSAY_IMAGE": image} if image else {}, self.compose.held)
        options = ("--project-directory", str(self.folder), *self.given)
        return Project(json.loads(compose.output(*options, "config", "--format", "json", seconds=QUICK_SECONDS)))

    def on(self, project: Project, *arguments: str, seconds: float) -> Ran:
        """
        Call compose on a project, whatever its files say by now.

        :raises Failed: It cannot be called, or takes longer.
        """
        options = ("--project-directory", str(self.folder), "--project-name", project.name, "--file", "-")
        return self.compose.run(*options, *arguments, seconds=seconds, stdin=project.text())

    def up(self, project: Project, services: Sequence[str], seconds: float, *flags: str) -> None:
        """
        Bring services to what a project says of them, and wait until they are healthy.

        :raises Failed: One does not become healthy in time; says the last that it wrote.
        """
        wait = ("--detach", "--no-build", "--quiet-pull", "--wait", "--wait-timeout", f"{seconds:.0f}")
        ran = self.on(project, "up", *wait, *flags, *services, seconds=seconds + QUICK_SECONDS)
        if ran.status:
            # Before the last line come those of its progress.
            raise Failed(f"{ran.said.rpartition(' / ')[2]}{self._last_words(project, services)}")

    def hashes(self, project: Project) -> dict[str, str]:
        """
        Return what compose tells the configuration of each service from another one by.

        :raises Failed: Compose does not tell.
        """
        ran = self.on(project, "config", "--hash", "*", seconds=QUICK_SECONDS)
        if ran.status:
            raise Failed(ran.said)
        return dict(line.split(" ", 1) for line in ran.output.splitlines() if " " in line)

    def containers(self, project: Project) -> list[Container]:
        """
        Return the containers of a project's services, those that do not run too.

        :raises Failed: Docker does not tell.
        """
        filters = (f"label={_LABEL}project={project.name}", f"label={_LABEL}oneoff=False")
        options = [part for one in filters for part in ("--filter", one)]
        ids = self.docker.output("ps", "--all", "--quiet", "--no-trunc", *options, seconds=QUICK_SECONDS).split()
        if not ids:
            return []
        ran = self.docker.run("inspect", "--type", "container", *ids, seconds=QUICK_SECONDS)
        # One that went in the meantime is told as an error beside the others.
        return [_container(data) for data in json.loads(ran.output or "[]")]

    def image_id(self, name: str) -> str:
        """Return the identifier of an image that is here, or nothing."""
        ran = self.docker.run("image", "inspect", "--format", "{{.Id}}", name, seconds=QUICK_SECONDS)
        return "" if ran.status else ran.output.strip()

    def _last_words(self, project: Project, services: Sequence[str]) -> str:
        ill = [container for container in self.containers(project) if container.service in services]
        for container in ill:
            if not container.well:
                ran = self.docker.run("logs", "--tail", str(LOG_LINES), container.id, seconds=QUICK_SECONDS)
                return f"; the last of its log: {ran.said}"
        return ""


def _container(data: Any) -> Container:
    labels: dict[str, str] = data["Config"]["Labels"]
    state: dict[str, Any] = data["State"]
    return Container(
        id=data["Id"],
        service=labels[f"{_LABEL}service"],
        image=data["Image"],
        name=data["Config"]["Image"],
        config=labels.get(f"{_LABEL}config-hash", ""),
        running=bool(state["Running"]) and not state.get("Restarting"),
        health=(state.get("Health") or {}).get("Status", ""),
    )
