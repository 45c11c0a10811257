"""The connection to NATS: settings that cannot be, encryption, a server that comes, goes and says nothing."""

import asyncio
import subprocess
from functools import partial
from pathlib import Path

import pytest

from host import nats_connection as module
from host.nats_conf import main, options_of, rendered
from host.nats_connection import NatsConnection
from host.settings import BadSettings
from host.settings_network import NatsSettings
from tests.backing import started_nats
from tests.certificates import Authority
from tests.jetstream import BOUND, connection, until


@pytest.mark.parametrize(
    "url", ["host", "http://host:4222", "nats://", "nats://u:p@host", "nats://host:0", "nats://h:99999", "nats://h/x"]
)
def test_no_url(url: str) -> None:
    """An address that is none, or has a password in it, stops the start and names the setting, not the password."""
    with pytest.raises(BadSettings, match="ASSAY_NATS__URL") as caught:
        NatsConnection(NatsSettings(url=url), "test")
    assert "u:p" not in str(caught.value)


def test_files(tmp_path: Path) -> None:
    """A password that others can read, and an authority that is none, stop the start."""
    path = tmp_path / "password"
    path.write_text("secret")
    path.chmod(0o644)
    with pytest.raises(BadSettings, match=r"ASSAY_NATS__PASSWORD_FILE.*0600"):
        NatsConnection(NatsSettings(url="nats://h", password_file=path), "test")
    with pytest.raises(BadSettings, match="ASSAY_NATS__CA"):
        NatsConnection(NatsSettings(url="nats://h", ca=path), "test")


async def test_not_there() -> None:
    """Nobody waits for a server that is not there, and leaving does not either."""
    async with asyncio.timeout(BOUND), connection("nats://127.0.0.1:1") as connected:
        waiting = asyncio.create_task(connected.connected())
        await asyncio.sleep(0.1)
        assert connected.client is None
        waiting.cancel()


@pytest.mark.docker
async def test_lost_and_found(backing_ready: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was cut, or whose server answers nothing any more, is made anew as soon as that is there."""
    monkeypatch.setattr(module, "PING_SECONDS", 1)
    with started_nats() as server:
        async with connection(server.url) as connected, asyncio.timeout(60):

            def signal(name: str) -> None:
                subprocess.run(["docker", "kill", f"--signal={name}", server.name], check=True, timeout=20)

            stopped, going = partial(signal, "STOP"), partial(signal, "CONT")
            for lose, find in ((server.kill, server.start), (stopped, going)):
                first = await connected.connected()
                await asyncio.to_thread(lose)
                await until(lambda: connected.client is None)
                await asyncio.to_thread(find)
                assert await connected.connected() is not first


@pytest.mark.docker
async def test_encrypted(backing_ready: None, tmp_path: Path) -> None:
    """With an authority the connection is encrypted and the server known by it; in the clear, no password is told."""
    authority, other = Authority(tmp_path), Authority(tmp_path, "other")
    certificate, key = authority.signed("nats").content()
    (tmp_path / "p").write_text("p-events")
    (tmp_path / "p").chmod(0o600)
    lines = rendered(options_of(["--tls-certificate", "/etc/nats/tls.crt", "--tls-key", "/etc/nats/tls.key"]))
    variables = "".join(
        f"ASSAY_NATS_PASSWORD_{user}: p-{user.lower()}\n" for user in ("GATEWAY", "VALIDATION", "SANDBOX", "EVENTS")
    )
    files = {"/etc/nats/tls.crt": certificate, "/etc/nats/tls.key": key}
    with started_nats(variables + lines, files=files) as server:
        url = f"tls://localhost:{server.port}"

        def settings(url: str, ca: Path) -> NatsSettings:
            return NatsSettings(url=url, user="events", password_file=tmp_path / "p", ca=ca)

        async with NatsConnection(settings(url, authority.path), "test").kept() as good, asyncio.timeout(BOUND):
            await good.connected()
        async with NatsConnection(settings(url, other.path), "test").kept() as bad:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(bad.connected(), 1)
    with started_nats() as plain:
        # As somebody in between would answer: "no encryption here".
        url = f"tls://127.0.0.1:{plain.port}"
        async with NatsConnection(settings(url, authority.path), "test").kept() as stripped:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(stripped.connected(), 1)


def test_wrong_options(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot stand in a configuration is refused, and a password that is not there is told by its file."""
    for arguments in (["--sync-interval", "never; x"], ["--store-size", "4 GB"], ["--tls-key", "/k"], ["--port", "x"]):
        with pytest.raises(SystemExit) as ended:
            options_of(arguments)
        assert ended.value.code == 2
    monkeypatch.setattr("sys.argv", ["nats_conf", "--passwords", str(tmp_path)])
    assert main() == 2
    assert "nats.password" in capsys.readouterr().err
