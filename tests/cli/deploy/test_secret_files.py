"""Files that prove who a service is: what is missing, open to others, or not valid any more."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cli.deploy.secret_files import looked_at, valid_until
from cli.diagnosis import Ill
from cli.secrets import secrets_in

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "door")])


def certificate(begin: float, end: float) -> bytes:
    """Return a certificate that is valid between two days from now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    begun = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
    dated = begun.not_valid_before(now + timedelta(days=begin)).not_valid_after(now + timedelta(days=end))
    return dated.serial_number(1).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Give the secrets of a suite, as the command makes them."""
    secrets_in(tmp_path / "secrets", [])
    return tmp_path / "secrets"


def given(secrets: Path) -> dict[Path, str]:
    """Return what a gateway is given of them."""
    return {secrets / "identity" / "gateway": "/run/assay/identity", secrets / "door": "/run/assay/door"}


def test_as_they_are_made(secrets: Path) -> None:
    """What the suite's own command makes is well, and for how long is said."""
    assert "certificates are valid for 36" in looked_at(given(secrets))


@pytest.mark.parametrize(
    ("name", "content", "mode", "said"),
    [
        ("door/tls.crt", certificate(-10, -2), 0o644, "is not valid since 2 days"),
        ("door/tls.crt", certificate(1, 9), 0o644, "is not valid yet"),
        ("door/tls.crt", b"none", 0o644, "is no certificate"),
        ("door/tls.key", b"", 0o600, "is empty"),
        ("door/tls.key", b"key", 0o644, "can be read or written by others"),
        ("identity/gateway/nats.password", b"hunter2", 0o660, "can be read or written by others"),
    ],
)
def test_what_is_wrong(secrets: Path, name: str, content: bytes, mode: int, said: str) -> None:
    """What is over, not one, empty or open to others is named with its path; what it holds is not told."""
    (secrets / name).write_bytes(content)
    (secrets / name).chmod(mode)
    with pytest.raises(Ill, match=f"{name} {said}") as told:
        looked_at(given(secrets))
    assert told.value.remedy
    assert "hunter2" not in told.value.shown


def test_what_is_missing(secrets: Path) -> None:
    """A folder that is not there is missing; and a folder that Docker made in place of a file is no file."""
    with pytest.raises(Ill, match="identity/nobody is missing"):
        looked_at({secrets / "identity" / "nobody": "/run/assay/identity"})
    (secrets / "postgres" / "ca.crt").mkdir()
    with pytest.raises(Ill, match=r"ca\.crt is a folder, and should be a file"):
        looked_at({secrets / "postgres" / "ca.crt": "/run/assay/ca.crt"})


def test_a_chain() -> None:
    """A chain is valid as long as the first of its certificates that ends."""
    short = valid_until(certificate(-1, 3), "short")
    assert valid_until(certificate(-1, 9) + certificate(-1, 3), "chain") == pytest.approx(short, abs=60)
