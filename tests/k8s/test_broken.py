"""That the checks find what is wrong: one thing is broken at a time, and told by the check that is there for it."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.k8s import configuration, network
from tests.k8s.manifests import NAME, NAMESPACE_NAME, SANDBOX, Document, Manifests
from tests.k8s.policy import CHECKS
from tests.k8s.variants import ALL_INSIDE, LOCAL, PRODUCTION, Variant, rendered

Break = Callable[[Manifests], object]


def container(manifests: Manifests, name: str) -> Document:
    """Return the container of a workload, to be changed."""
    found: Document = manifests.workload(name).pod["containers"][0]
    return found


def policy(manifests: Manifests, name: str, namespace: str = "assay") -> Document:
    """Return what a network policy says."""
    spec: Document = manifests.one("NetworkPolicy", name, namespace)["spec"]
    return spec


def claim(manifests: Manifests, name: str) -> Document:
    """Return the claim of a volume, to be changed."""
    (found,) = manifests.workload(name).document["spec"]["volumeClaimTemplates"]
    return dict(found)


def without(kind: str, name: str, namespace: str = "assay") -> Break:
    """Return what removes a document."""
    return lambda manifests: manifests.documents.remove(manifests.one(kind, name, namespace))


def workload_of(name: str, *path: str | int, value: Any = None) -> Break:
    """Return what sets something of a pod; None: takes it away."""

    def change(manifests: Manifests) -> None:
        at: Any = manifests.workload(name).pod
        for step in path[:-1]:
            at = at[step]
        if value is None:
            del at[path[-1]]
        else:
            at[path[-1]] = value

    return change


def main_of(name: str, *path: str | int, value: Any = None) -> Break:
    """Return the same for a pod's main container."""
    return workload_of(name, "containers", 0, *path, value=value)


def host_path(path: str) -> Document:
    """Return a volume of the node."""
    return {"name": "node", "hostPath": {"path": path, "type": "Socket"}}


def peers(manifests: Manifests) -> None:
    """Have nobody told of the sandbox."""
    for one in manifests.of("ConfigMap"):
        if "ASSAY_PEERS" in one["data"]:
            told = json.loads(one["data"]["ASSAY_PEERS"])
            one["data"]["ASSAY_PEERS"] = json.dumps({name: told[name] for name in told if name != "sandbox"})


