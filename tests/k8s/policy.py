"""
What has to hold of everything that is deployed. Each check yields what is wrong, one line each.

The bounds on pods are those of the Pod Security Standards' level "restricted"
(https://kubernetes.io/docs/concepts/security/pod-security-standards/), and narrower.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from host import catalog
from host.edges import DATABASE, callers
from host.settings import ServerSettings, Settings
from host.streams import JOBS, STREAMS
from tests.k8s.manifests import LASTING, NAME, SANDBOX, SUITE, Document, Manifests, Workload, is_suite, matches

Check = Callable[[Manifests], Iterator[str]]

RESOURCES = ("cpu", "memory", "ephemeral-storage")

DOCKER_SOCKETS = {"/run/docker.sock", "/var/run/docker.sock"}

UNITS = {
    unit: Decimal(text)
    for unit, text in {"": "1", "m": "0.001", "Ki": str(2**10), "Mi": str(2**20), "Gi": str(2**30)}.items()
}

DEFAULT_CONNECTIONS = Settings.model_fields["database_connections"].default

SANDBOX_HOSTS = 4
"""How many of them the bounds are made for."""

RESERVED_CONNECTIONS = 10
"""Those that PostgreSQL keeps for its superuser, and that of a migration."""

TELEMETRY_SECONDS = 5
"""How long a process waits at its end for its last traces."""


def quantity(text: str) -> Decimal:
    """Return a quantity in its base unit."""
    number, unit = re.fullmatch(r"([\d.]+)([A-Za-z]*)", str(text)).groups()  # type: ignore[union-attr]
    return Decimal(number) * UNITS[unit]


def lasting(manifests: Manifests) -> Iterator[Workload]:
    """Yield what is there all the time."""
    return (workload for workload in manifests.workloads if workload.kind in LASTING)


def services_of_the_catalog(manifests: Manifests) -> Iterator[str]:
    """Every service of the catalog runs once, under its own name, and is found where its peers are told."""
    running = Counter(workload.name for workload in lasting(manifests))
    if wrong := [f"{name} runs {running[name]} times" for name in catalog.entries() if running[name] != 1]:
        yield from wrong
        return
    for name in catalog.entries():
        workload = manifests.workload(name)
        if workload.main.get("args", [])[:1] != [name]:
            yield f"{workload} does not serve {name}"
        told = json.loads(manifests.environment(workload, workload.main)["ASSAY_PEERS"])
        if set(told) != set(catalog.entries()):
            yield f"{workload} is not told of the peers {sorted(set(told) ^ set(catalog.entries()))}"
        yield from (
            f"{workload}: {fault}" for peer, address in told.items() for fault in _found(manifests, peer, address)
        )


def _found(manifests: Manifests, peer: str, address: str) -> Iterator[str]:
    """Yield why a service is not found at an address, from the suite's own namespace."""
    host, _, port = address.removeprefix("dns:///").partition(":")
    service, namespace = manifests.one("Service", host), SUITE
    if (alias := service["spec"].get("externalName")) is not None:
        host, namespace, *rest = alias.split(".")
        if rest != ["svc", "cluster", "local"]:
            yield f"{alias} is no name of a Service"
        service = manifests.one("Service", host, namespace)
    if service["spec"].get("clusterIP") != "None":
        yield f"{host} has one address for all replicas, so that calls are not spread"
    if service["spec"]["selector"] != {NAME: peer}:
        yield f"{host} is not {peer}"
    if int(port) not in {one["port"] for one in service["spec"]["ports"]}:
        yield f"{host} has no port {port}"
    if not manifests.workload(peer).main["args"][-1].endswith(f":{port}"):
        yield f"{peer} does not listen on {port}"


def trust(manifests: Manifests) -> Iterator[str]:
    """Each service trusts the tokens of those that call it, and of no others, by keys that are mounted."""
    for name in catalog.entries():
        workload = manifests.workload(name)
        trusted = json.loads(manifests.environment(workload, workload.main).get("ASSAY_TOKENS__TRUSTED", "{}"))
        if set(trusted) != set(callers(name)):
            yield f"{name} trusts {sorted(trusted)}, and is called by {sorted(callers(name))}"


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


