"""
What has to hold of every pod that is deployed. Each check yields what is wrong, one line each.

The bounds are those of the Pod Security Standards' level "restricted"
(https://kubernetes.io/docs/concepts/security/pod-security-standards/), and narrower.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from host.settings import ServerSettings
from tests.k8s.manifests import LASTING, SANDBOX, SUITE, Manifests, Workload, is_suite

RESOURCES = ("cpu", "memory", "ephemeral-storage")

DOCKER_SOCKETS = {"/run/docker.sock", "/var/run/docker.sock"}

UNITS = {
    unit: Decimal(text)
    for unit, text in {"": "1", "m": "0.001", "Ki": str(2**10), "Mi": str(2**20), "Gi": str(2**30)}.items()
}

TELEMETRY_SECONDS = 5
"""How long a process waits at its end for its last traces."""


def quantity(text: str) -> Decimal:
    """Return a quantity in its base unit."""
    number, unit = re.fullmatch(r"([\d.]+)([A-Za-z]*)", str(text)).groups()  # type: ignore[union-attr]
    return Decimal(number) * UNITS[unit]


def lasting(manifests: Manifests) -> Iterator[Workload]:
    """Yield what is there all the time."""
    return (workload for workload in manifests.workloads if workload.kind in LASTING)


def probes(manifests: Manifests) -> Iterator[str]:
    """All that lasts is asked whether it has started, is ready and lives; the suite's by gRPC, without TLS."""
    for workload in lasting(manifests):
        for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
            probe = workload.main.get(kind)
            if probe is None:
                yield f"{workload} has no {kind}"
                continue
            if workload.is_suite:
                listen = manifests.environment(workload, workload.main)["ASSAY_SERVER__PROBE_LISTEN"]
                if listen != f"0.0.0.0:{probe.get('grpc', {}).get('port')}":
                    yield f"{workload}: its {kind} does not ask at {listen}"
            if not {"periodSeconds", "timeoutSeconds"} <= set(probe):
                yield f"{workload}: its {kind} leaves times to chance"


def resources(manifests: Manifests) -> Iterator[str]:
    """Every container asks for what it needs, and may take no more than its limits."""
    for workload in manifests.workloads:
        for container in workload.containers:
            wanted, most = (container.get("resources", {}).get(kind, {}) for kind in ("requests", "limits"))
            for resource in RESOURCES:
                if resource not in wanted or resource not in most:
                    yield f"{workload}: {container['name']} has no request or no limit of {resource}"
                elif quantity(wanted[resource]) > quantity(most[resource]):
                    yield f"{workload}: {container['name']} asks for more {resource} than it may have"


def restricted_pods(manifests: Manifests) -> Iterator[str]:
    """No pod is root or may become it, reaches its node, or has a token of the cluster."""
    for workload in manifests.workloads:
        pod, security = workload.pod, workload.pod.get("securityContext", {})
        if security.get("runAsNonRoot") is not True or security.get("runAsUser", 0) < 10_000:
            yield f"{workload} may run as root, or as a user that its node knows"
        if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{workload} has no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{workload} has a token of the cluster"
        if pod.get("serviceAccountName", "default") == "default":
            yield f"{workload} has no account of its own"
        if any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{workload} shares a namespace of its node"


def restricted_containers(manifests: Manifests) -> Iterator[str]:
    """No container has a capability, gains a right, or writes to its image."""
    for workload in manifests.workloads:
        for container in workload.containers:
            security, where = container.get("securityContext", {}), f"{workload}: {container['name']}"
            if security.get("allowPrivilegeEscalation") is not False or security.get("privileged"):
                yield f"{where} may gain rights"
            if security.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{where} keeps capabilities"
            if security.get("readOnlyRootFilesystem") is not True:
                yield f"{where} may write to its image"
            if set(security) & {"runAsUser", "runAsNonRoot", "seccompProfile", "procMount"}:
                yield f"{where} differs from its pod"
            if any("hostPort" in port for port in container.get("ports", [])):
                yield f"{where} takes a port of its node"


def volumes(manifests: Manifests) -> Iterator[str]:
    """Nothing of a node is mounted but the Docker socket, by the sandbox alone; what is written is bounded."""
    for workload in manifests.workloads:
        for volume in workload.pod.get("volumes", []):
            kind = next(iter(set(volume) - {"name"}))
            where = f"{workload}: the volume {volume['name']}"
            if kind == "hostPath":
                if (workload.name, workload.namespace) != ("sandbox", SANDBOX):
                    yield f"{where} is a path of its node"
                elif volume["hostPath"]["path"] not in DOCKER_SOCKETS or volume["hostPath"].get("type") != "Socket":
                    yield f"{where} is more than the Docker socket"
            elif kind == "emptyDir" and "sizeLimit" not in volume["emptyDir"]:
                yield f"{where} has no bound"
            elif kind not in {"emptyDir", "secret", "configMap", "projected"}:
                yield f"{where} is of kind {kind}"
    if not any("hostPath" in volume for volume in manifests.workload("sandbox").pod["volumes"]):
        yield "sandbox has no Docker socket"


def namespaces(manifests: Manifests) -> Iterator[str]:
    """Everything is in a namespace that enforces "restricted", but for the sandbox hosts, which are alone in theirs."""
    levels = {
        document["metadata"]["name"]: document["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
        for document in manifests.of("Namespace")
    }
    if levels != {SUITE: "restricted", SANDBOX: "privileged"}:
        yield f"the namespaces enforce {levels}"
    for workload in manifests.workloads:
        if workload.namespace != (SANDBOX if workload.name == "sandbox" else SUITE):
            yield f"{workload} is in {workload.namespace}"


def sandbox_hosts(manifests: Manifests) -> Iterator[str]:
    """The sandbox runs on nodes that are for it alone, once on each."""
    workload = manifests.workload("sandbox")
    if workload.kind != "DaemonSet":
        yield "sandbox may run twice on one daemon"
    if not workload.pod.get("nodeSelector") or not workload.pod.get("tolerations"):
        yield "sandbox may run on nodes that are for others"
    for other in manifests.workloads:
        if other is not workload and (other.pod.get("tolerations") or other.pod.get("nodeSelector")):
            yield f"{other} may run on the nodes of the sandbox"


def images(manifests: Manifests) -> Iterator[str]:
    """Every image has a version, and all processes of the suite have the same."""
    suite = set()
    for workload in manifests.workloads:
        for container in workload.containers:
            if is_suite(container):
                suite.add(container["image"])
            _, separator, version = container["image"].rpartition("/")[2].partition(":")
            if not separator or version == "latest":
                yield f"{workload}: {container['name']} has no version: {container['image']}"
            if container.get("imagePullPolicy") not in {"IfNotPresent", "Always"}:
                yield f"{workload}: {container['name']} leaves to chance when it is pulled"
    if len(suite) != 1:
        yield f"there is not one version of the suite, but {sorted(suite)}"


def grace(manifests: Manifests) -> Iterator[str]:
    """A pod has longer to end than its calls may take, and what is closed after them."""
    for workload in lasting(manifests):
        if not workload.is_suite:
            continue
        drain = ServerSettings().drain_seconds * (3 if workload.name == "gateway" else 1)
        before = workload.main.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["", "0"])[1]
        needed = float(before) + drain + TELEMETRY_SECONDS
        if workload.pod.get("terminationGracePeriodSeconds", 30) <= needed:
            yield f"{workload} has no more than {needed:g} s to end"
    if "preStop" not in manifests.workload("gateway").main.get("lifecycle", {}):
        yield "gateway ends before the load balancer knows"
