"""
Pods as containers of Docker: what kubelet makes of a pod, as far as a daemon can do it.

Users, groups, rights, limits, variables, volumes, the order of containers and the probes are those of the manifests.
What only a cluster has is not here: network policies, scheduling, and whoever keeps replicas.
"""

import base64
import contextlib
import itertools
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.backing import LABEL, OWNER
from tests.k8s.manifests import Document, Manifests, Workload, matches
from tests.k8s.pod_policy import quantity

READY_SECONDS = 180.0


def docker(*arguments: str, seconds: float = 120) -> str:
    """Run docker and return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, timeout=seconds, check=False, text=True)
    assert done.returncode == 0, f"docker {' '.join(arguments[:3])}: {done.stderr}{done.stdout}"
    return done.stdout.strip()


@dataclass
class Cluster:
    """
    A network with pods.

    :param folder: Where volumes lie.
    :param group: The group that may use the Docker socket of this machine, in the place of the sandbox hosts' own.
    """

    manifests: Manifests
    secrets: Sequence[Document]
    folder: Path
    network: str
    group: int
    started: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, workload: Workload, *options: str) -> None:
        """Start a pod: its first containers to their ends, then the one that it is about. A job's ends too."""
        mounted = {volume["name"]: self._volume(workload, volume) for volume in workload.pod.get("volumes", [])}
        for container in workload.pod.get("initContainers", []):
            docker("run", "--rm", *self._container(workload, container, mounted), seconds=READY_SECONDS)
        names = (option for name in self._names(workload) for option in ("--network-alias", name))
        command = self._container(workload, workload.main, mounted, *names, *options)
        if workload.kind == "Job":
            docker("run", "--rm", *command, seconds=READY_SECONDS)
        else:
            self.started[workload.name] = docker("run", "--detach", *command)

    def _container(
        self, workload: Workload, container: Document, mounted: Mapping[str, str], *options: str
    ) -> Sequence[str]:
        pod, limits = workload.pod["securityContext"], container["resources"]["limits"]
        groups = [pod["fsGroup"], *([self.group] if pod.get("supplementalGroups") else [])]
        environment = self.manifests.environment(workload, container)
        entry, *before = container.get("command", [""])
        return [
            *("--label", f"{LABEL}={OWNER}", "--network", self.network, "--read-only", "--cap-drop", "ALL"),
            *("--security-opt", "no-new-privileges", "--user", f"{pod['runAsUser']}:{pod['runAsGroup']}"),
            *(option for group in groups for option in ("--group-add", str(group))),
            *(
                "--memory",
                str(int(quantity(limits["memory"]))),
                "--cpus",
                str(min(os.cpu_count() or 1, int(limits["cpu"]))),
            ),
            *(option for mount in container.get("volumeMounts", []) for option in ("-v", _mounted(mount, mounted))),
            *(option for name, value in environment.items() for option in ("-e", f"{name}={value}")),
            *(("--entrypoint", entry) if entry else ()),
            *options,
            container["image"],
            *before,
            *container.get("args", []),
        ]

    def _names(self, workload: Workload) -> Iterator[str]:
        """Yield the names of the Services that a pod answers for."""
        for service in self.manifests.of("Service"):
            if "selector" in service["spec"] and matches({"matchLabels": service["spec"]["selector"]}, workload.labels):
                yield service["metadata"]["name"]

    def _volume(self, workload: Workload, volume: Document) -> str:
        """Return where a volume lies on this machine, made as kubelet makes it."""
        if "hostPath" in volume:
            return str(volume["hostPath"]["path"])
        place = self.folder / f"{workload.name}-{next(self._numbers)}"
        place.mkdir(mode=0o2770)
        group = workload.pod["securityContext"]["fsGroup"]
        mode: int = (volume.get("secret") or volume.get("projected") or {}).get("defaultMode", 0o444)
        for path, content in self._content(workload.namespace, volume).items():
            (place / path).parent.mkdir(exist_ok=True, mode=0o755)
            (place / path).write_bytes(content)
            os.chown(place / path, 0, group)
            (place / path).chmod(mode)
        os.chown(place, 0, group)
        place.chmod(0o2770)
        return str(place)

    def _content(self, namespace: str, volume: Document) -> Mapping[str, bytes]:
        found: dict[str, bytes] = {}
        sources = volume.get("projected", {}).get("sources", [volume])
        for source in sources:
            for kind, key in (("secret", "secretName"), ("configMap", "name")):
                if kind in source:
                    data = self._data(kind, namespace, source[kind].get(key) or source[kind]["name"])
                    items = source[kind].get("items") or [{"key": name, "path": name} for name in data]
                    found |= {item["path"]: data[item["key"]] for item in items}
        return found

    def _data(self, kind: str, namespace: str, name: str) -> Mapping[str, bytes]:
        (document,) = (
            one
            for one in (*self.secrets, *self.manifests.documents)
            if (one["kind"].lower(), one["metadata"].get("namespace"), one["metadata"]["name"])
            == (kind.lower(), namespace, name)
        )
        if kind == "secret":
            return {key: base64.b64decode(value) for key, value in document["data"].items()}
        return {key: value.encode() for key, value in document["data"].items()}

    def ready(self, name: str) -> None:
        """Wait until a pod's probes say that it has started and is ready."""
        workload, ends_at = self.manifests.workload(name), time.monotonic() + READY_SECONDS
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            while not self._well(name, workload, workload.main[kind]):
                assert time.monotonic() < ends_at, f"{name}: its {kind} fails:\n{self.logs(name)}"
                time.sleep(0.5)

    def _well(self, name: str, workload: Workload, probe: Document) -> bool:
        state = json.loads(docker("inspect", "--format", "{{json .}}", self.started[name]))
        assert state["State"]["Running"], f"{name} has ended:\n{self.logs(name)}"
        (network,) = state["NetworkSettings"]["Networks"].values()
        seconds = probe["timeoutSeconds"]
        if "grpc" in probe:
            return _serves(f"{network['IPAddress']}:{probe['grpc']['port']}", seconds)
        if "httpGet" in probe:
            port = workload.ports[probe["httpGet"]["port"]]
            return _answers(f"http://{network['IPAddress']}:{port}{probe['httpGet']['path']}", seconds)
        command = ["docker", "exec", self.started[name], *probe["exec"]["command"]]
        return subprocess.run(command, capture_output=True, timeout=seconds + 30, check=False).returncode == 0

    def logs(self, name: str) -> str:
        """Return the end of what a pod wrote."""
        done = subprocess.run(["docker", "logs", self.started[name]], capture_output=True, timeout=30, check=False)
        return (done.stdout + done.stderr).decode(errors="replace")[-3000:]


def _mounted(mount: Document, mounted: Mapping[str, str]) -> str:
    # What no volume of the pod is named by is a claim: a volume of the container's own.
    source = mounted.get(mount["name"])
    if source is None:
        return str(mount["mountPath"])
    place = f"{source}/{mount['subPath']}" if "subPath" in mount else source
    return f"{place}:{mount['mountPath']}" + (":ro" if mount.get("readOnly") else "")


def _serves(address: str, seconds: float) -> bool:
    with grpc.insecure_channel(address) as channel, contextlib.suppress(grpc.RpcError):
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=seconds)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
    return False


def _answers(url: str, seconds: float) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=seconds) as answer:
        return int(answer.status) < 400
    return False