def selected_services(manifests: Manifests) -> Iterator[str]:
    """Every Service selects pods of its namespace that have its ports."""
    for service in manifests.of("Service"):
        if "externalName" in service["spec"]:
            continue
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        selector = {"matchLabels": service["spec"]["selector"]}
        chosen = [one for one in manifests.workloads if one.namespace == namespace and matches(selector, one.labels)]
        if len(chosen) != 1:
            yield f"Service {name} selects {len(chosen)} workloads"
            continue
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in {*chosen[0].ports, *chosen[0].ports.values()}:
                yield f"Service {name}: {chosen[0]} has no port {port['targetPort']}"


def aliases(manifests: Manifests) -> Iterator[str]:
    """Every name that stands for another one stands for a Service that is there."""
    there = {
        (one["metadata"]["name"], one["metadata"]["namespace"])
        for one in manifests.of("Service")
        if "externalName" not in one["spec"]
    }
    for service in manifests.of("Service"):
        alias = service["spec"].get("externalName", "")
        if alias and tuple(alias.split(".")[:2]) not in there:
            yield f"Service {service['metadata']['name']} stands for {alias}, which is not there"


def disruptions(manifests: Manifests) -> Iterator[str]:
    """Of what has replicas one pod may be taken away at a time; a budget that allows none stops a node's drain."""
    budgets = list(manifests.of("PodDisruptionBudget"))
    for workload in lasting(manifests):
        found = [budget for budget in budgets if _selects(budget, workload)]
        wanted = 1 if workload.kind == "Deployment" or workload.document["spec"].get("replicas", 1) > 1 else 0
        if len(found) != wanted:
            yield f"{workload} has {len(found)} disruption budgets"
        if any(budget["spec"].get("maxUnavailable") != 1 for budget in found):
            yield f"{workload}: its disruption budget is not one pod at a time"


def _selects(document: Document, workload: Workload) -> bool:
    return bool(document["metadata"]["namespace"] == workload.namespace) and matches(
        document["spec"]["selector"], workload.labels
    )


def spread(manifests: Manifests) -> Iterator[str]:
    """Replicas of a Deployment are spread over nodes and zones, each service by itself."""
    for workload in lasting(manifests):
        if workload.kind != "Deployment":
            continue
        constraints = workload.pod.get("topologySpreadConstraints", [])
        own = [one for one in constraints if matches(one["labelSelector"], workload.labels) and _by_service(one)]
        if {one["topologyKey"] for one in own} != {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}:
            yield f"{workload} is not spread over nodes and zones"


def _by_service(constraint: Document) -> bool:
    return NAME in constraint.get("matchLabelKeys", []) or NAME in constraint["labelSelector"].get("matchLabels", {})


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


def rolling(manifests: Manifests) -> Iterator[str]:
    """A new version never leaves a service with fewer pods than it should have."""
    for workload in lasting(manifests):
        if workload.kind == "Deployment":
            strategy = workload.document["spec"].get("strategy", {})
            if strategy.get("rollingUpdate", {}).get("maxUnavailable") != 0:
                yield f"{workload} loses pods before there are new ones"


def scaling(manifests: Manifests) -> Iterator[str]:
    """What scales by itself is there, is scaled by one thing alone, and by an apply not set back."""
    by_target: dict[str, list[Document]] = {}
    for scaler in manifests.of("HorizontalPodAutoscaler", "ScaledObject"):
        by_target.setdefault(scaler["spec"]["scaleTargetRef"]["name"], []).append(scaler)
    for target, scalers in by_target.items():
        if len(scalers) != 1:
            yield f"{target} is scaled by {len(scalers)}"
        workload = manifests.workload(target)
        if workload.kind != "Deployment" or "replicas" in workload.document["spec"]:
            yield f"{workload} has a number of replicas that an apply sets back"
        spec = scalers[0]["spec"]
        least, most = (spec.get(f"{end}Replicas", spec.get(f"{end}ReplicaCount", 0)) for end in ("min", "max"))
        if not 1 <= least < most:
            yield f"{target} is scaled from {least} to {most}"
    yield from _by_the_queue(manifests)


