"""compose.yaml: every service of the catalog stands in it, bounded, and reachable by those alone that call it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from host import settings
from host.catalog import BUILT_IN, stage_names
from host.edges import DATABASE, NATS, callers, calls
from tests.deploy.composing import MACHINE, ROOT, composed, config

SERVICES = [entry.name for entry in BUILT_IN]
SOCKET = "docker.sock"
SECRETS = f"{ROOT}/{Path(MACHINE['ASSAY_SECRETS']).name}/"


@pytest.fixture(scope="module")
def suite() -> Mapping[str, Any]:
    """Give what is composed without a profile."""
    return composed()


@pytest.fixture(scope="module")
def services(suite: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give its services."""
    found: Mapping[str, Any] = suite["services"]
    return found


def seconds(text: str) -> float:
    """Return a duration as Compose writes it, such as 1m30s."""
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([hms])", text))


def mounts(service: Mapping[str, Any]) -> set[str]:
    """Return what a service mounts of the machine or of volumes, below the secrets by its path there."""
    return {str(mount["source"]).removeprefix(SECRETS) for mount in service.get("volumes", ())}


def on(services: Mapping[str, Any], network: str) -> set[str]:
    """Return who is on a network."""
    return {name for name, service in services.items() if network in service.get("networks", {})}


def test_services(services: Mapping[str, Any]) -> None:
    """The services of the catalog are there by their names, and what they need beside them."""
    assert set(services) == {*SERVICES, "prepare", "migrate", "nats", "postgres"}
    for name in SERVICES:
        assert services[name]["command"] == [name, "--listen", "0.0.0.0:50051"]


def test_bounds() -> None:
    """Everything has limits of memory, processors and processes, a read-only root, and bounded logs; nothing gains."""
    for name, service in composed("observability")["services"].items():
        assert int(service["mem_limit"]) > 0, name
        assert 0 < float(service["cpus"]) <= 1, name
        assert 0 < service["pids_limit"] <= 512, name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}, name
        assert not service.get("privileged"), name
        assert "container_name" not in service, name
        for memory in service.get("tmpfs", ()):
            assert re.fullmatch(r"/[\w/]+:mode=\d{4}(,uid=10001,gid=10001)?,size=\d+m", memory), memory


def test_what_may_more(services: Mapping[str, Any]) -> None:
    """Nobody is root and has capabilities but what prepares the secrets, which is on no network and ends."""
    more = {name for name, service in services.items() if "user" in service or service.get("cap_add")}
    assert more == {"prepare"}
    assert services["prepare"]["network_mode"] == "none"
    assert services["prepare"]["restart"] == "no"


def test_health(services: Mapping[str, Any]) -> None:
    """What serves is looked after and started again; it may end its calls before it is killed."""
    drain = settings.ServerSettings().drain_seconds
    for name in {*services} - {"prepare", "migrate"}:
        service = services[name]
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name
        if name in SERVICES:
            assert seconds(service["stop_grace_period"]) > drain + 10


def test_images() -> None:
    """Every image has a tag that stands for one version."""
    for name, service in composed("observability")["services"].items():
        _, _, tag = service["image"].rpartition(":")
        assert re.fullmatch(r"v?\d+(\.\d+)*", tag), name


def test_no_secrets(services: Mapping[str, Any]) -> None:
    """No password, key or token stands in the file: they are files, and services are told where."""
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY|TOKEN", variable):
                named = json.loads(value).values() if value.startswith("{") else [value]
                assert all(one.startswith("/run/assay/") for one in named), (name, variable)


@pytest.mark.parametrize("missing", MACHINE)
def test_refuses_without(missing: str) -> None:
    """Without the secrets, or the group of the socket, nothing is composed, and what to do is said."""
    done = config(environment={name: value for name, value in MACHINE.items() if name != missing})
    assert done.returncode != 0
    assert f"{missing} is missing a value: run make up" in done.stderr


def test_the_socket(services: Mapping[str, Any]) -> None:
    """The Docker socket is the sandbox's alone, and so is its group."""
    assert [name for name in services if any(SOCKET in mount for mount in mounts(services[name]))] == ["sandbox"]
    assert [name for name in services if services[name].get("group_add")] == ["sandbox"]


