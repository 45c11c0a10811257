"""What follows from the settings of tokens and the address: who is believed, and where nobody may listen."""

from pathlib import Path

import grpc.aio
import pytest
from assay.client import error_from_rpc
from assay.errors import Unauthenticated
from assay.v1 import stage_pb2, stage_pb2_grpc

from host import token_keys
from host.caller import Caller, acting_for
from host.identity import identity_of
from host.interceptors.authentication import by_headers, by_nothing
from host.listening import CannotListen
from host.peers import Peers
from host.server import serving
from host.settings import BadSettings, Settings
from host.settings_network import TokenSettings


@pytest.fixture
def keys(folder: Path) -> TokenSettings:
    """Give settings of tokens with one trusted process, "gateway"."""
    private, public = token_keys.new_key_pair()
    (folder / "gateway.pem").touch(mode=0o600)
    (folder / "gateway.pem").write_bytes(private)
    (folder / "gateway.pub").write_bytes(public)
    return TokenSettings(trusted={"gateway": folder / "gateway.pub"})


def test_without_tokens() -> None:
    """Headers are believed on a private socket, and nothing on a port of this machine."""
    assert identity_of(TokenSettings(), ["static"], "unix:/tmp/s").identify is by_headers
    for listen in ("127.0.0.1:0", "localhost:50051", "[::1]:50051"):
        assert identity_of(TokenSettings(), ["static"], listen).identify is by_nothing


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "203.0.113.7:1", "some.host:1", "10.0.0.5:50051", ":0", ""])
def test_reachable_without_tokens(folder: Path, keys: TokenSettings, listen: str) -> None:
    """Where others could call nobody listens without tokens, also one that only signs its own; with them it may."""
    signing = TokenSettings(signing_key=folder / "gateway.pem")
    for settings in (TokenSettings(), signing):
        with pytest.raises(CannotListen, match="set ASSAY_TOKENS__TRUSTED, or listen on"):
            identity_of(settings, ["static"], listen)
    assert identity_of(keys, ["static"], listen).identify not in {by_headers, by_nothing}


def test_headers_where_others_are_told(folder: Path, keys: TokenSettings) -> None:
    """A process that signs and asks for no tokens believes headers on its own private socket."""
    identity = identity_of(TokenSettings(signing_key=folder / "gateway.pem"), ["gateway"], "unix:/tmp/s")
    assert identity.identify is by_headers
    assert identity.signer is not None


async def ask(peers: Peers, who: Caller, *metadata: tuple[str, str]) -> stage_pb2.ListStagesResponse:
    """Ask the stages what they are, on somebody's behalf."""
    stub = stage_pb2_grpc.StageServiceStub(peers.channel("first"))
    with acting_for(who):
        return await stub.ListStages(stage_pb2.ListStagesRequest(), timeout=5, metadata=metadata)


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "unix:{folder}/s"])
async def test_around_the_door(
    folder: Path, settings: Settings, toy_catalog: object, keys: TokenSettings, listen: str
) -> None:
    """A service that asks for tokens is called by those it trusts and by nobody else, on a port and on a socket."""
    toy_catalog(first="tests.toys:first")  # type: ignore[operator]
    guarded = settings.model_copy(update={"tokens": keys})
    gateway = TokenSettings(name="gateway", signing_key=folder / "gateway.pem")
    acme = Caller("acme", "key_1", frozenset({"a"}))
    async with serving(["first"], listen.format(folder=folder), guarded) as address:
        for signer in (identity_of(gateway, [], "unix:/s").signer, None):
            peers = Peers({"first": address}, signer=signer)
            if signer is not None:
                assert [stage.name for stage in (await ask(peers, acme)).stages] == ["first"]
            else:
                for metadata in ([], [("x-assay-tenant", "acme")], [("authorization", "Bearer x")]):
                    with pytest.raises(grpc.aio.AioRpcError) as caught:
                        await ask(peers, Caller(), *metadata)
                    assert isinstance(error_from_rpc(caught.value), Unauthenticated)
            await peers.close()


async def test_bad_key_stops_the_start(folder: Path, settings: Settings, keys: TokenSettings) -> None:
    """A key that cannot be used stops the start before anything listens."""
    (folder / "gateway.pub").write_text("no key")
    with pytest.raises(BadSettings, match="ASSAY_TOKENS__TRUSTED"):
        async with serving(["validation"], f"unix:{folder}/s", settings.model_copy(update={"tokens": keys})):
            pass
    assert not (folder / "s").exists()
