"""What an overlay of the suite renders to: the Job that migrates, the workloads that are rolled out, and the rest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from cli.deploy.order import grouped
from cli.deploy.steps import Failed

MIGRATE = "migrate"

Manifest = Mapping[str, Any]

_ROLLED = {"Deployment", "DaemonSet", "StatefulSet"}


@dataclass(frozen=True, slots=True)
class Manifests:
    """
    Manifests of one version.

    :param documents: As they are applied.
    """

    documents: Sequence[Manifest]

    @classmethod
    def read(cls, text: str) -> "Manifests":
        """
        Return what was rendered.

        :raises Failed: It is no YAML, or there is no Job that migrates.
        """
        try:
            made = cls([document for document in yaml.safe_load_all(text) if document])
        except yaml.YAMLError:
            raise Failed("what the overlay renders to is no YAML") from None
        if made.job() is None:
            raise Failed(f"what the overlay renders to has no Job {MIGRATE}: is it an overlay of the suite?")
        return made

    def job(self) -> Manifest | None:
        """Return the Job that migrates."""
        return next((one for one in self.documents if (one.get("kind"), name_of(one)) == ("Job", MIGRATE)), None)

    @property
    def namespace(self) -> str:
        """Where the suite's Job runs, and its record is kept."""
        return namespace_of(self.job() or {})

    @property
    def image(self) -> str:
        """The image of the suite."""
        return str(next(containers(self.job() or {}), {}).get("image", ""))

    def with_image(self, image: str) -> "Manifests":
        """Return the same with another image of the suite."""
        return Manifests([_replaced(one, self.image, image) for one in self.documents])

    def groups(self) -> list[tuple[str, list[Manifest]]]:
        """Return the workloads that run the suite's image, in the groups of a roll-out."""
        found = {name_of(one): one for one in self.documents if self._is_suite(one)}
        return [(name, [found[one] for one in group]) for name, group in grouped(found)]

    def ground(self) -> list[Manifest]:
        """Return what the workloads stand on: everything else but Jobs."""
        return [one for one in self.documents if not self._is_suite(one) and one.get("kind") != "Job"]

    def stores(self) -> list[Manifest]:
        """Return the workloads of others among it, which hold data."""
        return [one for one in self.ground() if one.get("kind") in _ROLLED]

    def namespaces(self) -> list[str]:
        """Return the namespaces in which something lies."""
        return sorted({namespace_of(one) for one in self.documents if namespace_of(one)})

    def secrets(self) -> dict[tuple[str, str], set[str]]:
        """Return the Secrets that pods need, by namespace and name, with the keys that are named one by one."""
        found: dict[tuple[str, str], set[str]] = {}
        for one in self.documents:
            for name, keys in _secrets(_pod(one)):
                found.setdefault((namespace_of(one), name), set()).update(keys)
        return dict(sorted(found.items()))

    def _is_suite(self, one: Manifest) -> bool:
        # What NATS starts with may be written by the suite's image: that makes it no part of the suite.
        own = _pod(one).get("containers") or ()
        return one.get("kind") in _ROLLED and any(part.get("image") == self.image for part in own)


def name_of(one: Manifest) -> str:
    """Return the name of an object."""
    return str((one.get("metadata") or {}).get("name", ""))


def namespace_of(one: Manifest) -> str:
    """Return its namespace; empty where it has none."""
    return str((one.get("metadata") or {}).get("namespace", ""))


def reference(one: Manifest) -> str:
    """Return it as kubectl is given it: kind and name."""
    return f"{str(one['kind']).lower()}/{name_of(one)}"


def containers(one: Manifest) -> Iterator[Mapping[str, Any]]:
    """Yield the containers of its pods, those that are run first among them."""
    pod = _pod(one)
    yield from (*(pod.get("containers") or ()), *(pod.get("initContainers") or ()))


def requests(ones: Iterable[Manifest]) -> tuple[float, float]:
    """Return what one pod of each asks for: processors, and bytes of memory."""
    asked = [(part.get("resources") or {}).get("requests") or {} for one in ones for part in containers(one)]
    return sum(quantity(one.get("cpu", 0)) for one in asked), sum(quantity(one.get("memory", 0)) for one in asked)


_SUFFIXES = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def quantity(value: object) -> float:
    """
    Return a quantity as Kubernetes writes it, for example "250m" or "2Gi", as a number.

    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

    :raises Failed: It is none.
    """
    text = str(value)
    number = text.rstrip("".join(set("".join(_SUFFIXES))))
    try:
        return float(number) * _SUFFIXES.get(text[len(number) :], 1 if text == number else float("nan"))
    except ValueError:
        raise Failed(f"{text!r} is no quantity") from None


def _pod(one: Manifest) -> Mapping[str, Any]:
    found: Mapping[str, Any] = ((one.get("spec") or {}).get("template") or {}).get("spec") or {}
    return found


def _secrets(pod: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    for volume in pod.get("volumes") or ():
        sources = (volume.get("projected") or {}).get("sources") or ()
        for source in (volume.get("secret"), *(one.get("secret") for one in sources)):
            name = (source or {}).get("secretName") or (source or {}).get("name")
            if source and name and not source.get("optional"):
                yield str(name), {str(item["key"]) for item in source.get("items") or ()}
    for container in (*(pod.get("containers") or ()), *(pod.get("initContainers") or ())):
        for variable in container.get("env") or ():
            key = (variable.get("valueFrom") or {}).get("secretKeyRef")
            if key and not key.get("optional"):
                yield str(key["name"]), {str(key["key"])}
        for whole in container.get("envFrom") or ():
            if "secretRef" in whole and not whole["secretRef"].get("optional"):
                yield str(whole["secretRef"]["name"]), set()


def _replaced(value: Any, image: str, by: str) -> Any:
    """Return plain data with one image in place of another, wherever a container names it."""
    if isinstance(value, Mapping):
        return {
            key: by if key == "image" and inner == image else _replaced(inner, image, by)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_replaced(inner, image, by) for inner in value]
    return value
