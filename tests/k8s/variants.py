"""The deployments that are tried: the overlays that are shipped, and what else components can be put together to."""

import json
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from tests.k8s.manifests import K8S, Manifests, kustomized
from tests.k8s.network import Deployed


@dataclass(frozen=True)
class Variant:
    """
    A deployment.

    :param overlay: A folder of k8s/overlays.
    :param components: Where there is none, folders of k8s/components that are added to the base.
    """

    name: str
    deployed: Deployed
    overlay: str = ""
    components: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


LOCAL = Variant("local", Deployed(), overlay="local")

PRODUCTION = Variant(
    "production", Deployed(database="192.0.2.10", nats_servers=3, telemetry=True, keda=True), overlay="production"
)

ALL_INSIDE = Variant(
    "all inside, without KEDA",
    Deployed(nats_servers=3),
    components=("in-cluster-postgres", "in-cluster-nats", "nats-cluster", "autoscaling", "validation-by-cpu"),
)

ALL_OUTSIDE = Variant(
    "all outside",
    Deployed(database="192.0.2.0", nats="192.0.2.0", nats_servers=0),
    components=("external-postgres", "external-nats"),
)

VARIANTS = (LOCAL, PRODUCTION, ALL_INSIDE, ALL_OUTSIDE)


@cache
def _documents(variant: Variant) -> str:
    if variant.overlay:
        return json.dumps(kustomized(K8S / "overlays" / variant.overlay))
    with tempfile.TemporaryDirectory() as folder:
        # kustomize takes folders by relative paths alone.
        root = os.path.relpath(K8S, os.path.realpath(folder))
        kustomization = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [f"{root}/base"],
            "components": [f"{root}/components/{name}" for name in variant.components],
            "images": [{"name": f"assay{name}", "newTag": "1.2.3"} for name in ("", "-nats", "-postgres")],
        }
        (Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return json.dumps(kustomized(Path(folder)))


def rendered(variant: Variant) -> Manifests:
    """Return what a deployment renders to; each time anew, so that it may be changed."""
    return Manifests(json.loads(_documents(variant)))
