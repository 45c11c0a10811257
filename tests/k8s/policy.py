"""What has to hold of everything that is deployed. Each check yields what is wrong, one line each."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from host import catalog
from host.edges import DATABASE, callers
from host.settings import Settings
from host.streams import JOBS, STREAMS
from tests.k8s.manifests import NAME, SUITE, Document, Manifests, Workload, matches
from tests.k8s.pod_policy import (
    grace,
    images,
    lasting,
    namespaces,
    probes,
    quantity,
    resources,
    restricted_containers,
    restricted_pods,
    sandbox_hosts,
    volumes,
)

Check = Callable[[Manifests], Iterator[str]]

DEFAULT_CONNECTIONS = Settings.model_fields["database_connections"].default

SANDBOX_HOSTS = 4
"""How many of them the bounds are made for."""

RESERVED_CONNECTIONS = 10
"""Those that PostgreSQL keeps for its superuser, and that of a migration."""


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
