"""Service tokens: what is taken, once, and that nothing else is, whatever is wrong with it."""

import base64
import datetime
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from assay.errors import QueueFull, Unauthenticated
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from host import tokens
from host.caller import Caller
from host.tokens import Seen, Signer, Verifier

METHOD = "/assay.v1.StageService/RunStages"
SERVICE = "assay.v1.StageService"
WHO = Caller("acme", "key_1", frozenset({"validations:write", "validations:read"}))

KEY = Ed25519PrivateKey.generate()
ANOTHER = Ed25519PrivateKey.generate()


def public_pem(key: Any) -> bytes:
    """Return the public key of a private one in PEM."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))


PUBLIC_PEM = public_pem(KEY)
PUBLIC_RAW = KEY.public_key().public_bytes_raw()


def verifier(most: int = 100) -> Verifier:
    """Return one that trusts two processes."""
    return Verifier({"gateway": KEY.public_key(), "engine": ANOTHER.public_key()}, most)


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a valid token, with some of them changed; None leaves one out."""
    now = time.time()
    made = {
        "iss": "gateway", "aud": SERVICE, "sub": "key_1", "iat": now, "exp": now + 30, "jti": "j-1",
        "method": METHOD, "tenant": "acme", "scope": "a b",
    }  # fmt: skip
    return {name: value for name, value in (made | changes).items() if value is not None}


def signed(key: Any = KEY, algorithm: str = "EdDSA", kid: Any = "gateway", **changes: Any) -> str:
    """Return a token with some of its claims changed."""
    return jwt.PyJWS().encode(json.dumps(claims(**changes)).encode(), key, algorithm, headers={"kid": kid})


