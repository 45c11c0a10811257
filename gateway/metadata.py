"""Which metadata goes through the door: what belongs to one connection, or says who calls, stays where it is."""

import re
from collections.abc import Iterable, Iterator

import grpc.aio
from opentelemetry import propagate

Pair = tuple[str, str | bytes]

HOP_BY_HOP = frozenset({
    "connection", "content-length", "content-type", "host", "keep-alive", "te", "trailer", "transfer-encoding",
    "upgrade", "user-agent",
})  # fmt: skip
"""What is about one connection, and not about the call (RFC 9110, section 7.6.1); each side of the door has its own."""

CREDENTIALS = frozenset({"authorization", "cookie", "forwarded", "proxy-authenticate", "proxy-authorization"})
"""What says who calls, and from where. It is the door's to judge; nobody behind it is shown it."""

PRIVATE = ("grpc-", "x-assay-", "x-forwarded-", "x-real-ip")
"""What begins so is said by gRPC itself and by the door alone."""

STATUS_DETAILS = "grpc-status-details-bin"
"""The details of a status, the one key of gRPC's own that goes through."""

MOST_KEY_BYTES = 64
"""The longest key that goes through; no client of the contract needs any."""

_KEY = re.compile(r"[0-9a-z_.-]+")


def onward(metadata: Iterable[Pair] | None) -> grpc.aio.Metadata:
    """Return what a peer is told of the metadata of a call. The trace goes on by the interceptor that knows it."""
    traces = propagate.get_global_textmap().fields
    pairs = ((key, value) for key, value in metadata or () if _is_the_calls(key, value) and key not in traces)
    return grpc.aio.Metadata(*pairs)


def back(metadata: Iterable[Pair] | None) -> tuple[Pair, ...]:
    """
    Return what a client is told of the metadata of an answer, initial or trailing.

    What a call used is told by the interceptor that adds it up.
    """
    return tuple(_answered(metadata or ()))


def _answered(metadata: Iterable[Pair]) -> Iterator[Pair]:
    for key, value in metadata:
        if key == STATUS_DETAILS or _is_the_calls(key, value):
            yield key, value


def _is_the_calls(key: str, value: str | bytes) -> bool:
    if len(key) > MOST_KEY_BYTES or not _KEY.fullmatch(key):
        return False
    if key in HOP_BY_HOP or key in CREDENTIALS or key.startswith(PRIVATE):
        return False
    return isinstance(value, bytes) or (value.isascii() and value.isprintable())
