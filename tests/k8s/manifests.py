"""What an overlay renders to, and how its parts are found."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
K8S = ROOT / "k8s"
KUBECTL = Path(sys.executable).parent / "kubectl"

SUITE, SANDBOX = "assay", "assay-sandbox"
"""The namespaces."""

NAME = "app.kubernetes.io/name"
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that a cluster gives each namespace by itself."""

LASTING = ("Deployment", "DaemonSet", "StatefulSet")

Document = dict[str, Any]


def kustomized(folder: Path) -> list[Document]:
    """Return what `kubectl kustomize` makes of a folder."""
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"deprecated" not in done.stderr.lower(), done.stderr.decode()
    return [document for document in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if document]


@dataclass(frozen=True)
class Workload:
    """What makes pods."""

    document: Document

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.document["kind"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.document["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Where it is."""
        return str(self.document["metadata"]["namespace"])

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its pods."""
        labels: Mapping[str, str] = self.document["spec"]["template"]["metadata"]["labels"]
        return labels

    @property
    def pod(self) -> Document:
        """What its pods are."""
        pod: Document = self.document["spec"]["template"]["spec"]
        return pod

    @property
    def containers(self) -> Sequence[Document]:
        """All containers, those included that come before the others."""
        return [*self.pod.get("initContainers", []), *self.pod["containers"]]

    @property
    def main(self) -> Document:
        """The container that it is about."""
        (container,) = self.pod["containers"]
        return dict(container)

    @property
    def ports(self) -> Mapping[str, int]:
        """The ports that its containers name."""
        return {port["name"]: port["containerPort"] for one in self.containers for port in one.get("ports", [])}

    @property
    def is_suite(self) -> bool:
        """Whether it is a process of the suite."""
        return is_suite(self.main)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass
class Manifests:
    """All documents of an overlay."""

    documents: list[Document]

    def of(self, *kinds: str) -> Iterator[Document]:
        """Yield the documents of some kinds."""
        return (document for document in self.documents if document["kind"] in kinds)

    def one(self, kind: str, name: str, namespace: str = SUITE) -> Document:
        """Return a document; of those with a hash in their names, by what stands before it."""
        found = [
            document
            for document in self.of(kind)
            if document["metadata"].get("namespace", namespace) == namespace
            and document["metadata"]["name"] in {name, *self._hashed(kind, name)}
        ]
        assert len(found) == 1, f"there are {len(found)} of {kind} {name} in {namespace}"
        return found[0]

    def _hashed(self, kind: str, name: str) -> Iterator[str]:
        names = (str(document["metadata"]["name"]) for document in self.of(kind))
        return (found for found in names if kind == "ConfigMap" and found.rpartition("-")[0] == name)

    @cached_property
    def workloads(self) -> Sequence[Workload]:
        """What makes pods."""
        return [Workload(document) for document in self.of(*LASTING, "Job")]

    def workload(self, name: str) -> Workload:
        """Return one by its name."""
        (found,) = (workload for workload in self.workloads if workload.name == name)
        return found

    def environment(self, workload: Workload, container: Document) -> Mapping[str, str]:
        """Return the variables of a container that are written down, as it finds them."""
        found: dict[str, str] = {}
        for source in container.get("envFrom", []):
            found |= self.one("ConfigMap", source["configMapRef"]["name"], workload.namespace)["data"]
        return found | {one["name"]: one["value"] for one in container.get("env", []) if "value" in one}


def is_suite(container: Document) -> bool:
    """Return whether a container is of the suite's image."""
    return str(container["image"]).rpartition("/")[2].split(":")[0] == "assay"


def matches(selector: Document | None, labels: Mapping[str, str]) -> bool:
    """Return whether labels are selected; None selects nothing, an empty selector all."""
    if selector is None:
        return False
    wanted = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return wanted and all(_expression(one, labels) for one in selector.get("matchExpressions", []))


def _expression(one: Document, labels: Mapping[str, str]) -> bool:
    value = labels.get(one["key"])
    match one["operator"]:
        case "In":
            return value in one["values"]
        case "NotIn":
            return value not in one["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None
