"""The processes that benchmarks.gateway calls: one service, gateways in front of it, and a key."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.key_store import key_store
from gateway.keys import new_key
from host.settings import Settings

START_SECONDS = 60.0
STOP_SECONDS = 15.0
TENANT = "bench"
SCOPE = "executions:write"
QUOTA = {
    "calls_per_second": 1_000_000,
    "burst": 1_000_000,
    "concurrent_runs": 64,
    "concurrent_streams": 256,
    "sandbox_seconds_per_day": 1_000_000_000,
    "bytes_per_day": 1_000_000_000_000,
}
"""Bounds that no client of a benchmark reaches, and that are kept count of all the same."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """
    A gateway in a process of its own.

    :param grpc: Where gRPC clients call, "host:port".
    :param http: Where HTTP clients call, "host:port".
    """

    process: psutil.Process
    grpc: str
    http: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """
    What is called.

    :param direct: The address of the service itself.
    :param plain: Two gateways without encryption.
    :param tls: Two with it.
    :param authority: The file of the certificate that the latter are known by.
    """

    direct: str
    service: psutil.Process
    plain: tuple[Gateway, Gateway]
    tls: tuple[Gateway, Gateway]
    key: str
    authority: Path


@contextmanager
def deployment() -> Iterator[Deployment]:
    """Run everything until the block is left, with a state of its own."""
    with TemporaryDirectory(prefix="b-", dir="/tmp") as name, ExitStack() as stack:
        folder = Path(name)
        key = asyncio.run(_key(folder))
        certificate = _certificate(folder)
        direct = f"unix:{folder}/peer"
        started = stack.enter_context(_processes(folder))
        service = started("peer", "benchmarks.gateway_peer", "sandbox")
        # A gateway that looks for it before it is there looks again a second later, and refuses calls until then.
        _wait_for(folder / "peer.log")

        def gateway(number: int, **more: str) -> Gateway:
            grpc, http = f"127.0.0.1:{_free_port()}", f"127.0.0.1:{_free_port()}"
            settings = {"LISTEN": grpc, "HTTP_LISTEN": http, "QUOTA": json.dumps(QUOTA)} | more
            environment = {f"ASSAY_GATEWAY__{name}": value for name, value in settings.items()}
            environment["ASSAY_PEERS"] = json.dumps({"sandbox": direct})
            return Gateway(started(f"g{number}", "host", "gateway", environment), grpc, http)

        tls = {"CERTIFICATE": str(certificate), "KEY": str(folder / "key.pem")}
        plain = (gateway(1), gateway(2))
        encrypted = (gateway(3, **tls), gateway(4, **tls))
        for log in folder.glob("*.log"):
            _wait_for(log)
        yield Deployment(direct, service, plain, encrypted, key, certificate)


async def _key(folder: Path) -> str:
    async with key_store(Settings(state_dir=folder)) as store:
        text, key = new_key(await store.root(), tenant=TENANT, scopes=frozenset({SCOPE}), now=time.time())
        await store.add(key)
    return text


def _certificate(folder: Path) -> Path:
    """Write a certificate of its own for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").touch(0o600)
    (folder / "key.pem").write_bytes(private)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return folder / "certificate.pem"


class _Starts(Protocol):
    def __call__(
        self, name: str, module: str, service: str, environment: Mapping[str, str] | None = None
    ) -> psutil.Process: ...


@contextmanager
def _processes(folder: Path) -> Iterator[_Starts]:
    """Give a function that starts a program that serves; all of them end with the block."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ASSAY_")}
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str, module: str, service: str, environment: Mapping[str, str] | None = None) -> psutil.Process:
        with (folder / f"{name}.log").open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, service, "--listen", f"unix:{folder}/{name}"],
                env=clean | {"ASSAY_STATE_DIR": str(folder)} | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stderr=stderr,
            )
        running.append(process)
        return psutil.Process(process.pid)

    try:
        yield start
    finally:
        for process in running:
            process.terminate()
        for process in running:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while '"serving"' not in (said := log.read_text()):
        # A program that cannot start says why, in a line that is no JSON.
        if said.startswith("host:") or time.monotonic() > deadline:
            raise SystemExit(f"a process does not serve:\n{said[-2000:]}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
