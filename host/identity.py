"""How a process is told who calls, and tells its own peers: as the settings and its address have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.addresses import is_local

from host.interceptors.authentication import Identify, by_headers, by_nothing, by_token
from host.listening import CannotListen
from host.settings_network import TokenSettings

if TYPE_CHECKING:
    from host.tokens import Signer


@dataclass(frozen=True, slots=True)
class Identity:
    """
    What a process goes by.

    :param identify: Says who calls it.
    :param signer: Signs what it tells its peers; None: nothing is signed.
    """

    identify: Identify
    signer: "Signer | None" = None


def identity_of(settings: TokenSettings, serves: Sequence[str], listen: str) -> Identity:
    """
    Return how a process is told who calls.

    Where keys are trusted it is a token, wherever it listens. Else it is what is said on a socket that only its owner
    can open, and on a port of this machine alone everybody is the person at it.

    :param serves: The names of the services that the process serves.
    :param listen: Where it listens.
    :raises host.settings.BadSettings: A key cannot be used.
    :raises CannotListen: Without tokens, other machines would reach it.
    """
    if not settings.trusted and settings.signing_key is None:
        return Identity(_without_tokens(listen))
    # Imported here: most suites are one process, and cryptography takes a while to load.
    from host import token_keys

    read = token_keys.read(settings, serves)
    return Identity(by_token(read.verifier) if read.verifier else _without_tokens(listen), read.signer)


def _without_tokens(listen: str) -> Identify:
    if listen.startswith("unix:"):
        return by_headers
    if is_local(listen):
        return by_nothing
    raise CannotListen(
        f"cannot listen on {listen!r}: other machines could call, and nothing would tell who does; set "
        "ASSAY_TOKENS__TRUSTED, or listen on 127.0.0.1 or a Unix socket"
    )
