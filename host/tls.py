"""Encryption between the processes of the suite, as the settings say."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from host.key_files import read_public, read_secret
from host.settings import BadSettings
from host.settings_network import TlsSettings

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


@dataclass(frozen=True, slots=True)
class Tls:
    """
    What a process encrypts with. Unix sockets are never encrypted.

    :param server: For those that call this process; None: it listens without encryption.
    :param peers: For calls to other processes; None: they go out without encryption.
    :param own: For calls of this process to itself, which shows the certificate that it has.
    :param own_name: A name in that certificate; empty: it has none. The address that this process listens on need not
        be one.
    """

    server: grpc.ServerCredentials | None = None
    peers: grpc.ChannelCredentials | None = None
    own: grpc.ChannelCredentials | None = None
    own_name: str = ""


def read(settings: TlsSettings) -> Tls:
    """
    Read the files that the settings name.

    :raises BadSettings: One of them cannot be used, or one is missing that belongs to another.
    """
    trusted = authorities(settings.ca, "ASSAY_TLS__CA") if settings.ca else None
    peers = grpc.ssl_channel_credentials(trusted) if trusted else None
    pair = key_pair(settings.certificate, settings.key, "ASSAY_TLS")
    if pair is None:
        return Tls(peers=peers)
    chain, key, certificate = pair
    own = grpc.ssl_channel_credentials(trusted or chain)
    return Tls(grpc.ssl_server_credentials([(key, chain)]), peers, own, _name_of(certificate))


def key_pair(certificate: Path | None, key: Path | None, section: str) -> "tuple[bytes, bytes, Certificate] | None":
    """
    Read a certificate chain and its private key; None where there is none.

    :param section: The settings that name them, for the error: "ASSAY_TLS" has ASSAY_TLS__CERTIFICATE.
    :raises BadSettings: One is there without the other, cannot be read, or does not belong to the other.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing, other = ("CERTIFICATE", "KEY") if certificate is None else ("KEY", "CERTIFICATE")
        raise BadSettings(f"the setting {section}__{missing}: it is missing, and {section}__{other} is there")
    chain = read_public(certificate, f"{section}__CERTIFICATE")
    secret = read_secret(key, f"{section}__KEY")
    return chain, secret, _belonging(chain, secret, section)


def _belonging(chain: bytes, secret: bytes, section: str) -> "Certificate":
    """Return the first certificate of a chain, and make sure that it is the key's."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    leaf = _certificates(chain, f"{section}__CERTIFICATE")[0]
    try:
        private = load_pem_private_key(secret, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadSettings(f"the setting {section}__KEY: it is no private key in PEM without a password") from None
    if private.public_key() != leaf.public_key():
        raise BadSettings(f"the setting {section}__KEY: it is not the key of {section}__CERTIFICATE")
    return leaf


def authorities(path: Path, setting: str) -> bytes:
    """
    Read certificates of authorities.

    :param setting: The name of the setting that says where they are, for the error.
    :raises BadSettings: They cannot be read, or are none.
    """
    content = read_public(path, setting)
    _certificates(content, setting)
    return content


def _certificates(content: bytes, setting: str) -> "list[Certificate]":
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError:
        raise BadSettings(f"the setting {setting}: it holds no certificates in PEM") from None


def _name_of(certificate: "Certificate") -> str:
    """Return a name that the certificate is for, without which gRPC takes it for nobody's."""
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    found = [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
    return found[0] if found else ""
