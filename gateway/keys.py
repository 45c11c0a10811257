"""
API keys: what they look like, whose they are, what they allow and until when.

A key is ``assay_<id>_<secret>``. The secret has 192 bits of chance and is never kept: a SHA-256 of the whole key is,
which is enough where nothing can be guessed (a slow hash is for passwords). Half of the id is a MAC of the other half,
by a root that lies beside the keys: ids that somebody made up are told from ours without a look into the database.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from assay.errors import InvalidArgument

from host.caller import MAX_TENANT, SYSTEM_TENANT, is_tenant

_CHANCE_BYTES = 5
_MAC_DIGITS = 10
_SECRET_BYTES = 24
_SHAPE = re.compile(r"assay_([0-9a-f]{20})_[0-9a-f]{48}")

MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Key:
    """
    What is kept of a key.

    :param id: Names it; not secret.
    :param tenant: Whose data and quota it is about.
    :param name: What it is for, as a person said.
    :param scopes: What it allows.
    :param digest: The SHA-256 of the whole key.
    :param created: Seconds since 1970, as all times here.
    :param expires: From when on it is not taken any more; None: it does not expire.
    :param revoked: When it was taken back; None: it was not.
    :param used: When it was last used, give or take ten minutes; None: never.
    """

    id: str
    tenant: str
    name: str
    scopes: frozenset[str]
    digest: bytes
    created: float
    expires: float | None = None
    revoked: float | None = None
    used: float | None = None

    def is_valid(self, now: float) -> bool:
        """Say whether it is taken at a time."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def opens_with(self, text: str) -> bool:
        """Say whether a text is this key, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(self.digest, _digest_of(text))


def new_root() -> bytes:
    """Return what the ids of a database's keys are told by."""
    return secrets.token_bytes(32)


def new_key(
    root: bytes, *, tenant: str, scopes: frozenset[str], now: float, name: str = "", expires: float | None = None
) -> tuple[str, Key]:
    """
    Return a new key, which is told once, and what is kept of it.

    :param scopes: See :func:`gateway.scopes.granted`.
    :raises InvalidArgument: The tenant or name cannot be one, or the key would have expired already.
    """
    check_tenant(tenant)
    if len(name) > MAX_NAME or not name.isprintable():
        raise InvalidArgument("name", f"it has at most {MAX_NAME} characters that can be printed")
    if expires is not None and expires <= now:
        raise InvalidArgument("expires", "it lies in the past")
    chance = secrets.token_hex(_CHANCE_BYTES)
    identifier = chance + _mac(root, chance)
    text = f"assay_{identifier}_{secrets.token_hex(_SECRET_BYTES)}"
    return text, Key(identifier, tenant, name, scopes, _digest_of(text), now, expires)


def check_tenant(tenant: str, field: str = "tenant") -> None:
    """
    Check the name of a tenant.

    :param field: What the error names.
    :raises InvalidArgument: It is no name, or one that is reserved.
    """
    if not is_tenant(tenant):
        raise InvalidArgument(field, f"it has 1 to {MAX_TENANT} of A-Z, a-z, 0-9, '.', '_' and '-'")
    if tenant == SYSTEM_TENANT:
        raise InvalidArgument(field, f"{tenant!r} is reserved for what the suite does by itself")


def id_of(text: str) -> str:
    """Return the id in a key; empty where the text has not the shape of one."""
    found = _SHAPE.fullmatch(text)
    return found[1] if found else ""


def is_issued(root: bytes, identifier: str) -> bool:
    """Say whether an id was made with a root."""
    chance, mac = identifier[:-_MAC_DIGITS], identifier[-_MAC_DIGITS:]
    return hmac.compare_digest(mac.encode(), _mac(root, chance).encode())


def _mac(root: bytes, chance: str) -> str:
    return hmac.digest(root, chance.encode(), "sha256").hex()[:_MAC_DIGITS]


def _digest_of(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
