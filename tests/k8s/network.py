"""
Which ways the network policies leave open, worked out as a cluster does it, and which there should be.

https://kubernetes.io/docs/concepts/services-networking/network-policies/: a pod that no policy selects for a direction
is open in it; of those that do, each adds what it allows; a connection needs both its ends. What a node says to its own
pods (probes) always passes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from host.catalog import entries
from host.edges import DATABASE, NATS, calls
from tests.k8s.manifests import NAME, NAMESPACE_NAME, Document, Manifests, matches

ANYONE = "anyone"
"""Whoever has a way to the cluster."""


@dataclass(frozen=True, order=True)
class Edge:
    """A way from one to another."""

    source: str
    target: str
    port: int
    protocol: str = "TCP"


@dataclass(frozen=True)
class Deployed:
    """
    What a deployment has besides the suite.

    :param database: Where the database is: the name of its pods, or its address.
    :param nats: The same of NATS.
    :param nats_servers: How many servers of NATS there are in the cluster.
    """

    database: str = "postgres"
    nats: str = "nats"
    nats_servers: int = 1
    telemetry: bool = False
    keda: bool = False


def wanted(deployed: Deployed) -> set[Edge]:
    """Return the ways that there should be, and no others."""
    services = set(entries())
    edges = {Edge(ANYONE, "gateway", port) for port in (50050, 8443)}
    edges |= {Edge(caller, called, 50051) for caller, names in calls().items() for called in names}
    edges |= {Edge(name, deployed.database, 5432) for name in (*DATABASE, "migrate")}
    edges |= {Edge(name, deployed.nats, 4222) for name in NATS}
    by_name = {*calls(), *DATABASE, *NATS, "migrate"}
    if deployed.nats_servers > 1:
        edges.add(Edge("nats", "nats", 6222))
        by_name.add("nats")
    if deployed.telemetry:
        edges |= {Edge(name, "observability", 4317) for name in services}
        edges |= {Edge("observability", name, 9464) for name in services}
        by_name |= services
    if deployed.keda:
        edges.add(Edge("keda", "nats", 8222))
    return edges | {Edge(name, "dns", 53, protocol) for name in by_name for protocol in ("TCP", "UDP")}


@dataclass(frozen=True)
class Peer:
    """Who may be at an end: a pod, or an address outside."""

    name: str
    namespace: str = ""
    labels: Mapping[str, str] | None = None
    address: str = ""


def strangers(deployed: Deployed) -> Sequence[Peer]:
    """Return who there is besides the suite's pods, those included that only look as if they belonged."""
    return (
        Peer("dns", "kube-system", {"k8s-app": "kube-dns"}),
        Peer("kube-system", "kube-system", {"k8s-app": "other"}),
        Peer("observability", "observability", {"app": "any"}),
        Peer("keda", "keda", {"app": "keda-operator"}),
        Peer("keda-other", "keda", {"app": "other"}),
        Peer("look-alike", "default", {NAME: "gateway", "assay/database": "true", "assay/nats": "true"}),
        Peer("internet", address="198.51.100.7"),
        *(Peer(name, address=name) for name in {deployed.database, deployed.nats} - {"postgres", "nats"}),
    )


def faults(manifests: Manifests, deployed: Deployed) -> Iterator[str]:
    """Yield each way that is open and should not be, and each that should be and is not, by the end at fault."""
    graph = _Graph(manifests, deployed)
    edges = wanted(deployed)
    for direction, found, those in (
        ("out", graph.outgoing(), {edge for edge in edges if edge.source in graph.ours}),
        ("in", graph.incoming(), {edge for edge in edges if edge.target in graph.ours}),
    ):
        yield from (f"{edge} is open ({direction})" for edge in sorted(found - those))
        yield from (f"{edge} is closed ({direction})" for edge in sorted(those - found))
    yield from graph.idle()
    yield from graph.undefended()


