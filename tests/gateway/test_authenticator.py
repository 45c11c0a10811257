"""Who calls: by key, by certificate, or by nothing where the door is open."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from assay.errors import PermissionDenied, Unauthenticated

from gateway.authenticator import Authenticator, authenticator, require
from gateway.key_ring import KeyRing
from gateway.key_store import KeyStore, key_store
from host.caller import Caller
from host.settings import BadSettings, Settings
from host.settings_network import CertificateSettings, GatewaySettings
from tests.gateway.guarded import made_key

BUILDER = {"spiffe://acme/builder": CertificateSettings(tenant="acme", scopes=["executions:write"])}
"""What a certificate of these tests allows."""


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[KeyStore]:
    """Give the keys of a database of the test's own."""
    async with key_store(Settings(state_dir=folder)) as found:
        yield found


async def test_by_key(store: KeyStore) -> None:
    """A key is its tenant, its id and its scopes; the scheme's case does not matter."""
    text, key = await made_key(store, "events:read", "audit:read")
    for scheme in ("Bearer", "bearer", "BEARER "):
        who = await Authenticator(KeyRing(store)).authenticate([f"{scheme} {text}"])
        assert who == Caller("acme", key.id, frozenset({"events:read", "audit:read"}))


async def test_refusals_look_alike(store: KeyStore) -> None:
    """Whatever is wrong with a key, the refusal says the same of it."""
    text, _ = await made_key(store)
    expired, _ = await made_key(store, now=time.time() - 100, expires=time.time() - 50)
    revoked, key = await made_key(store)
    await store.revoke(key.id, time.time())
    ours = Authenticator(KeyRing(store))
    wrong = [
        [], [""], ["Bearer"], ["Bearer "], [f"Basic {text}"], [text], [f"Bearer{text}"],
        [f"Bearer {text}"] * 2, [f"Bearer {text} x"], [f"Bearer {text[:-1]}"], [f"Bearer {expired}"],
        [f"Bearer {revoked}"], [f"Bearer {text},"], ["Bearer " + "x" * 100_000], ["Bearer \udc80"], [f"Bearer\t{text}"],
    ]  # fmt: skip
    said = set()
    for authorization in wrong:
        with pytest.raises(Unauthenticated) as caught:
            await ours.authenticate(authorization)
        said.add((caught.value.message, tuple(caught.value.metadata), caught.value.retry_after))
    assert len(said) == 1


async def test_open(store: KeyStore) -> None:
    """An open door takes who shows nothing as the local tenant, and refuses a wrong key as any other does."""
    door = Authenticator(KeyRing(store), is_open=True)
    assert await door.authenticate([]) == Caller("local", "open", frozenset({"*"}))
    with pytest.raises(Unauthenticated):
        await door.authenticate(["Bearer assay_x"])
    text, key = await made_key(store)
    assert (await door.authenticate([f"Bearer {text}"])).name == key.id


async def test_by_certificate(store: KeyStore) -> None:
    """A certificate is what the settings say of one of its names; one that they do not know is nobody's."""
    ours = Authenticator(KeyRing(store), BUILDER)
    who = await ours.authenticate([], ["builder.acme", "spiffe://acme/builder"])
    assert who == Caller("acme", "certificate:spiffe://acme/builder", frozenset({"executions:write"}))
    for names in ([], ["spiffe://acme"], ["spiffe://acme/builder2"], ["SPIFFE://acme/builder"]):
        with pytest.raises(Unauthenticated):
            await ours.authenticate([], names)


async def test_key_and_certificate(store: KeyStore) -> None:
    """With both, the key decides, if both are of one tenant; a wrong key is not made right by a certificate."""
    ours = Authenticator(KeyRing(store), BUILDER)
    names = list(BUILDER)
    text, key = await made_key(store, "validations:read")
    assert (await ours.authenticate([f"Bearer {text}"], names)).name == key.id
    assert (await ours.authenticate([f"Bearer {text}"], ["another"])).name == key.id
    foreign, _ = await made_key(store, tenant="other")
    for wrong in (foreign, text[:-1], ""):
        with pytest.raises(Unauthenticated):
            await ours.authenticate([f"Bearer {wrong}"], names)


@pytest.mark.parametrize(("tenant", "scopes"), [("system", ["*"]), ("a b", ["*"]), ("acme", ["all"]), ("acme", [])])
async def test_bad_settings(store: KeyStore, tenant: str, scopes: list[str]) -> None:
    """Settings that give a certificate a tenant or scope that does not exist stop the start, by the setting's name."""
    settings = GatewaySettings.model_validate(
        {"client_certificates": {"builder": {"tenant": tenant, "scopes": scopes}}}
    )
    with pytest.raises(BadSettings, match="ASSAY_GATEWAY__CLIENT_CERTIFICATES, of 'builder'"):
        authenticator(settings, KeyRing(store))


def test_require() -> None:
    """A caller may do what one of its scopes says, or "*"; the refusal names the scope that is missing."""
    require(Caller("a", scopes=frozenset({"*"})), "metrics:read")
    require(Caller("a", scopes=frozenset({"metrics:read"})), "metrics:read")
    for scopes in (set[str](), {"metrics"}, {"metrics:*"}, {"metrics:readx"}):
        with pytest.raises(PermissionDenied) as caught:
            require(Caller("a", scopes=frozenset(scopes)), "metrics:read")
        assert caught.value.metadata == {"scope": "metrics:read"}