def _by_the_queue(manifests: Manifests) -> Iterator[str]:
    for scaler in manifests.of("ScaledObject"):
        (trigger,) = scaler["spec"]["triggers"]
        told = trigger["metadata"]
        if JOBS.consumer is None or (told["stream"], told["consumer"]) != (JOBS.name, JOBS.consumer.name):
            yield f"{scaler['metadata']['name']} is scaled by {told['stream']}, which is not the queue"
        host, _, port = told["natsServerMonitoringEndpoint"].partition(":")
        if int(port) not in manifests.workload(host.split(".")[0]).ports.values():
            yield f"{host} tells nothing on {port}"


def storage(manifests: Manifests) -> Iterator[str]:
    """The volume of NATS has room for its streams at their bounds, and half as much again for what is being cleared."""
    for workload in manifests.workloads:
        for claim in workload.document["spec"].get("volumeClaimTemplates", []):
            size = quantity(claim["spec"]["resources"]["requests"]["storage"])
            if workload.name == "nats" and size < sum(stream.max_bytes for stream in STREAMS) * Decimal("1.5"):
                yield f"nats: its volume is smaller than its streams may become ({size})"


def connections(manifests: Manifests) -> Iterator[str]:
    """PostgreSQL in the cluster takes as many connections as all replicas that there may be want at one time."""
    wanted = 0
    for name in DATABASE:
        workload = manifests.workload(name)
        each = int(
            manifests.environment(workload, workload.main).get("ASSAY_DATABASE_CONNECTIONS", DEFAULT_CONNECTIONS)
        )
        wanted += _most(manifests, workload) * each * (2 if name == "gateway" else 1)
    for workload in manifests.workloads:
        if workload.name == "postgres":
            (most,) = (int(one.partition("=")[2]) for one in workload.main["args"] if "max_connections" in one)
            if wanted > most - RESERVED_CONNECTIONS:
                yield f"postgres takes {most} connections, and {wanted} are wanted"


def _most(manifests: Manifests, workload: Workload) -> int:
    """Return how many replicas there may be."""
    if workload.kind == "DaemonSet":
        return SANDBOX_HOSTS
    for scaler in manifests.of("HorizontalPodAutoscaler", "ScaledObject"):
        if scaler["spec"]["scaleTargetRef"]["name"] == workload.name:
            return int(scaler["spec"].get("maxReplicas") or scaler["spec"]["maxReplicaCount"])
    return int(workload.document["spec"].get("replicas", 1))


def migration(manifests: Manifests) -> Iterator[str]:
    """The schema is brought up to date by a Job that ends, of the version that is deployed."""
    jobs = [workload for workload in manifests.workloads if workload.kind == "Job"]
    if [job.name for job in jobs] != ["migrate"]:
        yield f"there are the jobs {[job.name for job in jobs]}"
    for job in jobs:
        if job.main.get("command") != ["assay", "migrate"] or "activeDeadlineSeconds" not in job.document["spec"]:
            yield "the migration is none, or never ends"
        # What is applied before everything else, where there is kubectl alone.
        wanted = {source["configMapRef"]["name"] for source in job.main["envFrom"]}
        first = {
            one["metadata"]["name"]
            for one in manifests.of("ConfigMap")
            if one["metadata"]["namespace"] == job.namespace and _component(one) == "configuration"
        }
        if not wanted <= first or _component(job.document) != "migration":
            yield "the migration and what it is told cannot be applied first"


def _component(document: Document) -> str:
    return str(document["metadata"].get("labels", {}).get("app.kubernetes.io/component", ""))


CHECKS: Mapping[str, Check] = {
    check.__name__: check
    for check in (
        services_of_the_catalog,
        trust,
        probes,
        resources,
        restricted_pods,
        restricted_containers,
        volumes,
        namespaces,
        sandbox_hosts,
        images,
        selected_services,
        aliases,
        disruptions,
        spread,
        grace,
        rolling,
        scaling,
        storage,
        connections,
        migration,
    )
}
