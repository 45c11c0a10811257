"""What is looked at before a cluster is changed."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cli.deploy.kubectl import QUICK_SECONDS, Kubectl
from cli.deploy.manifests import MIGRATE, Manifest, Manifests, name_of, namespace_of, quantity, requests
from cli.deploy.schema import looked_at as schema_looked_at
from cli.deploy.secret_files import days, valid_until
from cli.deploy.steps import Check
from cli.diagnosis import Ill

CHECK_JOB = "migrate-check"
CHECK_SECONDS = 300.0
"""How long the new image may take to be pulled and to look at the database."""

MIB = 1024 * 1024


def checks(kubectl: Kubectl, manifests: Manifests) -> Sequence[Check]:
    """Return all looks, those first without which others say nothing."""
    return [
        Check("cluster", lambda: _cluster(kubectl, manifests)),
        Check("namespaces", lambda: _namespaces(kubectl, manifests)),
        Check("secrets", lambda: _secrets(kubectl, manifests)),
        Check("manifests", lambda: _manifests(kubectl, manifests)),
        Check("capacity", lambda: _capacity(kubectl, manifests)),
        Check("image and schema", lambda: _schema(kubectl, manifests)),
    ]


def _cluster(kubectl: Kubectl, manifests: Manifests) -> str:
    """See whether the API server answers, and takes changes from this user."""
    ran = kubectl.tool.run("version", "--output", "json", seconds=QUICK_SECONDS)
    if ran.status:
        raise Ill(ran.said, "look at the context of your kubeconfig: `kubectl config get-contexts`")
    version = json.loads(ran.output)["serverVersion"]["gitVersion"]
    for namespace in manifests.namespaces():
        may = kubectl.tool.run("auth", "can-i", "patch", "deployments.apps", "-n", namespace, seconds=QUICK_SECONDS)
        if may.status:
            raise Ill(f"this user may not change Deployments in {namespace}", "deploy as one who may")
    return f"Kubernetes {version}"


def _namespaces(kubectl: Kubectl, manifests: Manifests) -> str:
    missing = [name for name in manifests.namespaces() if kubectl.get("namespace", name, "") is None]
    if missing:
        raise Ill(f"there is no namespace {', '.join(missing)}", "`kubectl apply -k k8s/namespaces` makes them")
    return ", ".join(manifests.namespaces())


def _secrets(kubectl: Kubectl, manifests: Manifests) -> str:
    """See that every Secret is there, with the keys that are named, and that certificates in them are valid."""
    until = []
    wanted = manifests.secrets()
    for (namespace, name), keys in wanted.items():
        found = kubectl.get("secret", name, namespace)
        where = f"secret/{name} in {namespace}"
        if found is None:
            raise Ill(f"{where} is missing", "make it; see docs/kubernetes.md")
        data: Mapping[str, str] = found.get("data") or {}
        if absent := sorted((keys or set()) - data.keys()):
            raise Ill(f"{where} lacks {', '.join(absent)}", "add it; see docs/kubernetes.md")
        until += [
            valid_until(base64.b64decode(value), f"{where}: {key}")
            for key, value in data.items()
            if key.endswith(".crt")
        ]
    said = f"{len(wanted)} are there"
    return f"{said}; certificates are valid for {days(min(until))} days" if until else said


def _manifests(kubectl: Kubectl, manifests: Manifests) -> str:
    """Have the API server look at everything without keeping it: its admission and its quotas too."""
    documents = [one for one in manifests.documents if one.get("kind") != "Job"]
    ran = kubectl.apply(documents, "--dry-run=server")
    if ran.status:
        raise Ill(f"the API server does not take them: {ran.said}", "mend the overlay")
    return f"{len(documents)} are taken"


def _capacity(kubectl: Kubectl, manifests: Manifests) -> str:
    """See that the largest new pod finds room beside all that run; on a first deployment, one of each."""
    nodes = [one for one in kubectl.every("nodes") if _takes(one)]
    free = _free(nodes, kubectl.every("pods"))
    workloads = [one for _, group in manifests.groups() for one in group if one["kind"] != "DaemonSet"]
    here = [one for one in workloads if kubectl.get(str(one["kind"]), name_of(one), namespace_of(one))]
    cpu, memory = _largest(workloads) if len(here) == len(workloads) else requests(workloads)
    if sum(one[0] for one in free) < cpu or sum(one[1] for one in free) < memory:
        raise Ill(
            f"the roll-out asks for {cpu:.2f} processors and {memory / MIB:.0f} MiB beside what runs, and "
            f"{sum(one[0] for one in free):.2f} and {sum(one[1] for one in free) / MIB:.0f} are free",
            "add a node, or take something away",
        )
    hosts = [
        one for one in kubectl.every("nodes") if (one["metadata"].get("labels") or {}).get("assay/sandbox") == "true"
    ]
    if any(one["kind"] == "DaemonSet" for _, group in manifests.groups() for one in group) and not hosts:
        raise Ill("no node has the label assay/sandbox=true", "make a sandbox host; see docs/kubernetes.md")
    return f"{len(nodes)} nodes with {sum(one[0] for one in free):.1f} processors free, {len(hosts)} sandbox hosts"


def _takes(node: Mapping[str, Any]) -> bool:
    spec = node.get("spec") or {}
    kept_away = any(taint.get("effect") in {"NoSchedule", "NoExecute"} for taint in spec.get("taints") or ())
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"].get("conditions") or ())
    return ready and not kept_away and not spec.get("unschedulable")


def _free(nodes: Sequence[Mapping[str, Any]], pods: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    """Return what each node has that no pod on it asks for: processors, and bytes of memory."""
    free = []
    for node in nodes:
        there = node["status"]["allocatable"]
        on = [
            {"spec": {"template": {"spec": pod["spec"]}}}
            for pod in pods
            if pod["spec"].get("nodeName") == node["metadata"]["name"]
            and pod["status"].get("phase") not in {"Succeeded", "Failed"}
        ]
        cpu, memory = requests(on)
        free.append((quantity(there["cpu"]) - cpu, quantity(there["memory"]) - memory))
    return free


def _largest(workloads: Sequence[Manifest]) -> tuple[float, float]:
    asked = [requests([one]) for one in workloads]
    return max((one[0] for one in asked), default=0), max((one[1] for one in asked), default=0)


def _schema(kubectl: Kubectl, manifests: Manifests) -> str:
    """Run the new image once beside everything: that it can be pulled, reaches the database and knows its schema."""
    job = manifests.job()
    assert job is not None
    stores = manifests.stores()
    if stores and not any(kubectl.get(str(one["kind"]), name_of(one), namespace_of(one)) for one in stores):
        return "not tried: the database is made by this deployment"
    # What it reads its settings from has its content's hash in its name: to add it changes nothing that runs.
    settings = [one for one in manifests.documents if one.get("kind") == "ConfigMap"]
    kubectl.applied([one for one in settings if kubectl.get("configmap", name_of(one), namespace_of(one)) is None])
    check = json.loads(json.dumps(job))
    check["metadata"]["name"] = CHECK_JOB
    check["spec"]["backoffLimit"] = 0
    for container in check["spec"]["template"]["spec"]["containers"]:
        container["command"] = ["assay", MIGRATE, "--check"]
    workloads = [one for _, group in manifests.groups() for one in group]
    there = [kubectl.get(str(one["kind"]), name_of(one), namespace_of(one)) for one in workloads]
    running = any((one.get("spec") or {}).get("replicas", 1) for one in there if one is not None)
    try:
        return schema_looked_at(kubectl.job_done(check, CHECK_SECONDS), running=running)
    finally:
        kubectl.remove("job", CHECK_JOB, namespace_of(job))