BROKEN: dict[str, tuple[str, Variant, Break, str]] = {
    "a service is missing": ("services_of_the_catalog", LOCAL, without("Deployment", "scoring"), "scoring runs 0"),
    "a service serves another": (
        "services_of_the_catalog", LOCAL, main_of("static", "args", 0, value="scoring"), "does not serve static",
    ),
    "peers are not told": ("services_of_the_catalog", LOCAL, peers, "['sandbox']"),
    "one address for all replicas": (
        "services_of_the_catalog", LOCAL,
        lambda m: m.one("Service", "static")["spec"].pop("clusterIP"), "calls are not spread",
    ),
    "it listens elsewhere": (
        "services_of_the_catalog", LOCAL, main_of("events", "args", 2, value="0.0.0.0:1"), "events does not listen",
    ),
    "a stranger is trusted": (
        "trust", LOCAL,
        main_of("static", "env", 0, "value", value='{"validation": "/a.pub", "gateway": "/b.pub"}'), "static trusts",
    ),
    "no probe": ("probes", LOCAL, main_of("gateway", "livenessProbe"), "no livenessProbe"),
    "the probe asks where TLS is spoken": (
        "probes", LOCAL, main_of("gateway", "readinessProbe", "grpc", "port", value=50051), "does not ask at",
    ),
    "no limit": ("resources", LOCAL, main_of("system", "resources", "limits", "memory"), "limit of memory"),
    "no request": ("resources", PRODUCTION, main_of("nats", "resources", "requests", "cpu"), "no request"),
    "more asked for than allowed": (
        "resources", LOCAL, main_of("system", "resources", "requests", "memory", value="64Gi"), "asks for more",
    ),
    "root": ("restricted_pods", LOCAL, workload_of("events", "securityContext", "runAsUser", value=0), "as root"),
    "no seccomp": ("restricted_pods", LOCAL, workload_of("nats", "securityContext", "seccompProfile"), "seccomp"),
    "a token of the cluster": (
        "restricted_pods", LOCAL, workload_of("sandbox", "automountServiceAccountToken", value=True), "a token",
    ),
    "the node's network": ("restricted_pods", LOCAL, workload_of("sandbox", "hostNetwork", value=True), "its node"),
    "privileged": (
        "restricted_containers", LOCAL, main_of("sandbox", "securityContext", "privileged", value=True), "gain rights",
    ),
    "a capability": (
        "restricted_containers", LOCAL,
        main_of("sandbox", "securityContext", "capabilities", "add", value=["SYS_ADMIN"]), "keeps capabilities",
    ),
    "a writable image": (
        "restricted_containers", LOCAL, main_of("static", "securityContext", "readOnlyRootFilesystem"), "may write",
    ),
    "an init container that is root": (
        "restricted_containers", PRODUCTION,
        workload_of("sandbox", "initContainers", 0, "securityContext", "runAsUser", value=0), "differs from its pod",
    ),
    "a path of the node": (
        "volumes", LOCAL, lambda m: m.workload("static").pod["volumes"].append(host_path("/run/docker.sock")),
        "Deployment static: the volume node is a path of its node",
    ),
    "more of the node than the socket": (
        "volumes", LOCAL, lambda m: m.workload("sandbox").pod["volumes"].append(host_path("/")), "more than the Docker",
    ),
    "a volume without a bound": (
        "volumes", LOCAL, lambda m: m.workload("static").pod["volumes"].append({"name": "big", "emptyDir": {}}),
        "has no bound",
    ),
    "a namespace that enforces little": (
        "namespaces", LOCAL,
        lambda m: m.one("Namespace", "assay")["metadata"]["labels"].update(
            {"pod-security.kubernetes.io/enforce": "baseline"}
        ),
        "baseline",
    ),
    "a service beside the sandbox": (
        "namespaces", LOCAL,
        lambda m: m.workload("execution").document["metadata"].update(namespace=SANDBOX), "is in assay-sandbox",
    ),
    "a sandbox on any node": ("sandbox_hosts", LOCAL, workload_of("sandbox", "nodeSelector"), "for others"),
    "a service on a sandbox's node": (
        "sandbox_hosts", LOCAL, workload_of("static", "tolerations", value=[{"operator": "Exists"}]), "nodes of the",
    ),
    "latest": ("images", LOCAL, main_of("postgres", "image", value="assay-postgres:latest"), "no version"),
    "no tag": ("images", LOCAL, main_of("postgres", "image", value="localhost:5000/assay-postgres"), "no version"),
    "two versions": ("images", LOCAL, main_of("static", "image", value="assay:0.0.9"), "not one version"),
    "an older version before it": (
        "images", LOCAL, workload_of("nats", "initContainers", 0, "image", value="assay:0.0.9"), "not one version",
    ),
    "a Service of nothing": (
        "selected_services", LOCAL,
        lambda m: m.one("Service", "static")["spec"].update(selector={NAME: "statics"}), "selects 0",
    ),
    "a port that nobody has": (
        "selected_services", LOCAL,
        lambda m: m.one("Service", "gateway-public")["spec"]["ports"][0].update(targetPort="public"), "no port public",
    ),
    "a name that stands for nothing": (
        "aliases", LOCAL,
        lambda m: m.one("Service", "sandbox")["spec"].update(externalName="sandbox.assay.svc.cluster.local"),
        "stands for",
    ),
    "no budget": ("disruptions", LOCAL, without("PodDisruptionBudget", "events"), "0 disruption budgets"),
    "a budget that stops a drain": (
        "disruptions", LOCAL,
        lambda m: m.one("PodDisruptionBudget", "events")["spec"].update(maxUnavailable=0), "not one pod",
    ),
    "replicas on one node": ("spread", LOCAL, workload_of("gateway", "topologySpreadConstraints"), "not spread"),
    "services spread together": (
        "spread", LOCAL, workload_of("gateway", "topologySpreadConstraints", 0, "matchLabelKeys"), "not spread",
    ),
    "no time to end": ("grace", LOCAL, workload_of("gateway", "terminationGracePeriodSeconds", value=60), "to end"),
    "no time for the load balancer": ("grace", LOCAL, main_of("gateway", "lifecycle"), "ends before"),
    "pods go before there are new ones": (
        "rolling", LOCAL, lambda m: m.workload("gateway").document["spec"].pop("strategy"), "loses pods",
    ),
    "an apply sets replicas back": (
        "scaling", PRODUCTION, lambda m: m.workload("gateway").document["spec"].update(replicas=3), "sets back",
    ),
    "two scalers": (
        "scaling", PRODUCTION,
        lambda m: m.one("HorizontalPodAutoscaler", "static")["spec"]["scaleTargetRef"].update(name="validation"),
        "scaled by 2",
    ),
    "another queue": (
        "scaling", PRODUCTION,
        lambda m: m.one("ScaledObject", "validation")["spec"]["triggers"][0]["metadata"].update(stream="JOBS"),
        "not the queue",
    ),
    "a small volume": (
        "storage", LOCAL,
        lambda m: claim(m, "nats")["spec"]["resources"]["requests"].update(storage="1Gi"), "its volume",
    ),
    "more connections than PostgreSQL takes": (
        "connections", ALL_INSIDE,
        lambda m: m.one("HorizontalPodAutoscaler", "gateway")["spec"].update(maxReplicas=20), "connections",
    ),
    "a migration that is told nothing": (
        "migration", LOCAL,
        lambda m: m.one("ConfigMap", "database")["metadata"].update(labels={}), "cannot be applied first",
    ),
    "no migration": ("migration", LOCAL, without("Job", "migrate"), "the jobs []"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_policy(case: str) -> None:
    """What is wrong is told by the check that is there for it."""
    name, variant, change, text = BROKEN[case]
    manifests = rendered(variant)
    change(manifests)
    faults = list(CHECKS[name](Manifests(manifests.documents)))
    assert any(text in fault for fault in faults), faults


def test_every_check_is_tried() -> None:
    """There is no check that was never seen to find anything."""
    assert {name for name, *_ in BROKEN.values()} == set(CHECKS)


def to_all(manifests: Manifests) -> None:
    """Open a namespace to itself."""
    opened = deepcopy(manifests.one("NetworkPolicy", "default-deny"))
    opened["metadata"]["name"] = "open"
    opened["spec"]["ingress"] = [{"from": [{"podSelector": {}}]}]
    manifests.documents.append(opened)


OPENED: dict[str, tuple[Variant, Break, str]] = {
    "no default": (
        LOCAL, without("NetworkPolicy", "default-deny"),
        "Edge(source='placeholder', target='anyone', port=50051, protocol='TCP') is open (out)",
    ),
    "no default for the sandbox": (
        LOCAL, without("NetworkPolicy", "default-deny", SANDBOX), "assay-sandbox is open by default",
    ),
    "a namespace open to itself": (LOCAL, to_all, "Edge(source='static', target='postgres', port=5432"),
    "a caller too many": (
        LOCAL,
        lambda m: policy(m, "sandbox", SANDBOX)["ingress"][0]["from"][0]["podSelector"]["matchExpressions"][0][
            "values"
        ].append("static"),
        "Edge(source='static', target='sandbox', port=50051, protocol='TCP') is open (in)",
    ),
    "all namespaces": (
        LOCAL, lambda m: policy(m, "postgres")["ingress"][0]["from"].append({"namespaceSelector": {}}),
        "Edge(source='look-alike', target='postgres', port=5432",
    ),
    "a port too many": (
        LOCAL, lambda m: policy(m, "postgres")["ingress"][0]["ports"].append({"port": 22}), "port=22",
    ),
    "all ports": (LOCAL, lambda m: policy(m, "postgres")["ingress"][0].pop("ports"), "port=22"),
    "the internet": (
        PRODUCTION,
        lambda m: policy(m, "database")["egress"][0]["to"].append({"ipBlock": {"cidr": "0.0.0.0/0"}}),
        "target='internet', port=5432",
    ),
    "a name server for who reads code": (
        LOCAL,
        lambda m: policy(m, "dns")["podSelector"]["matchExpressions"][0]["values"].append("static"),
        "Edge(source='static', target='dns', port=53, protocol='TCP') is open (out)",
    ),
    "figures for all of a namespace": (
        PRODUCTION, lambda m: policy(m, "keda")["ingress"][0]["from"][0].pop("podSelector"), "source='keda-other'",
    ),
    "one end closed": (
        LOCAL, lambda m: policy(m, "gateway").pop("egress"),
        "Edge(source='gateway', target='validation', port=50051, protocol='TCP') is closed (out)",
    ),
    "the other end closed": (
        LOCAL,
        lambda m: policy(m, "nats")["ingress"][0]["from"][1]["namespaceSelector"].update(
            matchLabels={NAMESPACE_NAME: "sandbox"}
        ),
        "Edge(source='sandbox', target='nats', port=4222, protocol='TCP') is closed (in)",
    ),
    "clients kept out": (
        LOCAL, lambda m: policy(m, "gateway")["ingress"].pop(0), "Edge(source='anyone', target='gateway', port=8443",
    ),
    "a label is lost": (
        LOCAL,
        lambda m: m.workload("events").document["spec"]["template"]["metadata"]["labels"].pop("assay/database"),
        "Edge(source='events', target='postgres', port=5432, protocol='TCP') is closed (out)",
    ),
    "a policy of nothing": (
        LOCAL, lambda m: policy(m, "static").update(podSelector={"matchLabels": {NAME: "statics"}}), "selects nothing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", OPENED)
def test_network(case: str) -> None:
    """A way that is open and should not be is told, and one that should be and is not."""
    variant, change, text = OPENED[case]
    manifests = rendered(variant)
    change(manifests)
    faults = list(network.faults(Manifests(manifests.documents), variant.deployed))
    assert any(text in fault for fault in faults), faults


def in_settings(name: str, value: str) -> Break:
    """Return what gives all pods a variable."""

    def change(manifests: Manifests) -> None:
        for one in manifests.of("ConfigMap"):
            if one["metadata"]["name"].startswith("settings-"):
                one["data"][name] = value

    return change


TOLD: dict[str, tuple[Break, str]] = {
    "an unknown setting": (in_settings("ASSAY_SERVER_PROBE_LISTEN", "1"), "no setting ASSAY_SERVER_PROBE_LISTEN"),
    "an unknown setting of a group": (in_settings("ASSAY_SERVER__DRAIN", "1"), "ASSAY_SERVER__DRAIN"),
    "a value out of bounds": (in_settings("ASSAY_TOKENS__SECONDS", "61"), "ASSAY_TOKENS__SECONDS"),
    "another's variable": (in_settings("LD_PRELOAD", "/tmp/a.so"), "what is LD_PRELOAD"),
    "a file that is nowhere": (in_settings("ASSAY_TLS__CA", "/run/assay/identity/other.crt"), "nothing brings"),
    "a folder that is not mounted": (main_of("static", "volumeMounts", value=[]), "static: nothing brings"),
    "a Secret that nobody makes": (
        lambda m: m.workload("static").pod["volumes"].append({"name": "x", "secret": {"secretName": "static-key"}}),
        "nobody makes static-key",
    ),
    "a Secret that others can read": (
        lambda m: next(v for v in m.workload("events").pod["volumes"] if v["name"] == "database")["secret"].update(
            defaultMode=0o444
        ),
        "others may read",
    ),
    "a Secret in the manifests": (
        lambda m: m.documents.append(
            {"kind": "Secret", "metadata": {"name": "database", "namespace": "assay"}, "stringData": {"password": "x"}}
        ),
        "there is the Secret database",
    ),
    "a password in a URL": (
        lambda m: m.one("ConfigMap", "database")["data"].update(ASSAY_DATABASE_URL="postgresql://assay:hunter2@p/assay"),
        "has a password",
    ),
    "a secret in a variable": (
        lambda m: container(m, "nats").update(
            env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "nats", "key": "a"}}}]
        ),
        "a secret in a variable",
    ),
    "a value in a variable": (
        lambda m: container(m, "postgres")["env"].append({"name": "POSTGRES_PASSWORD", "value": "hunter2"}), "no path",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOLD)
def test_configuration(case: str) -> None:
    """What pods are told wrongly, and a secret that stands somewhere, is told."""
    change, text = TOLD[case]
    manifests = rendered(LOCAL)
    change(manifests)
    faults = list(configuration.faults(Manifests(manifests.documents), configuration.promised()))
    assert any(text in fault for fault in faults), faults
