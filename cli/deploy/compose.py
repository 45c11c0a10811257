"""A compose project as the target of a deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cli.deploy.compose_checks import checks
from cli.deploy.compose_project import MIGRATE, Project
from cli.deploy.docker import QUICK_SECONDS, Container, Docker
from cli.deploy.env_file import set_value
from cli.deploy.order import GATEWAY, VALIDATION
from cli.deploy.proof import Proof, of_its_own
from cli.deploy.steps import Check, Failed, Step

KEPT = "assay-former"
"""How images that ran are called, with the project: an image without any name goes when room is made."""

NATS = "nats"

ONCE_SECONDS = 1800.0
"""How long a service may take that does something and ends, as migration does."""


@dataclass(frozen=True, slots=True)
class Options:
    """
    What a person says about a deployment.

    :param image: The image that is wanted; empty: what the project's files name.
    :param seconds: How long services that are rolled out at one time may take to become healthy, and each proof.
    :param env_file: Where the project's ASSAY_IMAGE stands, so that compose alone goes on with what was deployed.
    :param gateway: The gateway's address; empty: where the project publishes it.
    :param key: A key for it; empty: one is made and taken back.
    """

    image: str
    seconds: float
    env_file: Path
    gateway: str = ""
    key: str = ""


class ComposeTarget:
    """
    See :class:`cli.deploy.steps.Target`. A version holds the image and the project as it was resolved.

    The project's files are read only where a new version is described: the way back needs none of them.
    """

    def __init__(self, docker: Docker, options: Options) -> None:
        self._docker = docker
        self._options = options

    @cached_property
    def _project(self) -> Project:
        return self._docker.project(self._options.image)

    @property
    def image(self) -> str:
        """The image that is wanted, by its name."""
        return self._options.image or self._project.image

    def wanted(self) -> Mapping[str, Any]:
        """Return the project as it is described now."""
        if not self._project.suite(self.image):
            raise Failed(f"no service of the project runs {self.image or 'an image of the suite'}")
        return {"image": self.image, "project": self._project.data}

    def checks(self, wanted: Mapping[str, Any]) -> Sequence[Check]:
        """Return what is looked at first."""
        return [*checks(self._docker, self._project, self.image), *self._proof(self._project).checks()]

    def seen(self, wanted: Mapping[str, Any], standing: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return what runs: each service's image and number, and the project by which it can be had again."""
        suite = Project(wanted["project"]).suite(wanted["image"])
        services: dict[str, Any] = {}
        for one in self._docker.containers(self._project):
            if one.service in suite:
                facts = {"image": one.image, "name": one.name, "config": one.config, "replicas": 0}
                services.setdefault(one.service, facts)["replicas"] += 1
        if not services:
            return {}
        known = standing if standing and self._runs(standing, services) else wanted
        return {"services": services, "project": known["project"]}

    def _runs(self, standing: Mapping[str, Any], services: Mapping[str, Any]) -> bool:
        """Return whether services are as the last deployment left them: nobody brought them up by other files since."""
        project = self._former(standing) if "services" in standing else Project(standing["project"])
        hashes = self._docker.hashes(project)
        return all(hashes.get(name) == service["config"] for name, service in services.items())

    def keep(self, former: Mapping[str, Any]) -> None:
        """Give the images that ran a name of their own, and take it from those of deployments before."""
        if not former:
            return
        docker, name = self._docker.docker, Project(former["project"]).name
        kept = {service["image"]: _kept(name, service["image"]) for service in former["services"].values()}
        for image, tag in kept.items():
            docker.output("tag", image, tag, seconds=QUICK_SECONDS)
        form = "{{.Repository}}:{{.Tag}}"
        listed = docker.output("image", "ls", "--format", form, f"{KEPT}/{name}", seconds=QUICK_SECONDS)
        for tag in set(listed.split()) - set(kept.values()):
            docker.run("rmi", tag, seconds=QUICK_SECONDS)

    def forward(self, wanted: Mapping[str, Any], former: Mapping[str, Any]) -> Sequence[Step]:
        """Return the steps to the version that is wanted."""
        project, image = Project(wanted["project"]), str(wanted["image"])
        replicas = {name: int(service["replicas"]) for name, service in (former.get("services") or {}).items()}
        return [
            *self._preparing(project),
            Step("stores", lambda: self._stores(project, image)),
            Step("migrate", lambda: self._once(project, MIGRATE)),
            Step("pause", lambda: self._pause(project), lambda: self._why_no_pause(project)),
            *(
                Step(f"roll out {name}", lambda group=group: self._up(project, group, replicas))  # type: ignore[misc]
                for name, group in project.groups(image)
            ),
            *self._proof(project).steps(),
            Step("settle", lambda: self._settle(image)),
        ]

    def back(self, wanted: Mapping[str, Any], former: Mapping[str, Any]) -> Sequence[Step]:
        """Return the steps to what ran before; where nothing did, to nothing."""
        new, image = Project(wanted["project"]), str(wanted["image"])
        services: Mapping[str, Any] = former.get("services") or {}
        gone = tuple(name for name in new.suite(image) if name not in services)
        removal = [Step("remove", lambda: self._remove(new, gone), lambda: self._why_nothing_to_remove(new, gone))]
        if not services:
            return removal
        project = self._former(former)
        replicas = {name: int(service["replicas"]) for name, service in services.items()}
        groups = [(name, tuple(one for one in group if one in services)) for name, group in new.groups(image)]
        return [
            *self._preparing(project),
            Step("pause", lambda: self._pause(new), lambda: self._as_before(services, new) or self._why_no_pause(new)),
            *(
                Step(
                    f"roll back {name}",
                    lambda group=group: self._up(project, group, replicas),  # type: ignore[misc]
                    lambda group=group: self._as_before({one: services[one] for one in group}, new),  # type: ignore[misc]
                )
                for name, group in groups
            ),
            *removal,
            *self._proof(project).steps(),
            Step("settle", lambda: self._settle(project.image)),
        ]

    def _former(self, former: Mapping[str, Any]) -> Project:
        """Return the project as it ran: with the images of then, also for what does something and ends."""
        project = Project(former["project"])
        images = {name: self._name(project, service) for name, service in former["services"].items()}
        own = images.get(GATEWAY) or next(iter(images.values()))
        ended = [name for name in project.that_end() if project.services[name].get("image") == project.image]
        return project.with_images(images | dict.fromkeys(ended, own))

    def _name(self, project: Project, service: Mapping[str, Any]) -> str:
        """Return a name of the image that a service ran: the one that it had, unless that is another image's now."""
        named, image = str(service["name"]), str(service["image"])
        return named if self._docker.image_id(named) == image else _kept(project.name, image)

    def _preparing(self, project: Project) -> list[Step]:
        """Return the steps of what writes files for the others, as a version needs them; NATS reads its own anew."""
        names = [name for name in project.that_end() if name != MIGRATE]
        steps = [Step(name, lambda name=name: self._once(project, name)) for name in names]  # type: ignore[misc]
        return [*steps, Step("settings of NATS", lambda: self._read_anew(project), lambda: self._why_not_anew(project))]

    def _read_anew(self, project: Project) -> str:
        ran = self._docker.on(project, "kill", "--signal", "SIGHUP", NATS, seconds=QUICK_SECONDS)
        if ran.status:
            raise Failed(ran.said)
        return "read anew"

    def _why_not_anew(self, project: Project) -> str:
        return "" if any(one.running for one in self._of(project, [NATS])) else "it does not run here"

    def _once(self, project: Project, name: str) -> str:
        """Have a service do its work to the end."""
        if name not in project.services:
            raise Failed(f"the project has no service {name}")
        ran = self._docker.on(project, "run", "--rm", "--no-deps", "-T", name, seconds=ONCE_SECONDS)
        if ran.status:
            raise Failed(ran.said)
        return next(iter(reversed(ran.output.strip().splitlines())), "")

    def _stores(self, project: Project, image: str) -> str:
        names = project.stores(image)
        if names:
            self._docker.up(project, names, self._options.seconds, "--no-recreate", "--no-deps")
        return ", ".join(names) or "none are the project's own"

    def _pause(self, project: Project) -> str:
        """Have queued work wait: what was judged while a stage is away would come to no verdict."""
        ran = self._docker.on(project, "stop", VALIDATION, seconds=self._options.seconds)
        if ran.status:
            raise Failed(ran.said)
        return "what is queued waits"

    def _why_no_pause(self, project: Project) -> str:
        return "" if any(one.running for one in self._of(project, [VALIDATION])) else "nothing is judged now"

    def _up(self, project: Project, group: Sequence[str], replicas: Mapping[str, int]) -> str:
        before = {one.id for one in self._of(project, group)}
        scale = [
            part for name in group if replicas.get(name, 0) > 1 for part in ("--scale", f"{name}={replicas[name]}")
        ]
        self._docker.up(project, group, self._options.seconds, "--no-deps", *scale)
        after = self._of(project, group)
        made = sum(one.id not in before for one in after)
        return f"{len(after)} healthy, {made} of them new"

    def _as_before(self, services: Mapping[str, Any], project: Project) -> str:
        """Return that services run as they were seen, or nothing."""
        there = self._of(project, list(services))
        same = all(
            one.well and (one.image, one.config) == (services[one.service]["image"], services[one.service]["config"])
            for one in there
        )
        many = sum(int(service["replicas"]) for service in services.values())
        return "runs as before" if same and len(there) == many else ""

    def _remove(self, project: Project, names: Sequence[str]) -> str:
        ran = self._docker.on(project, "rm", "--stop", "--force", *names, seconds=self._options.seconds)
        if ran.status:
            raise Failed(ran.said)
        return f"{', '.join(names)}: did not run before"

    def _why_nothing_to_remove(self, project: Project, names: Sequence[str]) -> str:
        return "" if names and self._of(project, names) else "everything ran before"

    def _of(self, project: Project, names: Sequence[str]) -> list[Container]:
        return [one for one in self._docker.containers(project) if one.service in names]

    def _proof(self, project: Project) -> Proof:
        door, options = project.door(), self._options
        address = options.gateway or (door.address if door else "")
        inside = door.certificate if door else ""
        return Proof(
            address,
            options.key,
            lambda: of_its_own(self._in_gateway(project, "cat", inside)) if inside else None,
            lambda arguments: self._in_gateway(project, "assay", *arguments),
            options.seconds,
        )

    def _in_gateway(self, project: Project, *command: str) -> str:
        """Call a program in the gateway's container, which may use the database; return what it printed."""
        gateway = next((one for one in self._of(project, [GATEWAY]) if one.running), None)
        if gateway is None:
            raise Failed("the gateway does not run")
        return self._docker.docker.output("exec", gateway.id, *command, seconds=QUICK_SECONDS)

    def _settle(self, image: str) -> str:
        set_value(self._options.env_file, "ASSAY_IMAGE", image)
        return f"{self._options.env_file.name} names {image}"


def _kept(project: str, image: str) -> str:
    return f"{KEPT}/{project}:{image.removeprefix('sha256:')[:12]}"
