"""secrets.example.yaml, with the files that `assay secrets` makes: every Secret that the pods mount."""

import base64
import shutil
from pathlib import Path

import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest

from cli.secrets import secrets_in
from tests.k8s.configuration import EXAMPLE, promised
from tests.k8s.manifests import Document, kustomized


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Document]]:
    """Give the folder of new secrets, and what the example makes of them."""
    folder = tmp_path_factory.mktemp("secrets")
    secrets_in(folder, ["assay.example.org"])
    shutil.copy(EXAMPLE, folder / "kustomization.yaml")
    return folder, kustomized(folder)


def test_documents(made: tuple[Path, list[Document]]) -> None:
    """They are Secrets and ConfigMaps of Kubernetes, under the names and with the keys that the manifests know."""
    found = {}
    for document in made[1]:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
        found[document["metadata"]["namespace"], document["metadata"]["name"]] = set(document["data"])
    assert found == promised()


def test_private_files_are_secrets(made: tuple[Path, list[Document]]) -> None:
    """Nothing that only its owner may read is in a ConfigMap, and the authority's own key goes nowhere at all."""
    folder, documents = made
    private = {path.read_text() for path in folder.rglob("*") if path.is_file() and not path.stat().st_mode & 0o077}
    shown = {text for one in documents if one["kind"] == "ConfigMap" for text in one["data"].values()}
    assert private
    assert not private & shown
    held = {base64.b64decode(value) for one in documents if one["kind"] == "Secret" for value in one["data"].values()}
    assert (folder / "authority/ca.key").read_bytes() not in held


def test_pairs(made: tuple[Path, list[Document]]) -> None:
    """Every Secret of a certificate has one with its key, and each service has one of its own."""
    pairs = [one["data"] for one in made[1] if one.get("type") == "kubernetes.io/tls"]
    assert all({"tls.crt", "tls.key"} <= set(data) for data in pairs)
    assert len({data["tls.key"] for data in pairs}) == len(pairs)


def test_the_example_holds_no_value() -> None:
    """It names files, and nothing that could be taken for a value."""
    text = EXAMPLE.read_text()
    assert "literals" not in text
    assert "envs" not in text
