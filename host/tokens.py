"""
Service tokens: what one process of the suite shows to another with every call.

A token is a JSON Web Token (RFC 7519), signed with Ed25519 (RFC 8037), for one call: it names who signed it, the
service and the method that are called, on whose behalf, and an identifier by which it is taken once. It is valid for a
minute at most. See docs/security.md.
"""

import heapq
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

import jwt
import structlog
from assay.errors import QueueFull, Unauthenticated
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.utils import base64url_decode

from host.caller import Caller, is_tenant

_log = structlog.get_logger("assay.tokens")

ALGORITHM = "EdDSA"

MAX_SECONDS = 60.0
"""The longest that a token may be valid, whatever it says."""

SKEW_SECONDS = 5.0
"""How far the clocks of two machines may be apart."""

MAX_BYTES = 4096
"""The longest token that is looked at."""

MAX_JTI = 64

_REQUIRED = ("iss", "aud", "sub", "iat", "exp", "jti", "method", "tenant", "scope")


def service_of(method: str) -> str:
    """Return the full name of a method's service: "assay.v1.StageService" of "/assay.v1.StageService/RunStage"."""
    return method.lstrip("/").partition("/")[0]


class Signer:
    """
    Signs tokens.

    :param name: What the process calls itself.
    :param seconds: How long they are valid.
    """

    def __init__(self, name: str, key: Ed25519PrivateKey, seconds: float) -> None:
        self.name = name
        self._key = key
        self._seconds = seconds

    def sign(self, method: str, who: Caller) -> str:
        """
        Return a token for one call.

        :param method: Its full path, for example "/assay.v1.StageService/RunStage".
        :param who: On whose behalf it is made.
        """
        now = time.time()
        claims = {
            "iss": self.name,
            "aud": service_of(method),
            "sub": who.name,
            "iat": now,
            "exp": now + self._seconds,
            "jti": secrets.token_urlsafe(16),
            "method": method,
            "tenant": who.tenant,
            "scope": " ".join(sorted(who.scopes)),
        }
        return jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self.name})


class Refused(Exception):
    """Why a token is not taken: for the log of the service that refused it, never for who showed it."""


class Verifier:
    """
    Takes tokens, each once.

    Those that were shown before this process began are not taken: it cannot know which of them another, in whose place
    it is, has taken.

    :param trusted: The keys of those whose tokens are taken, by their names.
    :param most: How many tokens are remembered; with more, none is taken until some expire.
    """

    def __init__(self, trusted: Mapping[str, Ed25519PublicKey], most: int) -> None:
        self._trusted = dict(trusted)
        self._seen = Seen(most)
        self._began = time.time()
        # By then what was signed before has expired. Not by the clock of the machine, which may be set back.
        self._is_young_until = time.monotonic() + MAX_SECONDS + SKEW_SECONDS

    def verify(self, token: str, method: str) -> Caller:
        """
        Return on whose behalf a call is made.

        :param method: The full path of the method that is called.
        :raises Unauthenticated: The token is not valid for this call; does not say why.
        :raises QueueFull: More tokens came than can be remembered.
        """
        try:
            claims = self._claims(token, method)
            who = _who(claims)
            new = self._seen.add((claims["iss"], claims["jti"]), claims["exp"] + SKEW_SECONDS - time.time())
        except QueueFull:
            raise
        except Exception as error:  # noqa: BLE001  # what a stranger sends may break anything; none of it is taken
            _log.info("token refused", method=method, reason=_reason(error))
            raise Unauthenticated("the call has no valid token") from None
        if not new:
            _log.warning("token refused", method=method, reason="shown twice", issuer=claims["iss"])
            raise Unauthenticated("the call has no valid token")
        return who

    def _claims(self, token: str, method: str) -> dict[str, Any]:
        if len(token) > MAX_BYTES:
            raise Refused("too long")
        issuer = _signer_of(token)
        key = self._trusted.get(issuer)
        if key is None:
            raise Refused("of a signer that is not trusted")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            [ALGORITHM],
            audience=service_of(method),
            issuer=issuer,
            leeway=SKEW_SECONDS,
            options={"require": list(_REQUIRED), "strict_aud": True},
        )
        self._check(claims, method)
        return claims

    def _check(self, claims: Mapping[str, Any], method: str) -> None:
        """Check what is ours to say of a token; its signature, times, signer and audience are checked already."""
        issued, expires = claims["iat"], claims["exp"]
        if not all(type(number) in {int, float} for number in (issued, expires)):
            raise Refused("its times are no numbers")
        # Not the other way round: whatever is no number compares as false.
        if not 0 < expires - issued <= MAX_SECONDS:
            raise Refused("valid for too long")
        if issued < self._began and time.monotonic() < self._is_young_until:
            raise Refused("older than this process")
        if claims["method"] != method:
            raise Refused("for another method")
        if not isinstance(claims["jti"], str) or not 0 < len(claims["jti"]) <= MAX_JTI:
            raise Refused("its identifier is none")


def _signer_of(token: str) -> str:
    """Return who a token says has signed it. PyJWT can tell too, and would take the whole token apart for it."""
    header: Any = json.loads(base64url_decode(token.partition(".")[0]))
    return str(header["kid"])


def _who(claims: Mapping[str, Any]) -> Caller:
    tenant, name, scope = claims["tenant"], claims["sub"], claims["scope"]
    if not isinstance(tenant, str) or not is_tenant(tenant) or not isinstance(scope, str):
        raise Refused("its tenant is none")
    return Caller(tenant, str(name), frozenset(scope.split()))


def _reason(error: Exception) -> str:
    # The text of a foreign error may hold what the stranger sent.
    return str(error) if isinstance(error, Refused) else type(error).__name__


class Seen:
    """
    What was seen, each until its time is over.

    :param most: How many are remembered.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[tuple[str, str]] = set()
        self._ends: list[tuple[float, tuple[str, str]]] = []

    def add(self, what: tuple[str, str], seconds: float) -> bool:
        """
        Remember something, and say whether it is new.

        :param seconds: After which it may be forgotten.
        :raises QueueFull: As much is remembered as may be.
        """
        now = time.monotonic()
        while self._ends and self._ends[0][0] < now:
            self._known.discard(heapq.heappop(self._ends)[1])
        if what in self._known:
            return False
        if len(self._known) >= self._most:
            raise QueueFull("more calls come than can be told from one another", retry_after=1.0)
        self._known.add(what)
        heapq.heappush(self._ends, (now + seconds, what))
        return True
