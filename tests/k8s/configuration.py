"""What the pods are told: settings that exist, files that are mounted, and secrets by reference alone."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from pydantic import BaseModel

from host.settings import BadSettings, Settings, read
from tests.k8s.manifests import K8S, Document, Manifests, Workload

EXAMPLE = K8S / "secrets.example.yaml"

OTHERS = {"OTEL_EXPORTER_OTLP_ENDPOINT"}
"""Variables that are not the suite's own settings."""

Files = Mapping[tuple[str, str], set[str]]
"""The names of the files in each Secret or ConfigMap that is mounted, by its namespace and name."""


def promised() -> Files:
    """Return what secrets.example.yaml makes."""
    document = yaml.safe_load(EXAMPLE.read_text())
    generated = [*document["secretGenerator"], *document["configMapGenerator"]]
    return {(one["namespace"], one["name"]): {_key(source) for source in one["files"]} for one in generated}


def _key(source: str) -> str:
    return source.partition("=")[0] if "=" in source else Path(source).name


def known(kind: type[BaseModel] = Settings, prefix: str = "ASSAY_") -> Iterator[str]:
    """Yield the variables of all settings."""
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from known(field.annotation, f"{prefix}{name.upper()}__")
        yield f"{prefix}{name.upper()}"


def faults(manifests: Manifests, files: Files) -> Iterator[str]:
    """
    Yield what is wrong with what the pods are told, one line each.

    :param files: What is brought to them besides what is in the manifests.
    """
    files = {**files, **_maps(manifests)}
    yield from _secrets(manifests)
    names = set(known())
    for workload in manifests.workloads:
        yield from _references(workload, files)
        for container in workload.containers:
            environment = manifests.environment(workload, container)
            own = {name: value for name, value in environment.items() if name.startswith("ASSAY_")}
            if workload.is_suite:
                yield from (f"{workload}: there is no setting {name}" for name in sorted(set(own) - names))
                yield from (f"{workload}: what is {name}?" for name in sorted(set(environment) - set(own) - OTHERS))
                yield from _values(workload, container, own, files)
            elif own:
                yield f"{workload} is not the suite's, and is given its settings"


def _maps(manifests: Manifests) -> Files:
    return {
        (one["metadata"]["namespace"], one["metadata"]["name"]): set(one["data"]) for one in manifests.of("ConfigMap")
    }


def _values(workload: Workload, container: Document, environment: Mapping[str, str], files: Files) -> Iterator[str]:
    """Yield what is wrong with settings that there are: as the process itself would read them, and with their files."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            settings = read()
        except BadSettings as error:
            yield f"{workload}: {error}"
            return
    # What ends needs no key of its own: it neither listens nor calls.
    paths = set(_paths(settings)) if workload.kind != "Job" else {settings.database_password_file}
    query = parse_qs(urlsplit(settings.database_url).query)
    paths |= {Path(path) for path in query.get("sslrootcert", [])}
    for path in sorted(str(path) for path in paths if path and path != settings.state_dir):
        if Path(path).name not in _mounted(workload, container, str(Path(path).parent), files):
            yield f"{workload}: nothing brings {path}"


def _paths(value: Any) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _paths(getattr(value, name))
    elif isinstance(value, dict):
        for one in value.values():
            yield from _paths(one)


def _mounted(workload: Workload, container: Document, folder: str, files: Files) -> set[str]:
    """Return the names of the files in a folder of a container."""
    names = {mount["name"] for mount in container.get("volumeMounts", []) if mount["mountPath"] == folder}
    found = (volume for volume in workload.pod["volumes"] if volume["name"] in names)
    return {key for volume in found for name in _sources(volume) for key in files.get((workload.namespace, name), ())}


def _sources(volume: Document) -> Iterator[str]:
    if "secret" in volume:
        yield volume["secret"]["secretName"]
    if "configMap" in volume:
        yield volume["configMap"]["name"]
    for source in volume.get("projected", {}).get("sources", []):
        yield from (one["name"] for kind, one in source.items() if kind in {"secret", "configMap"})


def _references(workload: Workload, files: Files) -> Iterator[str]:
    for volume in workload.pod.get("volumes", []):
        for name in _sources(volume):
            if (workload.namespace, name) not in files:
                yield f"{workload}: nobody makes {name}"
        mode = volume.get("secret", volume.get("projected", {})).get("defaultMode", 0o440)
        if mode & 0o337:
            yield f"{workload}: others may read the volume {volume['name']}"
    mounted = {mount["name"] for one in workload.containers for mount in one.get("volumeMounts", [])}
    claims = {claim["metadata"]["name"] for claim in workload.document["spec"].get("volumeClaimTemplates", [])}
    volumes = {volume["name"] for volume in workload.pod.get("volumes", [])} | claims
    yield from (f"{workload}: the volume {name} is not mounted, or none" for name in sorted(mounted ^ volumes))


PASSWORD_IN_URL = re.compile(r"://[^/@:\s]*:[^/@\s]+@")
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|CREDENTIAL", re.IGNORECASE)


def _secrets(manifests: Manifests) -> Iterator[str]:
    """Yield where a secret stands in a manifest, or in a variable, which a pod's description shows."""
    yield from (f"there is the Secret {one['metadata']['name']}" for one in manifests.of("Secret"))
    for document in manifests.of("ConfigMap"):
        yield from (
            f"ConfigMap {document['metadata']['name']}: {name} has a password"
            for name, value in document.get("data", {}).items()
            if PASSWORD_IN_URL.search(value) or "PRIVATE KEY" in value
        )
    for workload in manifests.workloads:
        for container in workload.containers:
            for one in container.get("env", []):
                if "secretKeyRef" in one.get("valueFrom", {}) or PASSWORD_IN_URL.search(one.get("value", "")):
                    yield f"{workload}: {one['name']} is a secret in a variable"
                elif SECRET_NAME.search(one["name"]) and not one["value"].startswith(("/", "{")):
                    yield f"{workload}: {one['name']} is no path"
