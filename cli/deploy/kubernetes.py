"""A cluster as the target of a deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deploy.kubectl import Kubectl
from cli.deploy.kubernetes_checks import checks
from cli.deploy.manifests import Manifest, Manifests, containers, name_of, namespace_of, reference
from cli.deploy.order import GATEWAY, grouped
from cli.deploy.proof import Proof, of_its_own
from cli.deploy.steps import Check, Failed, Step

MIGRATE_SECONDS = 1800.0

CERTIFICATE_SETTING = "ASSAY_GATEWAY__CERTIFICATE"


@dataclass(frozen=True, slots=True)
class Options:
    """
    What a person says about a deployment.

    :param image: The image that is wanted; empty: what the overlay names.
    :param seconds: How long workloads that are rolled out at one time may take, and each proof.
    :param gateway: The gateway's address.
    :param key: A key for it; empty: one is made and taken back.
    """

    image: str
    seconds: float
    gateway: str
    key: str = ""


class KubernetesTarget:
    """
    See :class:`cli.deploy.steps.Target`. A version holds the manifests; what ran, the templates of its pods.

    :param rendered: What the overlay renders to.
    """

    def __init__(self, kubectl: Kubectl, rendered: Manifests, options: Options) -> None:
        self._kubectl = kubectl
        self._options = options
        self._manifests = rendered.with_image(options.image) if options.image else rendered

    @property
    def image(self) -> str:
        """The image that is wanted, by its name."""
        return self._manifests.image

    def wanted(self) -> Mapping[str, Any]:
        """Return the manifests."""
        return {"documents": list(self._manifests.documents)}

    def checks(self, wanted: Mapping[str, Any]) -> Sequence[Check]:
        """Return what is looked at first."""
        return [*checks(self._kubectl, self._manifests), *self._proof(self._manifests).checks()]

    def seen(self, wanted: Mapping[str, Any], standing: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return the workloads that there are, each with the template of its pods."""
        found = []
        for one in _workloads(Manifests(wanted["documents"])):
            there = self._kubectl.get(str(one["kind"]), name_of(one), namespace_of(one))
            if there is not None:
                place = {"kind": one["kind"], "name": name_of(one), "namespace": namespace_of(one)}
                found.append({**place, "template": there["spec"]["template"]})
        return {"workloads": found} if found else {}

    def keep(self, former: Mapping[str, Any]) -> None:
        """Keep nothing: images lie in the registry, and settings under names of their own in the cluster."""

    def forward(self, wanted: Mapping[str, Any], former: Mapping[str, Any]) -> Sequence[Step]:
        """Return the steps to the version that is wanted."""
        manifests = Manifests(wanted["documents"])
        return [
            Step("apply", lambda: self._ground(manifests)),
            Step("stores", lambda: self._stores(manifests)),
            Step("migrate", lambda: self._migrate(manifests)),
            *(
                Step(f"roll out {name}", lambda group=group: self._rolled(group))  # type: ignore[misc]
                for name, group in manifests.groups()
            ),
            *self._proof(manifests).steps(),
        ]

    def back(self, wanted: Mapping[str, Any], former: Mapping[str, Any]) -> Sequence[Step]:
        """Return the steps to what ran before; where nothing did, to no workload."""
        manifests = Manifests(wanted["documents"])
        there: dict[str, Any] = {str(one["name"]): one for one in former.get("workloads") or ()}
        gone = [one for one in _workloads(manifests) if name_of(one) not in there]
        removal = [
            Step(f"remove {name_of(one)}", lambda one=one: self._removed(one), lambda one=one: self._why_absent(one))  # type: ignore[misc]
            for one in gone
        ]
        if not there:
            return removal
        returning = [
            Step(
                f"roll back {name}",
                lambda group=group: self._returned([there[one] for one in group]),  # type: ignore[misc]
                lambda group=group: self._why_as_before([there[one] for one in group]),  # type: ignore[misc]
            )
            for name, group in grouped(there)
        ]
        return [*returning, *removal, *self._proof(manifests).steps()]

    def _ground(self, manifests: Manifests) -> str:
        ground = manifests.ground()
        self._kubectl.applied(ground)
        return f"{len(ground)} objects"

    def _stores(self, manifests: Manifests) -> str:
        stores = manifests.stores()
        self._kubectl.rolled_out(stores, self._options.seconds)
        return ", ".join(map(reference, stores)) or "none are the cluster's own"

    def _migrate(self, manifests: Manifests) -> str:
        job = manifests.job()
        assert job is not None
        return self._kubectl.job_done(job, MIGRATE_SECONDS)

    def _rolled(self, group: Sequence[Manifest]) -> str:
        self._kubectl.applied(group)
        self._kubectl.rolled_out(group, self._options.seconds)
        return ", ".join(map(name_of, group))

    def _returned(self, group: Sequence[Mapping[str, Any]]) -> str:
        for one in group:
            self._kubectl.template(one["kind"], one["name"], one["namespace"], one["template"])
        self._kubectl.rolled_out([_placed(one) for one in group], self._options.seconds)
        return ", ".join(str(one["name"]) for one in group)

    def _why_as_before(self, group: Sequence[Mapping[str, Any]]) -> str:
        """Return that workloads have the template that they had, and are ready; or nothing."""
        for one in group:
            found = self._kubectl.get(one["kind"], one["name"], one["namespace"])
            if found is None or found["spec"]["template"] != one["template"]:
                return ""
        try:
            self._kubectl.rolled_out([_placed(one) for one in group], 1)
        except Failed:
            return ""
        return "as before"

    def _removed(self, one: Manifest) -> str:
        self._kubectl.remove(str(one["kind"]), name_of(one), namespace_of(one))
        return "it was not there before"

    def _why_absent(self, one: Manifest) -> str:
        return "" if self._kubectl.get(str(one["kind"]), name_of(one), namespace_of(one)) else "is not there"

    def _proof(self, manifests: Manifests) -> Proof:
        gateway = next(one for one in _workloads(manifests) if name_of(one) == GATEWAY)
        inside = next(
            (str(variable.get("value") or "") for part in containers(gateway) for variable in part.get("env") or ()
             if variable["name"] == CERTIFICATE_SETTING), ""
        )  # fmt: skip

        def call(*command: str) -> str:
            return self._kubectl.inside(namespace_of(gateway), reference(gateway), *command)

        return Proof(
            self._options.gateway,
            self._options.key,
            lambda: of_its_own(call("cat", inside)) if inside else None,
            lambda arguments: call("assay", *arguments),
            self._options.seconds,
        )


def _workloads(manifests: Manifests) -> list[Manifest]:
    return [one for _, group in manifests.groups() for one in group]


def _placed(one: Mapping[str, Any]) -> Manifest:
    return {"kind": one["kind"], "metadata": {"name": one["name"], "namespace": one["namespace"]}}
