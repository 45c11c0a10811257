"""A compose project, as `docker compose config` resolves it: what it consists of, and the order of a roll-out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cli.deploy.order import GATEWAY, grouped

MIGRATE = "migrate"
"""The service that brings the schema of the database up to date, and ends."""

LISTEN_SETTING = "ASSAY_GATEWAY__LISTEN"
CERTIFICATE_SETTING = "ASSAY_GATEWAY__CERTIFICATE"

NATS_SETTING = "ASSAY_NATS__URL"
NATS_PORT = 4222

_ANYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 what is published everywhere is called on this machine


@dataclass(frozen=True, slots=True)
class Door:
    """
    Where the gateway is called from this machine.

    :param certificate: Where its certificate lies in the container; empty: it is called without encryption.
    """

    host: str
    port: int
    certificate: str

    @property
    def address(self) -> str:
        """As a client is given it."""
        return f"{'tls:' if self.certificate else ''}{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Project:
    """
    A project.

    :param data: As compose resolved it: no variables, absolute paths.
    """

    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name, which containers and volumes carry."""
        return str(self.data["name"])

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """Its services by name."""
        found: Mapping[str, Mapping[str, Any]] = self.data.get("services") or {}
        return found

    @property
    def image(self) -> str:
        """The image of the suite: its gateway's."""
        return str((self.services.get(GATEWAY) or {}).get("image", ""))

    def groups(self, image: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return the services that run an image, in the groups of a roll-out; see :func:`cli.deploy.order.grouped`."""
        return grouped(name for name in self.services if self._runs(name, image))

    def suite(self, image: str) -> tuple[str, ...]:
        """Return the same services in one line."""
        return tuple(name for _, group in self.groups(image) for name in group)

    def stores(self, image: str) -> tuple[str, ...]:
        """Return what else runs: what holds the data, and what looks on. A roll-out leaves them as they are."""
        ends = self.that_end()
        return tuple(sorted(name for name in self.services if name not in ends and not self._runs(name, image)))

    def that_end(self) -> tuple[str, ...]:
        """Return the services that do something and end, before others are started."""
        waited = {
            name
            for service in self.services.values()
            for name, how in (service.get("depends_on") or {}).items()
            if how.get("condition") == "service_completed_successfully"
        }
        return tuple(sorted(waited | ({MIGRATE} & self.services.keys())))

    def images(self) -> tuple[str, ...]:
        """Return all images that it names."""
        return tuple(sorted({str(service["image"]) for service in self.services.values() if "image" in service}))

    def with_images(self, images: Mapping[str, str]) -> "Project":
        """Return the project with other images for some services."""
        services = {
            name: {**service, "image": images[name]} if name in images else service
            for name, service in self.services.items()
        }
        return Project({**self.data, "services": services})

    def text(self) -> str:
        """Return it as compose reads it."""
        return json.dumps(self.data)

    def given(self) -> dict[Path, str]:
        """Return the files and folders of this machine that its services are given, each with where it is for one."""
        mounts = (mount for service in self.services.values() for mount in service.get("volumes") or ())
        return {Path(mount["source"]): str(mount["target"]) for mount in mounts if mount.get("type") == "bind"}

    def door(self) -> Door | None:
        """Return where the gateway is called from this machine, or None where it is not published there."""
        gateway = self.services.get(GATEWAY) or {}
        environment: Mapping[str, Any] = gateway.get("environment") or {}
        inside = str(environment.get(LISTEN_SETTING) or "").rpartition(":")[2]
        for port in gateway.get("ports") or ():
            if str(port.get("target")) == inside and port.get("published"):
                host = str(port.get("host_ip") or "")
                certificate = str(environment.get(CERTIFICATE_SETTING) or "")
                return Door("127.0.0.1" if host in _ANYWHERE else host, int(port["published"]), certificate)
        return None

    def nats(self) -> tuple[str, int] | None:
        """Return where NATS is that is none of the project's services; None where there is none such."""
        gateway = self.services.get(GATEWAY) or {}
        url = urlsplit(str((gateway.get("environment") or {}).get(NATS_SETTING) or ""))
        if not url.hostname or url.hostname in self.services:
            return None
        return url.hostname, url.port or NATS_PORT

    def memory(self, names: Sequence[str]) -> int:
        """Return what some services may use of memory together, in bytes, as far as they are bounded."""
        return sum(int(self.services[name].get("mem_limit") or 0) for name in names)

    def _runs(self, name: str, image: str) -> bool:
        return self.services[name].get("image") == image and name not in self.that_end()