class _Graph:
    def __init__(self, manifests: Manifests, deployed: Deployed) -> None:
        self._policies = list(manifests.of("NetworkPolicy"))
        self._namespaces = {
            document["metadata"]["name"]: document["metadata"].get("labels", {})
            for document in manifests.of("Namespace")
        }
        pods = [Peer(one.name, one.namespace, one.labels) for one in manifests.workloads]
        self.ours = {pod.name for pod in pods}
        self._pods = pods
        self._peers = [*pods, *strangers(deployed)]
        named = {port for one in manifests.workloads for port in one.ports.values()}
        ruled = {port["port"] for rule in self._rules() for port in rule.get("ports", [])}
        self._ports = [(port, protocol) for port in sorted({22, 443, *named, *ruled}) for protocol in ("TCP", "UDP")]

    def _rules(self) -> Iterator[Document]:
        for policy in self._policies:
            yield from (*policy["spec"].get("ingress", []), *policy["spec"].get("egress", []))

    def outgoing(self) -> set[Edge]:
        """Return every way that the sources let out."""
        return {
            Edge(pod.name, name, port, protocol)
            for pod in self._pods
            for port, protocol in self._ports
            for name in self._reached(pod, "Egress", port, protocol)
        }

    def incoming(self) -> set[Edge]:
        """Return every way that the targets let in."""
        return {
            Edge(name, pod.name, port, protocol)
            for pod in self._pods
            for port, protocol in self._ports
            for name in self._reached(pod, "Ingress", port, protocol)
        }

    def _reached(self, pod: Peer, direction: str, port: int, protocol: str) -> Iterator[str]:
        """Yield who is allowed at the other end by a pod's policies for a direction; anyone, where they do not ask."""
        applied = [policy for policy in self._policies if self._applies(policy, pod, direction)]
        if not applied:
            yield ANYONE
        side, ends = ("egress", "to") if direction == "Egress" else ("ingress", "from")
        for policy in applied:
            for rule in policy["spec"].get(side, []):
                if _covers(rule.get("ports"), port, protocol):
                    yield from self._ends(rule.get(ends), policy["metadata"]["namespace"])

    def _applies(self, policy: Document, pod: Peer, direction: str) -> bool:
        spec = policy["spec"]
        types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
        return (
            direction in types
            and policy["metadata"]["namespace"] == pod.namespace
            and matches(spec["podSelector"], pod.labels or {})
        )

    def _ends(self, ends: list[Document] | None, namespace: str) -> Iterator[str]:
        if not ends:
            yield ANYONE
            return
        for end in ends:
            yield from (peer.name for peer in self._peers if self._is_end(end, peer, namespace))

    def _is_end(self, end: Document, peer: Peer, namespace: str) -> bool:
        if "ipBlock" in end:
            return bool(peer.address) and _within(end["ipBlock"], peer.address)
        if peer.address:
            return False
        labels: Mapping[str, str] = {**self._namespaces.get(peer.namespace, {}), NAMESPACE_NAME: peer.namespace}
        in_namespace = (
            matches(end["namespaceSelector"], labels) if "namespaceSelector" in end else peer.namespace == namespace
        )
        return in_namespace and matches(end.get("podSelector", {}), peer.labels or {})

    def undefended(self) -> Iterator[str]:
        """Yield the namespaces in which a pod that nobody thought of would be open."""
        closed = {
            policy["metadata"]["namespace"]
            for policy in self._policies
            if policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        }
        yield from (f"{name} is open by default" for name in sorted({pod.namespace for pod in self._pods} - closed))

    def idle(self) -> Iterator[str]:
        """Yield the policies that select no pod: a name in them is wrong."""
        for policy in self._policies:
            namespace, selector = policy["metadata"]["namespace"], policy["spec"]["podSelector"]
            if not any(pod.namespace == namespace and matches(selector, pod.labels or {}) for pod in self._pods):
                yield f"NetworkPolicy {policy['metadata']['name']} selects nothing in {namespace}"


def _covers(ports: list[dict[str, Any]] | None, port: int, protocol: str) -> bool:
    return ports is None or any(
        one.get("protocol", "TCP") == protocol and one["port"] <= port <= one.get("endPort", one["port"])
        for one in ports
    )


def _within(block: Document, address: str) -> bool:
    excepted = any(ip_address(address) in ip_network(one) for one in block.get("except", []))
    return ip_address(address) in ip_network(block["cidr"]) and not excepted
