"""What is deployed: every check of every deployment that can be put together."""

import tomllib

import pytest

from tests.k8s import configuration, network
from tests.k8s.manifests import ROOT
from tests.k8s.policy import CHECKS
from tests.k8s.variants import LOCAL, PRODUCTION, VARIANTS, Variant, rendered


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_policy(variant: Variant) -> None:
    """No check finds anything wrong."""
    manifests = rendered(variant)
    assert [f"{name}: {fault}" for name, check in CHECKS.items() for fault in check(manifests)] == []


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_network(variant: Variant) -> None:
    """The network policies leave open the ways of the architecture, at both ends, and no others."""
    assert list(network.faults(rendered(variant), variant.deployed)) == []


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_configuration(variant: Variant) -> None:
    """Pods are told settings that exist, the files that these name are mounted, and no secret stands anywhere."""
    assert list(configuration.faults(rendered(variant), configuration.promised())) == []


def test_version() -> None:
    """The overlays deploy this version of the suite."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for variant in (LOCAL, PRODUCTION):
        image = rendered(variant).workload("gateway").main["image"]
        assert image.rpartition(":")[2] == project["version"]
