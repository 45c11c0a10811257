"""`assay secrets`: files that are made once, their modes, and that services know each other by them."""

import stat
from pathlib import Path

import grpc
import grpc.aio
import pytest
from assay.outgoing import adapted

from cli.secrets import secrets_in
from cli.sources import BadSource
from host import tls, token_keys
from host.caller import Caller, acting_for
from host.catalog import entries
from host.edges import NATS, callers
from host.interceptors.authentication import OutgoingIdentity, by_token
from host.interceptors.chain import incoming, outgoing
from host.listening import bind
from host.settings_network import TlsSettings, TokenSettings
from tests.host import echo


@pytest.fixture
def made(folder: Path) -> Path:
    """Give a folder of secrets."""
    assert secrets_in(folder / "secrets", ["assay.example.org"]) == 0
    return folder / "secrets"


def files(folder: Path) -> dict[str, bytes]:
    """Return everything that lies in a folder, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_service_has_what_it_needs(made: Path) -> None:
    """Each service of the catalog has an identity, and those that use NATS a password of their own."""
    found = files(made)
    for service in entries():
        own = {name.rpartition("/")[2] for name in found if name.startswith(f"identity/{service}/")}
        wanted = {"tls.key", "tls.crt", "ca.crt", "token.key"} | ({"nats.password"} if service in NATS else set())
        assert own == wanted
        assert f"trusted/{service}.pub" in found
    passwords = [content for name, content in found.items() if name.endswith("password")]
    assert len(set(passwords)) == len(passwords) == len(NATS) + 3
    assert min(map(len, passwords)) >= 32
    assert found["database/password"] in found["postgres/roles.sql"]


def test_modes(made: Path) -> None:
    """What is private is its owner's alone, and so is each folder; what may be known can be read."""
    for path in made.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        may_be_known = path.suffix in {".crt", ".pub"}
        assert mode == (0o700 if path.is_dir() else 0o644 if may_be_known else 0o600), path
    private = [path for path in made.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()]
    assert {path.suffix for path in private} == {".key"}


def test_what_is_there_stays(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second call changes nothing; what was removed is made anew, and fits what stayed."""
    before = files(made)
    capsys.readouterr()
    secrets_in(made, [])
    assert (files(made), capsys.readouterr().out) == (before, "")
    (made / "identity/static/tls.crt").unlink()
    (made / "door/tls.crt").write_bytes(b"one's own")
    secrets_in(made, [])
    after = files(made)
    assert {name for name, content in after.items() if content != before[name]} == {
        "identity/static/tls.crt",
        "door/tls.crt",
    }
    assert after["door/tls.crt"] == b"one's own"
    pair = made / "identity/static"
    assert tls.key_pair(pair / "tls.crt", pair / "tls.key", "ASSAY_TLS") is not None


async def test_services_know_each_other(made: Path) -> None:
    """A service reaches another by its name, encrypted, and is known by its token; one without a part in it is not."""
    identity = made / "identity"

    def trusted(name: str) -> TokenSettings:
        public = {caller: made / f"trusted/{caller}.pub" for caller in callers(name)}
        return TokenSettings(name=name, signing_key=identity / name / "token.key", trusted=public)

    def encryption(name: str) -> tls.Tls:
        own = identity / name
        return tls.read(TlsSettings(certificate=own / "tls.crt", key=own / "tls.key", ca=own / "ca.crt"))

    async def answers(request: bytes, context: object) -> bytes:
        return request

    verifier = token_keys.read(trusted("validation"), ["validation"]).verifier
    assert verifier is not None
    server = grpc.aio.server(interceptors=incoming(5, by_token(verifier)))
    server.add_generic_rpc_handlers((echo.handler(answers),))
    address = bind(server, "localhost:0", encryption("validation").server)
    await server.start()
    outcomes: dict[str, object] = {}
    for caller in ("gateway", "system", "static"):
        signer = token_keys.read(trusted(caller), [caller]).signer
        credentials = encryption(caller).peers
        assert credentials is not None
        options = [("grpc.ssl_target_name_override", "validation")]
        bare = grpc.aio.secure_channel(address, credentials, options=options)
        channel = adapted(bare, outgoing(OutgoingIdentity(signer, private=False)))
        with acting_for(Caller("acme", "key", frozenset())):
            try:
                outcomes[caller] = await echo.call(channel, "UnaryUnary", timeout=5)
            except grpc.aio.AioRpcError as error:
                outcomes[caller] = error.code()
        await channel.close()
    await server.stop(0)
    assert outcomes == {"gateway": b"x", "system": b"x", "static": grpc.StatusCode.UNAUTHENTICATED}


async def test_the_door_vouches_for_itself(made: Path) -> None:
    """Who is given the gateway's certificate reaches it by each of its names, and by no other."""
    door = TlsSettings(certificate=made / "door/tls.crt", key=made / "door/tls.key", ca=made / "door/tls.crt")

    async def answers(request: bytes, context: object) -> bytes:
        return request

    server = grpc.aio.server(interceptors=incoming(5))
    server.add_generic_rpc_handlers((echo.handler(answers),))
    address = bind(server, "127.0.0.1:0", tls.read(door).server)
    await server.start()
    credentials = tls.read(door).peers
    assert credentials is not None
    for name in ("localhost", "127.0.0.1", "assay.example.org", "other.example.org"):
        options = [("grpc.ssl_target_name_override", name)]
        async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
            if name.startswith("other"):
                with pytest.raises(grpc.aio.AioRpcError):
                    await echo.call(channel, "UnaryUnary", timeout=2)
            else:
                assert await echo.call(channel, "UnaryUnary", timeout=5) == b"x"
    await server.stop(0)


def test_cannot_be_written(folder: Path) -> None:
    """A folder that cannot be made is named, and nothing else is said."""
    (folder / "file").touch()
    with pytest.raises(BadSource, match="file/secrets"):
        secrets_in(folder / "file/secrets", [])


def test_what_others_are_made_of(made: Path) -> None:
    """What cannot be made without a file that is gone is an error that says so."""
    (made / "identity/static/tls.crt").unlink()
    (made / "authority/ca.key").unlink()
    (made / "authority/ca.key").mkdir()
    with pytest.raises(BadSource, match=r"ca\.key"):
        secrets_in(made, [])
