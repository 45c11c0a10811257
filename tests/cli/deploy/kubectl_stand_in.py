"""
A stand-in for kubectl and the cluster behind it: no API server can be had here.

It answers the calls that a deployment makes as kubectl's reference documents them
(https://kubernetes.io/docs/reference/kubectl/generated/): forms of output, exit statuses and refusals. `kustomize` goes
on to the real kubectl. It shows that the calls come in the right order and are read rightly. It shows nothing about a
real API server: admission, defaults that it adds, controllers, time.

The cluster is the folder in STAND_IN: "cluster.json" holds objects by kind, namespace and name, "calls" a line for each
call that changes something or waits. A workload becomes ready unless its image ends in ":ill"; a Job completes unless
its image ends in ":stuck".
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(os.environ["STAND_IN"])
CLUSTER = FOLDER / "cluster.json"

READS = {"get", "version", "auth", "kustomize", "logs"}


class Cluster:
    """The objects."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = json.loads(CLUSTER.read_text()) if CLUSTER.exists() else {}

    def save(self) -> None:
        """Keep them."""
        CLUSTER.write_text(json.dumps(self.objects))

    def put(self, one: dict[str, Any], *, created: bool = True) -> str:
        """Take an object over; return what kubectl says of it."""
        place = key(one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])
        old = self.objects.get(place)
        version = int(old["metadata"]["resourceVersion"]) + 1 if old else 1
        self.objects[place] = {**one, "metadata": {**one["metadata"], "resourceVersion": str(version)}}
        return f"{one['kind'].lower()}/{one['metadata']['name']} {'configured' if old else 'created'}"


def key(kind: str, namespace: str, name: str) -> str:
    """Return the place of an object."""
    kind = {"nodes": "node", "pods": "pod", "namespaces": "namespace"}.get(kind.lower(), kind.lower())
    return f"{kind} {'' if kind in {'namespace', 'node'} else namespace} {name}"


def option(arguments: list[str], *names: str, default: str = "") -> str:
    """Return the value of an option."""
    for at, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in names:
            return value or arguments[at + 1]
    return default


def main(arguments: list[str]) -> int:
    """Answer one call."""
    verb = arguments[0]
    if verb == "kustomize":
        return subprocess.run([os.environ["REAL_KUBECTL"], *arguments], check=False).returncode
    cluster = Cluster()
    if verb not in READS:
        with (FOLDER / "calls").open("a") as calls:
            calls.write(" ".join(arguments[:3]) + "\n")
    status = VERBS[verb](cluster, arguments[1:])
    cluster.save()
    return status


def version(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl version`."""
    if "--client" not in arguments and (FOLDER / "away").exists():
        return said("The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?")
    told(json.dumps({"clientVersion": {}, "serverVersion": {"gitVersion": "v1.34.1"}}))
    return 0


def auth(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl auth can-i`: its status is 1 where the answer is no."""
    told("yes")
    return 0


def get(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl get`, as JSON."""
    if "--all-namespaces" in arguments:
        kind = arguments[0].removesuffix("s")
        items = [one for place, one in cluster.objects.items() if place.startswith(f"{kind} ")]
        told(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        return 0
    found = cluster.objects.get(key(arguments[0], option(arguments, "--namespace"), arguments[1]))
    if found is not None:
        told(json.dumps(found))
    return 0 if found is not None or "--ignore-not-found" in arguments else said("Error from server (NotFound)")


def apply(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl apply --filename -`."""
    for one in yaml.safe_load_all(sys.stdin.read()):
        if "--dry-run=server" in arguments:
            told(f"{one['kind'].lower()}/{one['metadata']['name']} configured (server dry run)")
            continue
        if one["kind"] == "Job":
            images = [part["image"] for part in one["spec"]["template"]["spec"]["containers"]]
            ended = "Failed" if images[0].endswith(":stuck") else "Complete"
            one["status"] = {"conditions": [{"type": ended, "status": "True"}]}
        told(cluster.put(one))
    return 0


def create(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl create --filename - --output json`: refused where there is one."""
    one = json.load(sys.stdin)
    place = key(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"])
    if place in cluster.objects:
        return said(f"Error from server (AlreadyExists): {place} already exists")
    cluster.put(one)
    told(json.dumps(cluster.objects[place]))
    return 0


def replace(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl replace --filename - --output json`: refused where it was changed since it was read."""
    one = json.load(sys.stdin)
    place = key(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"])
    old = cluster.objects[place]["metadata"]["resourceVersion"]
    if one["metadata"].get("resourceVersion", old) != old:
        return said("Error from server (Conflict): the object has been modified")
    cluster.put(one)
    told(json.dumps(cluster.objects[place]))
    return 0


def delete(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl delete --ignore-not-found`."""
    cluster.objects.pop(key(arguments[0], option(arguments, "--namespace"), arguments[1]), None)
    return 0


def patch(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl patch --type=json` of a template."""
    place = key(arguments[0], option(arguments, "--namespace"), arguments[1])
    (change,) = json.loads(option(arguments, "--patch"))
    assert (change["op"], change["path"]) == ("replace", "/spec/template")
    one = cluster.objects[place]
    cluster.put({**one, "spec": {**one["spec"], "template": change["value"]}})
    return 0


def rollout(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl rollout status KIND/NAME`."""
    kind, _, name = arguments[1].partition("/")
    one = cluster.objects[key(kind, option(arguments, "--namespace"), name)]
    if any(part["image"].endswith(":ill") for part in one["spec"]["template"]["spec"]["containers"]):
        return said("error: timed out waiting for the condition")
    told(f'{kind} "{name}" successfully rolled out')
    return 0


def logs(cluster: Cluster, arguments: list[str]) -> int:
    """`kubectl logs job/NAME --tail=1`."""
    told("the schema is 0001")
    return 0


def told(text: str) -> None:
    """Write a line."""
    sys.stdout.write(text + "\n")


def said(text: str) -> int:
    """Say what is wrong."""
    sys.stderr.write(text + "\n")
    return 1


VERBS = {
    "version": version, "auth": auth, "get": get, "apply": apply, "create": create, "replace": replace,
    "delete": delete, "patch": patch, "rollout": rollout, "logs": logs,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