def part(value: Any) -> str:
    """Return a part of a token."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def by_hand(header: Any, body: Any, sign: Callable[[bytes], bytes]) -> str:
    """Return a token that no library would make."""
    content = f"{part(header)}.{part(body)}"
    return f"{content}.{part(sign(content.encode()))}"


def refused(token: str, method: str = METHOD, by: Verifier | None = None) -> str:
    """Return what is said where a token is not taken."""
    with pytest.raises(Unauthenticated) as caught:
        (by or verifier()).verify(token, method)
    assert caught.value.metadata == {}
    return caught.value.message


REFUSAL = refused("")


def test_taken() -> None:
    """A token says on whose behalf a call is made, and what that one may."""
    held = verifier()
    assert held.verify(Signer("gateway", KEY, 30).sign(METHOD, WHO), METHOD) == WHO
    nobody = Caller("system", "", frozenset())
    assert held.verify(Signer("engine", ANOTHER, 60).sign(METHOD, nobody), METHOD) == nobody
    assert held.verify(signed(), METHOD) == Caller("acme", "key_1", frozenset("ab"))


def test_once() -> None:
    """A token is taken once, and that it was is all that keeps it from being taken again."""
    held, token = verifier(), signed()
    held.verify(token, METHOD)
    assert refused(token, by=held) == REFUSAL
    assert held.verify(signed(jti="j-2"), METHOD)
    # The identifiers of one signer are nothing to another's.
    assert held.verify(signed(ANOTHER, kid="engine", iss="engine"), METHOD)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "assay.v1.SandboxService"}, {"aud": ""}, {"aud": None}, {"aud": [SERVICE]}, {"aud": f"{SERVICE}x"},
        {"method": "/assay.v1.StageService/RunStage"}, {"method": None}, {"method": "*"}, {"method": [METHOD]},
        {"exp": 0}, {"exp": None}, {"exp": "never"}, {"exp": True}, {"exp": float("nan")}, {"exp": float("inf")},
        {"iat": None}, {"iat": 0}, {"iat": "now"}, {"iat": float("nan")}, {"iat": float("-inf")}, {"iat": False},
        {"jti": None}, {"jti": ""}, {"jti": 7}, {"jti": "x" * 65}, {"jti": ["j"]},
        {"iss": "engine"}, {"iss": None}, {"iss": ["gateway"]}, {"iss": "gateway "},
        {"tenant": None}, {"tenant": ""}, {"tenant": "a/b"}, {"tenant": "a\n"}, {"tenant": "x" * 65}, {"tenant": ["a"]},
        {"scope": None}, {"scope": ["a"]}, {"sub": None}, {"sub": 7}, {"nbf": 9e9},
    ],
)  # fmt: skip
def test_wrong_claim(changes: dict[str, Any]) -> None:
    """A token of a trusted signer with a claim that is wrong or missing is not taken, and it is not said which."""
    assert refused(signed(**changes)) == REFUSAL


@pytest.mark.parametrize(
    ("issued", "expires", "taken"),
    [
        (0, 60, True), (0, 60.5, False), (0, 61, False), (4, 34, True), (7, 37, False), (0, 0, False), (0, -1, False),
        (3600, 3660, False), (-1, 30, False),
    ],
)  # fmt: skip
def test_times(issued: float, expires: float, taken: bool) -> None:
    """A token is valid for a minute at most, from now on, give or take the few seconds that clocks may be apart."""
    held, now = verifier(), time.time()
    token = signed(iat=now + issued, exp=now + expires)
    if taken:
        assert held.verify(token, METHOD)
    else:
        assert refused(token, by=held) == REFUSAL


def test_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    """An expired token is not taken; one whose time was over a moment ago, by another clock, is."""
    began = time.time() - 100
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: began)
        held = verifier()
    now = time.time()
    assert refused(signed(iat=now - 36, exp=now - 6), by=held) == REFUSAL
    assert held.verify(signed(iat=now - 33, exp=now - 3), METHOD)


def test_older_than_the_process() -> None:
    """What was signed before a process began is not taken: the one before it may have taken it already."""
    token = signed()
    assert refused(token) == REFUSAL


def test_altered() -> None:
    """A token of which any one character is another is not taken, wherever it stands."""
    held, token = verifier(), signed()
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "Q"
        # The last characters of a part may hold bits that are not used; a library that is strict refuses those too.
        altered = token[:place] + other + token[place + 1 :]
        try:
            held.verify(altered, METHOD)
        except Unauthenticated:
            continue
        assert base64.urlsafe_b64decode(altered.split(".")[2] + "==") == base64.urlsafe_b64decode(
            token.split(".")[2] + "=="
        )
        held = verifier()
    body = claims(tenant="other")
    header, _, signature = token.split(".")
    assert refused(f"{header}.{part(body)}.{signature}") == REFUSAL


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", ""])
def test_no_algorithm(name: str) -> None:
    """A token that says that it needs no signature is not taken."""
    for signature in (b"", b"x"):
        unsigned = f"{part({'alg': name, 'typ': 'JWT', 'kid': 'gateway'})}.{part(claims())}.{part(signature)}"
        assert refused(unsigned) == REFUSAL


@pytest.mark.parametrize(
    "secret", [PUBLIC_PEM, PUBLIC_RAW, PUBLIC_PEM.strip(), b""], ids=["pem", "raw", "stripped", "empty"]
)
@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_key_as_secret(algorithm: str, secret: bytes) -> None:
    """A token whose signature is made with the public key as a shared secret is not taken."""
    digest = hashlib.sha256 if algorithm == "HS256" else hashlib.sha512
    for named in (algorithm, "EdDSA"):
        token = by_hand(
            {"alg": named, "typ": "JWT", "kid": "gateway"}, claims(), lambda text: hmac.digest(secret, text, digest)
        )
        assert refused(token) == REFUSAL


def test_another_key() -> None:
    """A token that somebody signed who is not the one it names is not taken, be that one trusted or not."""
    stranger = Ed25519PrivateKey.generate()
    assert refused(signed(stranger)) == REFUSAL
    assert refused(signed(stranger, kid="stranger", iss="stranger")) == REFUSAL
    assert refused(signed(ANOTHER)) == REFUSAL
    assert refused(signed(ANOTHER, kid="engine")) == REFUSAL
    assert refused(signed(KEY, kid="engine", iss="engine")) == REFUSAL
    assert refused(signed(rsa.generate_private_key(65537, 2048), "RS256")) == REFUSAL
    assert refused(signed(ec.generate_private_key(ec.SECP256R1()), "ES256")) == REFUSAL


def test_key_in_the_token() -> None:
    """A key, or a place to get it from, that a token brings along counts for nothing."""
    stranger = Ed25519PrivateKey.generate()
    x = part(stranger.public_key().public_bytes_raw())
    for extra in (
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}},
        {"jku": "https://x.invalid/"},
        {"x5u": "file:///"},
    ):
        token = by_hand({"alg": "EdDSA", "kid": "gateway"} | extra, claims(), stranger.sign)
        assert refused(token) == REFUSAL


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "..", "...", "a.b.c", " ", "x" * 4097, "x" * 100_000, "\0", "é.é.é", part([]) + ".e30.",
        part({"kid": ["gateway"]}) + ".e30.", part({"kid": "gateway"}) + ".e30.", part(b"[" * 2500) + ".e30.",
        part(b'{"kid":"gateway","kid":1}') + ".e30.", part(b"\xff") + ".e30.", part(7) + ".e30.",
    ],
)  # fmt: skip
def test_no_token(token: str) -> None:
    """What is no token at all is not taken, and breaks nothing."""
    assert refused(token) == REFUSAL


@pytest.mark.parametrize("extra", [{"crit": ["exp"]}, {"b64": False}, {"b64": False, "crit": ["b64"]}, {"zip": "DEF"}])
def test_odd_header(extra: dict[str, Any]) -> None:
    """A token that wants to be read in another way than ours is either read in ours or not taken."""
    held = verifier()
    token = by_hand({"alg": "EdDSA", "kid": "gateway"} | extra, claims(), KEY.sign)
    try:
        assert held.verify(token, METHOD).tenant == "acme"
    except Unauthenticated:
        assert "crit" in extra or "b64" in extra


def test_full() -> None:
    """Where no more tokens can be remembered none is taken, until some expire; one that was seen is still known."""
    held = verifier(most=2)
    first = signed(jti="1")
    held.verify(first, METHOD)
    held.verify(signed(jti="2"), METHOD)
    with pytest.raises(QueueFull) as caught:
        held.verify(signed(jti="3"), METHOD)
    assert caught.value.retry_after == 1
    assert refused(first, by=held) == REFUSAL
    assert refused(signed(ANOTHER), by=held) == REFUSAL


def test_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen is remembered until its time is over, and then makes room."""
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    seen = Seen(3)
    assert seen.add(("a", "1"), 10)
    assert seen.add(("a", "2"), 5)
    assert seen.add(("a", "3"), 20)
    now = 1005.0
    assert not seen.add(("a", "2"), 5)
    now = 1005.1
    assert seen.add(("a", "4"), 30)
    assert not seen.add(("a", "1"), 10)
    with pytest.raises(QueueFull):
        seen.add(("a", "5"), 30)
    now = 2000.0
    assert seen.add(("a", "1"), 10)
    assert (len(seen._known), len(seen._ends)) == (1, 1)


