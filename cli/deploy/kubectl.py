"""kubectl, as far as a deployment needs it; and the record of a deployment in the cluster."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deploy.course import Course, as_data, from_data
from cli.deploy.manifests import Manifest, Manifests, name_of, namespace_of, reference
from cli.deploy.steps import Failed
from cli.deploy.tool import Ran, Tool

QUICK_SECONDS = 60.0
"""For what only asks, and for one change."""

LOOK_SECONDS = 2.0

RECORD = "assay-deployment"
"""The ConfigMap that holds the record."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """
    A cluster.

    :param tool: kubectl, with what names the cluster.
    """

    tool: Tool

    def rendered(self, overlay: str) -> Manifests:
        """
        Return what an overlay renders to.

        :raises Failed: It cannot be rendered.
        """
        return Manifests.read(self.tool.output("kustomize", overlay, seconds=QUICK_SECONDS))

    def apply(self, documents: Sequence[Manifest], *flags: str) -> Ran:
        """Apply manifests; return what came of it."""
        text = "\n---\n".join(json.dumps(one) for one in documents)
        return self.tool.run("apply", "--filename", "-", *flags, seconds=QUICK_SECONDS * 2, stdin=text)

    def applied(self, documents: Sequence[Manifest]) -> None:
        """
        Apply manifests.

        :raises Failed: One was not taken.
        """
        if not documents:
            return
        ran = self.apply(documents)
        if ran.status:
            raise Failed(ran.said)

    def get(self, kind: str, name: str, namespace: str) -> Mapping[str, Any] | None:
        """
        Return an object, or None where there is none.

        :raises Failed: The cluster does not tell.
        """
        options = (*_in(namespace), "--ignore-not-found", "--output", "json")
        text = self.tool.output("get", kind, name, *options, seconds=QUICK_SECONDS)
        found: Mapping[str, Any] | None = json.loads(text) if text.strip() else None
        return found

    def every(self, kind: str) -> list[Mapping[str, Any]]:
        """
        Return all objects of a kind, of all namespaces.

        :raises Failed: The cluster does not tell.
        """
        text = self.tool.output("get", kind, "--all-namespaces", "--output", "json", seconds=QUICK_SECONDS)
        found: list[Mapping[str, Any]] = json.loads(text)["items"]
        return found

    def rolled_out(self, ones: Iterable[Manifest], seconds: float) -> None:
        """
        Wait until workloads run what was applied, and are ready.

        :raises Failed: One does not in time; the pods that were there go on working.
        """
        until = time.monotonic() + seconds
        for one in ones:
            left = max(1.0, until - time.monotonic())
            options = (*_in(namespace_of(one)), f"--timeout={left:.0f}s")
            ran = self.tool.run("rollout", "status", reference(one), *options, seconds=left + QUICK_SECONDS)
            if ran.status:
                raise Failed(f"{reference(one)}: {ran.said}")

    def job_done(self, job: Manifest, seconds: float) -> str:
        """
        Have a Job run anew, wait for its end and return the last line that it wrote.

        :raises Failed: It fails, or does not end in time; says the last that it wrote.
        """
        name, namespace = name_of(job), namespace_of(job)
        self.remove("job", name, namespace)
        self.applied([job])
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.get("job", name, namespace) or {}
            ended = {
                one["type"] for one in (found.get("status") or {}).get("conditions") or () if one["status"] == "True"
            }
            if ended & {"Complete", "Failed"}:
                said = self._last_line(name, namespace)
                if "Failed" in ended:
                    raise Failed(said or "the Job failed and wrote nothing")
                return said
            time.sleep(LOOK_SECONDS)
        raise Failed(f"the Job {name} did not end within {seconds:.0f} s: {self._last_line(name, namespace)}")

    def remove(self, kind: str, name: str, namespace: str) -> None:
        """
        Delete an object with what it made, and see it gone; nothing where there is none.

        :raises Failed: It cannot be.
        """
        options = (*_in(namespace), "--ignore-not-found", "--wait=true", "--cascade=foreground", "--timeout=120s")
        self.tool.output("delete", kind, name, *options, seconds=QUICK_SECONDS + 120)

    def template(self, kind: str, name: str, namespace: str, template: Mapping[str, Any]) -> None:
        """
        Have a workload make its pods by another template; nothing where it is that one.

        :raises Failed: It cannot be.
        """
        change = json.dumps([{"op": "replace", "path": "/spec/template", "value": template}])
        options = (*_in(namespace), "--type=json", "--patch", change)
        self.tool.output("patch", kind, name, *options, seconds=QUICK_SECONDS)

    def inside(self, namespace: str, what: str, *command: str) -> str:
        """
        Call a program in a pod, and return what it printed.

        :raises Failed: It cannot be called, or fails.
        """
        return self.tool.output("exec", *_in(namespace), what, "--", *command, seconds=QUICK_SECONDS)

    def _last_line(self, job: str, namespace: str) -> str:
        ran = self.tool.run("logs", f"job/{job}", *_in(namespace), "--tail=1", seconds=QUICK_SECONDS)
        return ran.said if ran.status else ran.output.strip()


class ClusterRecord:
    """
    The record of deployments in the cluster that they are of, so that whoever deploys next finds it.

    Two that deploy at one time are told apart: who writes after the other has written is refused.

    :param namespace: The suite's.
    """

    def __init__(self, kubectl: Kubectl, namespace: str) -> None:
        self._kubectl = kubectl
        self._namespace = namespace
        self._version: str | None = None

    def load(self) -> Course | None:
        """
        Return the last course, or None where there was none.

        :raises Failed: The cluster does not tell.
        :raises assay.errors.InvalidArgument: It is none that can be read.
        """
        found = self._kubectl.get("configmap", RECORD, self._namespace)
        if found is None:
            return None
        self._version = str(found["metadata"]["resourceVersion"])
        try:
            data = json.loads((found.get("data") or {}).get("course", ""))
        except ValueError:
            data = None
        return from_data(data, f"configmap/{RECORD}")

    def save(self, course: Course) -> None:
        """
        Keep a course in place of the last.

        :raises Failed: It cannot be written, or somebody else has written one since.
        """
        metadata = {"name": RECORD, "namespace": self._namespace}
        if self._version is not None:
            metadata["resourceVersion"] = self._version
        text = json.dumps(as_data(course), separators=(",", ":"))
        document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"course": text}}
        verb = "create" if self._version is None else "replace"
        options = ("--filename", "-", "--output", "json")
        ran = self._kubectl.tool.run(verb, *options, seconds=QUICK_SECONDS, stdin=json.dumps(document))
        if ran.status:
            raise Failed(f"the record configmap/{RECORD} was not written, somebody else may be deploying: {ran.said}")
        self._version = str(json.loads(ran.output)["metadata"]["resourceVersion"])


def _in(namespace: str) -> tuple[str, ...]:
    return ("--namespace", namespace) if namespace else ()
