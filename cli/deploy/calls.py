"""One call of `assay deploy`, from its options to its exit status."""

import os
from dataclasses import dataclass
from pathlib import Path

from cli import exits
from cli.deploy.course import Outcome
from cli.deploy.deployment import Record, deploy, plan
from cli.deploy.record import FileRecord
from cli.deploy.report import Report
from cli.deploy.steps import Failed, Target

RECORD = Path("deploy/record")
"""Where the record of a compose project lies, in its folder."""

LOCK_SECONDS = 300.0
"""How long a call waits for what an earlier one, that was killed, left running."""


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What a call asks for, wherever it deploys.

    :param image: The image of the new version; empty: what the files there name.
    :param gateway: The gateway's address; empty: what the target knows.
    :param key: A key for it; empty: one is made and taken back.
    :param seconds: How long each part of the roll-out, and each proof, may take.
    :param back: Whether to go back to what ran before the last deployment.
    :param dry: Whether only to look.
    :param as_json: How it is told.
    """

    image: str
    gateway: str
    key: str
    seconds: float
    back: bool
    dry: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a compose project is.

    :param folder: The project's.
    :param files: Its files; none: those of COMPOSE_FILE, or its compose.yaml.
    :param env_file: The file of its variables; None: its .env.
    :param name: What it is called; empty: as its files say.
    :param record: The folder of its record; None: one in its own.
    """

    folder: Path
    files: tuple[Path, ...]
    env_file: Path | None
    name: str
    record: Path | None

    @property
    def variables(self) -> Path:
        """The file of its variables, which may not be there yet."""
        return (self.env_file or self.folder / ".env").absolute()

    def given(self) -> list[str]:
        """Return the project as compose is given it."""
        files = self.files or (() if os.environ.get("COMPOSE_FILE") else (self.folder / "compose.yaml",))
        return [
            *(part for file in files for part in ("--file", str(file.absolute()))),
            *(("--env-file", str(self.variables)) if self.env_file or self.variables.exists() else ()),
            *(("--project-name", self.name) if self.name else ()),
        ]


def by_compose(wish: Wish, place: Place) -> int:
    """Deploy a compose project, and return the exit status."""
    from cli.deploy.compose import ComposeTarget, Options
    from cli.deploy.docker import Docker

    record, report = FileRecord(place.record or place.folder / RECORD), Report(as_json=wish.as_json)
    try:
        with record.locked(LOCK_SECONDS) as held:
            docker = Docker.at(place.folder.absolute(), place.given(), held)
            target = ComposeTarget(docker, Options(wish.image, wish.seconds, place.variables, wish.gateway, wish.key))
            return _called(wish, target, record, report)
    except Failed as failure:
        return report.end(Outcome.REFUSED, str(failure))


def by_kubectl(wish: Wish, overlay: Path, context: str) -> int:
    """
    Deploy an overlay to a cluster, and return the exit status.

    :param context: Of the kubeconfig; empty: the current one.
    """
    from cli.deploy.kubectl import ClusterRecord, Kubectl
    from cli.deploy.kubernetes import KubernetesTarget, Options
    from cli.deploy.tool import Tool, beside, found

    report = Report(as_json=wish.as_json)
    try:
        command = found([("kubectl",), (beside("kubectl"),)], ("version", "--client"))
        kubectl = Kubectl(Tool((*command, *(("--context", context) if context else ())), {}))
        rendered = kubectl.rendered(str(overlay))
        target = KubernetesTarget(kubectl, rendered, Options(wish.image, wish.seconds, wish.gateway, wish.key))
        return _called(wish, target, ClusterRecord(kubectl, rendered.namespace), report)
    except Failed as failure:
        return report.end(Outcome.REFUSED, str(failure))


def _called(wish: Wish, target: Target, record: Record, report: Report) -> Outcome:
    try:
        if wish.dry:
            return plan(target, record, report)
        return deploy(target, record, report, image=wish.image, back=wish.back)
    except (KeyboardInterrupt, exits.Stopped):
        report.stopped()
        raise
