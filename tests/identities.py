"""Keys and certificates of the processes of a suite, made for a test."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from host import tls, token_keys
from host.peers import Peers
from host.settings_network import TlsSettings, TokenSettings
from tests.certificates import Authority


class Identities:
    """
    Processes that trust one another by their names.

    :param folder: Where files go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = Authority(folder)
        self._made: dict[str, Path] = {}

    def environment(self, name: str, *, trusts: Sequence[str]) -> Mapping[str, str]:
        """Return the settings of a process that is called by some others, and calls by its own name."""
        pair = self._authority.signed(f"{name}.test")
        trusted = {other: str(self._key(other).with_suffix(".pub")) for other in trusts}
        return {
            "ASSAY_TLS__CERTIFICATE": str(pair.certificate),
            "ASSAY_TLS__KEY": str(pair.key),
            "ASSAY_TLS__CA": str(self._authority.path),
            "ASSAY_TOKENS__NAME": name,
            "ASSAY_TOKENS__SIGNING_KEY": str(self._key(name)),
            "ASSAY_TOKENS__TRUSTED": json.dumps(trusted),
        }

    def peers(self, name: str, addresses: Mapping[str, str]) -> Peers:
        """Return channels on which a process calls others by its name."""
        signer = token_keys.read(TokenSettings(name=name, signing_key=self._key(name)), []).signer
        return Peers(addresses, tls=tls.read(TlsSettings(ca=self._authority.path)), signer=signer)

    def strangers(self, addresses: Mapping[str, str]) -> Peers:
        """Return channels on which one calls that has the authority's certificate, and no key."""
        return Peers(addresses, tls=tls.read(TlsSettings(ca=self._authority.path)))

    def _key(self, name: str) -> Path:
        if name not in self._made:
            private, public = token_keys.new_key_pair()
            path = self._folder / f"{name}.token"
            path.touch(mode=0o600)
            path.write_bytes(private)
            path.with_suffix(".pub").write_bytes(public)
            self._made[name] = path
        return self._made[name]
