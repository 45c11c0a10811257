"""Certificates of an authority of one's own, for the addresses of services; everything in PEM."""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = datetime.timedelta(days=3650)
"""How long they are valid: nobody is there who would renew them. A file that is removed is made anew."""

SKEW = datetime.timedelta(days=1)
"""How far the clock of a machine that looks at them may be behind."""


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority: its certificate and its private key."""

    certificate: bytes
    key: bytes

    def signed(self, key: bytes, names: Sequence[str], *, calls: bool = False) -> bytes:
        """
        Return a certificate of a server's key, for host names and addresses.

        :param calls: Whether it also calls others of its kind, and shows them its certificate.
        """
        issuer = x509.load_pem_x509_certificate(self.certificate)
        made = _of_server(key, names, issuer.subject, _loaded(self.key).public_key(), calls=calls)
        return made.sign(_loaded(self.key), hashes.SHA256()).public_bytes(Encoding.PEM)


def new_key() -> bytes:
    """Return a new private key (P-256, PKCS 8)."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def of_authority(key: bytes, name: str) -> bytes:
    """Return the certificate of a new authority, which signs servers and no further authorities."""
    own = _loaded(key)
    subject = _named(name)
    made = (
        _begun(subject, subject, own.public_key(), own.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_others=True), critical=True)
    )
    return made.sign(own, hashes.SHA256()).public_bytes(Encoding.PEM)


def self_signed(key: bytes, names: Sequence[str]) -> bytes:
    """Return a certificate of a server's key that vouches for itself: whoever calls has to be given it."""
    own = _loaded(key)
    made = _of_server(key, names, _named(names[0]), own.public_key())
    return made.sign(own, hashes.SHA256()).public_bytes(Encoding.PEM)


def _of_server(
    key: bytes, names: Sequence[str], issuer: x509.Name, issuer_key: ec.EllipticCurvePublicKey, *, calls: bool = False
) -> x509.CertificateBuilder:
    usages = (ExtendedKeyUsageOID.SERVER_AUTH, *((ExtendedKeyUsageOID.CLIENT_AUTH,) if calls else ()))
    usage = x509.ExtendedKeyUsage(usages)
    return (
        _begun(_named(names[0]), issuer, _loaded(key).public_key(), issuer_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_others=False), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, issuer_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _loaded(key: bytes) -> ec.EllipticCurvePrivateKey:
    loaded = load_pem_private_key(key, None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise ValueError("it is no key of an elliptic curve")
    return loaded