def test_clock_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the clock of the machine is set back tokens are taken again after a minute, each of them once."""
    held, past, elapsed = verifier(), time.time() - 3600, time.monotonic()

    class SetBack(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "SetBack":
            return cls.fromtimestamp(past, tz)

    monkeypatch.setattr("jwt.api_jwt.datetime", SetBack)
    monkeypatch.setattr(time, "time", lambda: past)
    monkeypatch.setattr(time, "monotonic", lambda: elapsed)
    token = signed()
    assert refused(token, by=held) == REFUSAL
    elapsed += 66
    assert held.verify(token, METHOD)
    assert refused(token, by=held) == REFUSAL


def test_strangers_fill_nothing() -> None:
    """A token that is not taken is not remembered."""
    held = verifier(most=1)
    for number in range(20):
        refused(signed(ANOTHER, jti=str(number)), by=held)
        refused(signed(jti=str(number), aud="other"), by=held)
    assert held.verify(signed(), METHOD)


def test_secrets_differ() -> None:
    """No two tokens are alike, and none is longer than one may be."""
    signer = Signer("gateway", KEY, 30)
    made = [signer.sign(METHOD, WHO) for _ in range(50)]
    assert len({json.loads(base64.urlsafe_b64decode(one.split(".")[1] + "=="))["jti"] for one in made}) == 50
    assert max(map(len, made)) < tokens.MAX_BYTES / 4