def test_secrets_are_ones_own(services: Mapping[str, Any]) -> None:
    """Each service mounts its own identity and no other's; the password of the database is for those that use it."""
    for name in SERVICES:
        wanted = {f"identity/{name}", "trusted"} | ({"database"} if name in DATABASE else set())
        wanted |= {"door"} if name == "gateway" else {"/var/run/docker.sock"} if name == "sandbox" else set()
        assert mounts(services[name]) == wanted
        writable = {mount["source"] for mount in services[name]["volumes"] if not mount.get("read_only")}
        assert writable == ({"/var/run/docker.sock"} if name == "sandbox" else set())


def test_all_secrets_are_prepared() -> None:
    """What is mounted of the secrets, by whomever, can be read there; the key of the authority is mounted nowhere."""
    folders: dict[str, set[str]] = {}
    for name, service in composed("observability")["services"].items():
        binds = [mount["source"] for mount in service.get("volumes", ()) if mount["type"] == "bind"]
        folders[name] = {source.removeprefix(SECRETS).partition("/")[0] for source in binds if SECRETS in source}
    prepared = folders.pop("prepare")
    assert prepared == set.union(*folders.values())
    assert "authority" not in prepared


def test_who_trusts_whom(services: Mapping[str, Any]) -> None:
    """A service trusts the tokens of those that call it, and no others; none calls without encryption."""
    for name in SERVICES:
        environment = services[name]["environment"]
        trusted = json.loads(environment["ASSAY_TOKENS__TRUSTED"])
        assert trusted == {caller: f"/run/assay/trusted/{caller}.pub" for caller in callers(name)}
        assert json.loads(environment["ASSAY_PEERS"]) == {peer: f"dns:///{peer}:50051" for peer in SERVICES}
        assert environment["ASSAY_TLS__CA"] == "/run/assay/identity/ca.crt"
        assert ("ASSAY_DATABASE_URL" in environment) == (name in DATABASE)
        assert environment.get("ASSAY_NATS__USER", "") == (name if name in NATS else "")


def test_networks(suite: Mapping[str, Any], services: Mapping[str, Any]) -> None:
    """On each network are those that call over it and those that are called; only the door's has a way out."""
    doors = {name for name in calls()["gateway"] if name != "sandbox"}
    assert on(services, "front") == {"gateway"}
    assert on(services, "inside") == {"gateway", *doors}
    assert on(services, "stages") == {"validation", *stage_names()}
    assert on(services, "sandboxes") == {"sandbox", *callers("sandbox")}
    assert on(services, "database") == {"postgres", "migrate", *DATABASE} - {"sandbox"}
    assert on(services, "bus") == {"nats", *NATS} - {"sandbox"}
    assert on(services, "records") == {"postgres", "nats", "sandbox"}
    assert {name for name, network in suite["networks"].items() if not network.get("internal")} <= {"front", "watch"}
    for caller, called in calls().items():
        for name in called:
            assert set(services[caller]["networks"]) & set(services[name]["networks"])


def test_ports(services: Mapping[str, Any]) -> None:
    """Only the gateway can be reached from outside, and only from this machine unless that is said."""
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert set(published) == {"gateway"}
    assert {port["host_ip"] for port in published["gateway"]} == {"127.0.0.1"}
    assert {port["target"] for port in published["gateway"]} == {50050, 8443}


@pytest.mark.parametrize("name", SERVICES)
def test_settings(services: Mapping[str, Any], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a service is told are settings that there are."""
    for variable, value in services[name]["environment"].items():
        monkeypatch.setenv(variable, value)
    read = settings.read()
    assert read.tls.certificate is not None
    assert set(read.tokens.trusted) == set(callers(name))


def test_order_of_the_end(services: Mapping[str, Any]) -> None:
    """Who calls is started after those that it calls, and so ended before them; the schema is there before all."""
    for caller, called in calls().items():
        if caller == "system":
            continue
        for name in called:
            if (caller, name) != ("gateway", "system"):
                assert name in services[caller]["depends_on"], (caller, name)
    for name in DATABASE:
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
