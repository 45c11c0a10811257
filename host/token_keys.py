"""The keys of service tokens, as the settings name them; and new ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from host.key_files import read_public, read_secret
from host.settings import BadSettings
from host.settings_network import TokenSettings
from host.tokens import Signer, Verifier


@dataclass(frozen=True, slots=True)
class Tokens:
    """
    What a process shows, and what it wants to be shown.

    :param signer: None: its calls carry no token.
    :param verifier: None: it asks for none.
    """

    signer: Signer | None = None
    verifier: Verifier | None = None


def read(settings: TokenSettings, serves: Sequence[str]) -> Tokens:
    """
    Read the keys that the settings name.

    A process that asks for tokens takes its own, whether it has a key by which others know it or not.

    :param serves: The names of the services that the process serves.
    :raises BadSettings: One of the keys cannot be used.
    """
    name = settings.name or "+".join(serves)
    trusted = {other: _public(path, f"ASSAY_TOKENS__TRUSTED[{other}]") for other, path in settings.trusted.items()}
    if not trusted and settings.signing_key is None:
        return Tokens()
    key = _private(settings.signing_key) if settings.signing_key else Ed25519PrivateKey.generate()
    signer = Signer(name, key, settings.seconds)
    if not trusted:
        return Tokens(signer)
    if trusted.setdefault(name, key.public_key()) != key.public_key():
        raise BadSettings(f"the setting ASSAY_TOKENS__TRUSTED[{name}]: it is this process's name, and not its key")
    return Tokens(signer, Verifier(trusted, settings.max_seen))


def _private(path: Path) -> Ed25519PrivateKey:
    setting = "ASSAY_TOKENS__SIGNING_KEY"
    try:
        key = serialization.load_pem_private_key(read_secret(path, setting), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSettings(f"the setting {setting}: {path} is no private Ed25519 key in PEM without a password")
    return key


def _public(path: Path, setting: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(read_public(path, setting))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadSettings(f"the setting {setting}: {path} is no public Ed25519 key in PEM")
    return key


def new_key_pair() -> tuple[bytes, bytes]:
    """Return a new private key and its public one, each in PEM."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, public_of(private)


def public_of(private: bytes) -> bytes:
    """Return the public key of a private one, each in PEM."""
    key = serialization.load_pem_private_key(private, None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
