"""The keys of service tokens: read where they are what they should be, and refused in one line where not."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from assay.errors import Unauthenticated
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from host import token_keys
from host.caller import Caller
from host.settings import BadSettings
from host.settings_network import TokenSettings

METHOD = "/assay.v1.StageService/RunStages"
WHO = Caller("acme", "key_1", frozenset({"validations:write"}))
KEY = Ed25519PrivateKey.generate()
EC = ec.generate_private_key(ec.SECP256R1())


def public_pem(key: Any) -> bytes:
    """Return the public key of a private one in PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))


@pytest.fixture
def keys(folder: Path) -> TokenSettings:
    """Give settings with a key of this process and one of another."""
    private, public = token_keys.new_key_pair()
    (folder / "own.pem").touch(mode=0o600)
    (folder / "own.pem").write_bytes(private)
    (folder / "own.pub").write_bytes(public)
    (folder / "other.pub").write_bytes(token_keys.new_key_pair()[1])
    return TokenSettings(signing_key=folder / "own.pem", trusted={"other": folder / "other.pub"}, seconds=20)


def test_read(keys: TokenSettings, folder: Path) -> None:
    """A process signs by its name, or by the names of what it serves, and takes what it signed itself."""
    read = token_keys.read(keys, ["static", "semantic"])
    assert read.signer is not None
    assert read.verifier is not None
    assert read.signer.name == "static+semantic"
    assert read.verifier.verify(read.signer.sign(METHOD, WHO), METHOD) == WHO
    elsewhere = keys.model_copy(update={"signing_key": None, "trusted": {"static+semantic": folder / "own.pub"}})
    there = token_keys.read(elsewhere, ["sandbox"])
    assert there.verifier is not None
    assert there.signer is not None
    assert there.verifier.verify(read.signer.sign(METHOD, WHO), METHOD) == WHO
    # Its own calls are taken by itself and by nobody else.
    assert there.verifier.verify(there.signer.sign(METHOD, WHO), METHOD) == WHO
    with pytest.raises(Unauthenticated):
        read.verifier.verify(there.signer.sign(METHOD, WHO), METHOD)


def test_keys_by_openssl(folder: Path) -> None:
    """Keys that OpenSSL makes are read."""
    for command in (
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", "gateway.pem"],
        ["openssl", "pkey", "-in", "gateway.pem", "-pubout", "-out", "gateway.pub"],
    ):
        subprocess.run(command, cwd=folder, check=True, timeout=20, capture_output=True)
    (folder / "gateway.pem").chmod(0o600)
    mine = TokenSettings(signing_key=folder / "gateway.pem", name="gateway")
    signer = token_keys.read(mine, []).signer
    theirs = token_keys.read(TokenSettings(trusted={"gateway": folder / "gateway.pub"}), ["validation"]).verifier
    assert signer is not None
    assert theirs is not None
    assert theirs.verify(signer.sign(METHOD, WHO), METHOD) == WHO


def test_read_one_side(keys: TokenSettings) -> None:
    """A process that trusts nobody asks for no tokens; without any key there are none."""
    read = token_keys.read(keys.model_copy(update={"trusted": {}, "name": "mine"}), ["static"])
    assert (read.verifier, read.signer and read.signer.name) == (None, "mine")
    assert token_keys.read(TokenSettings(), ["static"]) == token_keys.Tokens()


def pem(key: Any) -> bytes:
    """Return a private key in PEM."""
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


LOCKED = Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"p")
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        public_pem(KEY),
        LOCKED,
        pem(EC),
        pem(KEY)[:60],
        b"\0" * 300_000,
    ],
    ids=["empty", "text", "public", "locked", "other kind", "cut off", "long"],
)
def test_bad_signing_key(keys: TokenSettings, folder: Path, content: bytes) -> None:
    """A file that holds no private Ed25519 key is refused in one line that names the setting, and nothing of it."""
    (folder / "own.pem").write_bytes(content)
    with pytest.raises(BadSettings, match="ASSAY_TOKENS__SIGNING_KEY") as caught:
        token_keys.read(keys, ["static"])
    assert "\n" not in str(caught.value)
    assert "BEGIN" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"no key", pem(KEY), public_pem(EC)], ids=["empty", "text", "private", "other kind"]
)
def test_bad_public_key(keys: TokenSettings, folder: Path, content: bytes) -> None:
    """A file that holds no public Ed25519 key is refused in one line that names the setting."""
    (folder / "other.pub").write_bytes(content)
    with pytest.raises(BadSettings, match=r"ASSAY_TOKENS__TRUSTED\[other\]"):
        token_keys.read(keys, ["static"])


def test_missing_and_readable(keys: TokenSettings, folder: Path) -> None:
    """A key file that is not there is refused, and so is a private one that others can read."""
    (folder / "own.pem").chmod(0o644)
    with pytest.raises(BadSettings, match="others can read"):
        token_keys.read(keys, ["static"])
    (folder / "own.pem").unlink()
    with pytest.raises(BadSettings, match="No such file"):
        token_keys.read(keys, ["static"])


def test_own_name_of_another(keys: TokenSettings) -> None:
    """Two processes cannot have one name and two keys."""
    with pytest.raises(BadSettings, match=r"ASSAY_TOKENS__TRUSTED\[other\]: it is this process's name"):
        token_keys.read(keys.model_copy(update={"name": "other"}), ["static"])
