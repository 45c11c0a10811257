"""Keys: their shape, what they allow, and what is kept of them."""

from dataclasses import replace

import pytest
from assay.errors import InvalidArgument

from gateway.keys import Key, check_tenant, id_of, is_issued, new_key, new_root

ROOT = new_root()
SCOPES = frozenset({"validations:read"})


def made(**more: object) -> tuple[str, Key]:
    """Return a key and what is kept of it."""
    return new_key(ROOT, **({"tenant": "acme", "scopes": SCOPES, "now": 1000.0} | more))  # type: ignore[arg-type]


def test_a_key_opens_what_was_kept_of_it() -> None:
    """A key is told by what is kept of it, in which nothing of its secret stands, and another one is not."""
    text, key = made(name="ci")
    assert key.opens_with(text)
    assert id_of(text) == key.id
    assert text.rpartition("_")[2] not in repr(key)
    assert not key.opens_with(made()[0])
    assert (key.tenant, key.name, key.scopes, key.created) == ("acme", "ci", SCOPES, 1000.0)


def test_the_whole_key_counts() -> None:
    """A key with one character changed anywhere, cut or longer, opens nothing."""
    text, key = made()
    changed = [text[:index] + ("0" if text[index] != "0" else "1") + text[index + 1 :] for index in range(len(text))]
    assert not any(key.opens_with(other) for other in [*changed, text[:-1], f"{text}0", f" {text}", text.upper(), ""])


def test_no_two_keys_are_alike() -> None:
    """Keys share neither id nor secret."""
    texts = [made()[0] for _ in range(200)]
    assert len({id_of(text) for text in texts}) == len({text.rpartition("_")[2] for text in texts}) == 200


@pytest.mark.parametrize(
    "text",
    ["", "assay", "assay__", "Bearer x", "assay_0123456789abcdef0123_", "assay_" + "0" * 20 + "_" + "0" * 47,
     "assay_" + "0" * 20 + "_" + "0" * 48 + "\n",
     "assay_" + "\u0660" * 20 + "_" + "0" * 48, "\udc80" * 75, "x" * 100_000],
)  # fmt: skip
def test_what_is_no_key(text: str) -> None:
    """A text of another shape has no id, and opens nothing."""
    assert id_of(text) == ""
    assert not made()[1].opens_with(text)


def test_ids_cannot_be_made_up() -> None:
    """An id is told from one that was made with another root, or made up."""
    text, key = made()
    assert is_issued(ROOT, key.id)
    assert not is_issued(new_root(), key.id)
    assert not is_issued(ROOT, "0" * 20)
    assert not is_issued(ROOT, id_of(text)[::-1])


def test_until_when() -> None:
    """A key is valid until it expires or is revoked."""
    key = made(expires=2000.0)[1]
    assert key.is_valid(1999.9)
    assert not key.is_valid(2000.0)
    assert not replace(key, revoked=1500.0).is_valid(1400.0)
    assert made()[1].is_valid(1e12)


@pytest.mark.parametrize("tenant", ["a", "Acme", "team-7.eu_west", "local", "0", "x" * 64])
def test_tenants(tenant: str) -> None:
    """A tenant is a short plain name; that of calls on a private socket can have keys too."""
    check_tenant(tenant)


@pytest.mark.parametrize("tenant", ["", "system", "a b", "a/b", "a\n", "x" * 65, "ünï", "a\0", "a,b", "\udc80"])
def test_no_tenants(tenant: str) -> None:
    """What could be mistaken for another tenant, or travel badly, is none; nor is what the suite does for itself."""
    with pytest.raises(InvalidArgument, match="tenant"):
        made(tenant=tenant)


@pytest.mark.parametrize("wrong", [{"name": "x" * 101}, {"name": "a\x1b[1m"}, {"expires": 1000.0}, {"expires": 1.0}])
def test_refused(wrong: dict[str, object]) -> None:
    """A key with a name that cannot be printed, or that had expired before it was made, is refused."""
    with pytest.raises(InvalidArgument):
        made(**wrong)
