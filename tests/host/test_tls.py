"""Encryption between processes: files that fit, calls to peers and to itself, and files that do not fit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from host import tls
from host.interceptors.chain import incoming
from host.listening import bind
from host.peers import Peers
from host.settings import BadSettings
from host.settings_network import TlsSettings
from tests.certificates import Authority, Pair
from tests.host import echo


@pytest.fixture
def authority(folder: Path) -> Authority:
    """Give an authority."""
    return Authority(folder)


@pytest.fixture
def pair(authority: Authority) -> Pair:
    """Give a certificate for this machine, and its key."""
    return authority.signed("inner.test")


async def answers(request: bytes, context: object) -> bytes:
    """Answer with what was said."""
    return request


@asynccontextmanager
async def served(settings: TlsSettings, listen: str = "127.0.0.1:0") -> AsyncIterator[str]:
    """Serve an echo as a process of the suite does."""
    server = grpc.aio.server(interceptors=incoming(5))
    server.add_generic_rpc_handlers((echo.handler(answers),))
    address = bind(server, listen, tls.read(settings).server)
    await server.start()
    try:
        yield address
    finally:
        await server.stop(0)


async def ask(address: str, settings: TlsSettings, own: str = "") -> bytes:
    """Call the echo as a process of the suite does."""
    peers = Peers({"echo": address}, own=own, tls=tls.read(settings))
    try:
        return await echo.call(peers.channel("echo"), "UnaryUnary", timeout=5)
    finally:
        await peers.close()


def settings_of(pair: Pair, authority: Authority) -> TlsSettings:
    """Return the settings of a process that is called and calls."""
    return TlsSettings(certificate=pair.certificate, key=pair.key, ca=authority.path)


async def test_peer(authority: Authority, pair: Pair) -> None:
    """Who trusts the authority calls a process that shows its certificate; who does not, or not encrypted, fails."""
    async with served(settings_of(pair, authority)) as address:
        assert await ask(address, TlsSettings(ca=authority.path)) == b"x"
        for wrong in (TlsSettings(), TlsSettings(ca=Authority(authority.path.parent, "another").path)):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await ask(address, wrong)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_no_downgrade(authority: Authority) -> None:
    """Who has an authority calls nobody that is not encrypted."""
    async with served(TlsSettings()) as address:
        assert await ask(address, TlsSettings()) == b"x"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(address, TlsSettings(ca=authority.path))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_another_name(authority: Authority, pair: Pair) -> None:
    """A certificate counts for the names that are in it."""
    async with served(settings_of(pair, authority)) as address:
        port = address.rpartition(":")[2]
        assert await ask(f"localhost:{port}", TlsSettings(ca=authority.path)) == b"x"
        with pytest.raises(grpc.aio.AioRpcError):
            await ask(f"127.0.0.2:{port}", TlsSettings(ca=authority.path))


@pytest.mark.parametrize("with_authority", [True, False])
async def test_itself(authority: Authority, pair: Pair, with_authority: bool) -> None:
    """A process calls itself at the address where it listens, whatever names its certificate has."""
    settings = settings_of(pair, authority)
    if not with_authority:
        settings = settings.model_copy(update={"ca": None})
    async with served(settings, "0.0.0.0:0") as address:
        assert await ask(address, settings, own=address) == b"x"


async def test_itself_without_certificate(authority: Authority) -> None:
    """A process that is not encrypted itself, and calls others that are, calls itself as it is."""
    async with served(TlsSettings()) as address:
        assert await ask(address, TlsSettings(ca=authority.path), own=address) == b"x"


async def test_socket(folder: Path, authority: Authority, pair: Pair) -> None:
    """A Unix socket is not encrypted, whatever there is to encrypt with."""
    settings = settings_of(pair, authority)
    async with served(settings, f"unix:{folder}/s") as address:
        assert await ask(address, settings) == b"x"


def wrong_files(folder: Path, authority: Authority, pair: Pair) -> list[tuple[dict[str, Any], str]]:
    """Return settings that do not fit, and what is said of them."""
    other = authority.signed("other.test")
    (folder / "empty").touch(mode=0o600)
    (folder / "loose.key").write_bytes(pair.key.read_bytes())
    (folder / "loose.key").chmod(0o644)
    return [
        ({"certificate": pair.certificate}, "ASSAY_TLS__KEY: it is missing"),
        ({"key": pair.key}, "ASSAY_TLS__CERTIFICATE: it is missing"),
        ({"certificate": pair.certificate, "key": other.key}, "ASSAY_TLS__KEY: it is not the key of"),
        ({"certificate": pair.certificate, "key": folder / "empty"}, "ASSAY_TLS__KEY: it is no private key"),
        ({"certificate": pair.key, "key": pair.key}, "ASSAY_TLS__CERTIFICATE: it holds no certificates"),
        ({"certificate": folder / "gone", "key": pair.key}, "ASSAY_TLS__CERTIFICATE: .* cannot be read"),
        ({"certificate": pair.certificate, "key": folder / "loose.key"}, "ASSAY_TLS__KEY: others can read"),
        ({"ca": folder / "empty"}, "ASSAY_TLS__CA: it holds no certificates"),
        ({"ca": pair.key}, "ASSAY_TLS__CA: it holds no certificates"),
    ]


def test_wrong_files(folder: Path, authority: Authority, pair: Pair) -> None:
    """Files that cannot be used, or do not belong together, are refused in one line that names the setting."""
    for values, text in wrong_files(folder, authority, pair):
        with pytest.raises(BadSettings, match=text) as caught:
            tls.read(TlsSettings(**values))
        assert "\n" not in str(caught.value)
        assert "BEGIN" not in str(caught.value)
