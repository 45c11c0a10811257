"""What is deployed, against the schemas of Kubernetes; KEDA's kind against its own."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate  # type: ignore[import-untyped]  # it has no types
import pytest
from kubernetes_validate import utils

from tests.k8s.manifests import Document
from tests.k8s.variants import LOCAL, PRODUCTION, VARIANTS, rendered

OLDEST, NEWEST = "1.30", kubernetes_validate.latest_version()

TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 1}


def closed(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of an object that has these properties and no others."""
    required = sorted(set(properties) - set(optional))
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


SCALED_OBJECT = closed(
    {
        "apiVersion": {"const": "keda.sh/v1alpha1"},
        "kind": {"const": "ScaledObject"},
        "metadata": {"type": "object", "required": ["name", "namespace"]},
        "spec": closed(
            {
                "scaleTargetRef": closed({"apiVersion": TEXT, "kind": TEXT, "name": TEXT}),
                "pollingInterval": COUNT,
                "minReplicaCount": COUNT,
                "maxReplicaCount": COUNT,
                "fallback": closed({"failureThreshold": COUNT, "replicas": COUNT}),
                "advanced": closed(
                    {"horizontalPodAutoscalerConfig": closed({"behavior": {"type": "object"}})},
                ),
                "triggers": {
                    "type": "array",
                    "minItems": 1,
                    "items": closed(
                        {
                            "type": {"const": "nats-jetstream"},
                            # Everything is text there, numbers too.
                            "metadata": closed(
                                {
                                    "natsServerMonitoringEndpoint": {"type": "string", "pattern": r"^[a-z0-9.-]+:\d+$"},
                                    "account": TEXT,
                                    "stream": TEXT,
                                    "consumer": TEXT,
                                    "lagThreshold": {"type": "string", "pattern": r"^[1-9]\d*$"},
                                }
                            ),
                        }
                    ),
                },
            }
        ),
    }
)
"""What this project uses of it; written from https://keda.sh/docs/latest/reference/scaledobject-spec/ and
https://keda.sh/docs/latest/scalers/nats-jetstream/."""


@pytest.fixture(autouse=True, scope="module")
def _schemas_once() -> Iterator[None]:
    """Have a schema read once, not for each document."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", cache(utils.schema_contents))
        yield


def validate(document: Document, version: str) -> None:
    """Raise what is wrong with a document."""
    if document["kind"] == "ScaledObject":
        jsonschema.validate(document, SCALED_OBJECT)
    else:
        kubernetes_validate.validate(document, version, strict=True)


def test_newest() -> None:
    """Every document is what the newest release knows, with nothing in it that is unknown."""
    distinct = {json.dumps(one, sort_keys=True): one for variant in VARIANTS for one in rendered(variant).documents}
    for document in distinct.values():
        validate(document, NEWEST)


def test_oldest() -> None:
    """The same of the oldest release that the documentation names."""
    for document in rendered(PRODUCTION).documents:
        validate(document, OLDEST)


def test_names_once() -> None:
    """No two documents have one name, and every one is in a namespace but the namespaces themselves."""
    for variant in (LOCAL, PRODUCTION):
        names = [
            (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
            for one in rendered(variant).documents
        ]
        assert len(names) == len(set(names))
        assert {kind for kind, namespace, _ in names if namespace is None} == {"Namespace"}


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [("Deployment", "gateway", ("spec", "replica")), ("ScaledObject", "validation", ("spec", "minReplicas"))],
)
def test_unknown_fields(kind: str, name: str, path: tuple[str, str]) -> None:
    """A field that there is not, a name that is misspelt, is refused."""
    document = rendered(PRODUCTION).one(kind, name)
    document[path[0]][path[1]] = 2
    with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
        validate(document, NEWEST)
