"""Who calls: by a key, by a client's certificate, or, where the door is open, by nothing."""

from collections.abc import Mapping, Sequence

from assay.errors import InvalidArgument, PermissionDenied, Unauthenticated

from gateway.key_ring import KeyRing
from gateway.keys import check_tenant
from gateway.scopes import granted
from host.caller import Caller
from host.settings import BadSettings
from host.settings_network import CertificateSettings, GatewaySettings

OPEN = Caller(name="open")
"""Who calls without a key where none is needed: the local tenant, which may do everything."""

_REFUSAL = "a valid key is needed: authorization: Bearer KEY"
"""The one thing that is said, whatever is wrong: missing, mistyped, unknown, expired and revoked look alike."""


class Authenticator:
    """
    Says who calls.

    A key is taken from the authorization header and from nowhere else. What a call shows has to be right: a wrong key
    is refused where a certificate alone would do, and where the door is open. A key and a certificate that stand for
    different tenants are refused together.

    :param certificates: What clients' certificates allow, by a name in the certificate.
    :param is_open: Whether calls that show nothing are taken.
    """

    def __init__(
        self, ring: KeyRing, certificates: Mapping[str, CertificateSettings] | None = None, *, is_open: bool = False
    ) -> None:
        self._ring = ring
        self._certificates = {name: _caller_of(name, settings) for name, settings in (certificates or {}).items()}
        self._is_open = is_open

    @property
    def knows_certificates(self) -> bool:
        """Whether a client's certificate can tell who calls."""
        return bool(self._certificates)

    async def authenticate(self, authorization: Sequence[str], names: Sequence[str] = ()) -> Caller:
        """
        Return who calls.

        :param authorization: The values of all authorization headers.
        :param names: The names in a certificate that was verified.
        :raises Unauthenticated: Nothing that is shown is valid, or nothing is shown where something has to be.
        :raises StoreUnavailable: The database does not say.
        """
        certified = next((self._certificates[name] for name in names if name in self._certificates), None)
        if not authorization:
            found = certified or (OPEN if self._is_open else None)
        else:
            found = await self._by_key(authorization)
            if found and certified and found.tenant != certified.tenant:
                found = None
        if found is None:
            raise Unauthenticated(_REFUSAL)
        return found

    async def _by_key(self, authorization: Sequence[str]) -> Caller | None:
        scheme, _, text = authorization[0].partition(" ")
        if len(authorization) > 1 or scheme.lower() != "bearer":
            return None
        key = await self._ring.find(text.strip(" "))
        return None if key is None else Caller(key.tenant, key.id, key.scopes)


def authenticator(settings: GatewaySettings, ring: KeyRing) -> Authenticator:
    """
    Return what the settings ask for.

    :raises BadSettings: A certificate is given a tenant that cannot be one, or a scope that does not exist.
    """
    for name, certificate in settings.client_certificates.items():
        try:
            check_tenant(certificate.tenant)
            granted(certificate.scopes)
        except InvalidArgument as error:
            raise BadSettings(f"the setting ASSAY_GATEWAY__CLIENT_CERTIFICATES, of {name!r}: {error.message}") from None
    return Authenticator(ring, settings.client_certificates, is_open=settings.open)


def require(who: Caller, scope: str) -> None:
    """
    Check that a caller may do something.

    :raises PermissionDenied: It may not.
    """
    if not who.may(scope):
        raise PermissionDenied(f"the key does not allow this: it lacks the scope {scope!r}", metadata={"scope": scope})


def _caller_of(name: str, settings: CertificateSettings) -> Caller:
    return Caller(settings.tenant, f"certificate:{name}", frozenset(settings.scopes))
