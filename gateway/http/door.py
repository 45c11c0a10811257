"""What the HTTP side knows of the gateway that it is a part of: the way in, who may come in, and when it closes."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import grpc.aio
from assay.errors import InvalidArgument, QueueFull, Unauthenticated
from google.protobuf.message_factory import GetMessageClass
from starlette.requests import HTTPConnection

from gateway.contract import PublicMethod
from gateway.http.problems import HttpFailure
from host.settings_network import GatewaySettings

TIMEOUT_HEADER = "x-timeout-seconds"
"""How long a client wants to wait: the deadline of the call."""

USED = "x-assay-used-"
"""How the trailing metadata begins, and so the headers, that tell what a call used."""

FORWARDED = ("traceparent", "tracestate")
"""Headers that become metadata as they are, besides authorization."""

BODIES_AT_ONCE = 8
"""How many requests of the largest size are held in memory at one time; what comes beyond is told to come back."""

Metadata = tuple[tuple[str, str], ...]

Admit = Callable[[Sequence[str], str, str, str], Awaitable[str]]
"""See :meth:`gateway.doorkeeper.Doorkeeper.admit`."""

_KEY = re.compile(r"[\x20-\x7e]{1,1024}")
_TRACE = re.compile(r"[\x20-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class Door:
    """
    The gateway, as its HTTP side sees it.

    :param channel: To the gateway's private listener.
    :param admit: Asked before anything is read, so that who has no key makes nobody hold anything.
    :param exposition: Returns the metrics in Prometheus' form.
    :param stopping: Set when the gateway is about to stop: streams that follow something end.
    """

    channel: grpc.aio.Channel
    settings: GatewaySettings
    admit: Admit
    exposition: Callable[[], bytes]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    room: "Room" = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "room", Room(self.settings.max_message_bytes * BODIES_AT_ONCE))

    def caller(self, method: PublicMethod) -> Any:
        """Return what begins a call of a method, whatever its shape: a function of requests, metadata and timeout."""
        requests = "stream" if method.request_streaming else "unary"
        answers = "stream" if method.response_streaming else "unary"
        return getattr(self.channel, f"{requests}_{answers}")(
            method.path,
            request_serializer=GetMessageClass(method.request).SerializeToString,
            response_deserializer=GetMessageClass(method.response).FromString,
        )

    async def tenant_of(self, connection: HTTPConnection, shown: Sequence[str], method: PublicMethod) -> str:
        """
        Return the tenant whose request may go on.

        :raises AssayError: It may not.
        """
        return await self.admit(shown, method.scope, method.path, address(connection))


class Room:
    """
    The memory that the bodies of requests may take together, and half of it those of one tenant.

    :param most: In bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._used: Counter[str] = Counter()

    def take(self, tenant: str, size: int) -> None:
        """
        Take room for some bytes.

        :raises QueueFull: There is none now.
        """
        if self._used.total() + size > self._most or self._used[tenant] + size > self._most / 2:
            raise QueueFull("too many large requests at one time", retry_after=1.0)
        self._used[tenant] += size

    def give(self, tenant: str, size: int) -> None:
        """Give room back."""
        self._used[tenant] -= size
        if not self._used[tenant]:
            del self._used[tenant]


def authorization(connection: HTTPConnection) -> list[str]:
    """Return the values of all authorization headers."""
    return connection.headers.getlist("authorization")


def address(connection: HTTPConnection) -> str:
    """Return the address of a request's client, or of the proxy before us; empty: it is not known any more."""
    return connection.client.host if connection.client else ""


def metadata(connection: HTTPConnection, shown: Sequence[str]) -> Metadata:
    """
    Return what goes along with the call of a request.

    :param shown: The values of the authorization headers; the gateway judges them.
    :raises Unauthenticated: They cannot be sent on, so they hold no key.
    """
    if not all(_KEY.fullmatch(value) for value in shown):
        raise Unauthenticated("a valid key is needed: authorization: Bearer KEY")
    pairs = [("authorization", value) for value in shown]
    for name in FORWARDED:
        value = connection.headers.get(name, "")
        if _TRACE.fullmatch(value):
            pairs.append((name, value))
    pairs.append(("x-forwarded-for", address(connection)))
    return tuple(pairs)


def seconds(connection: HTTPConnection, most: float, otherwise: float | None) -> float | None:
    """
    Return how long a request may take.

    :param otherwise: What holds where the client says nothing.
    :raises InvalidArgument: What it says is no time.
    """
    said = connection.headers.get(TIMEOUT_HEADER)
    if said is None:
        return otherwise
    try:
        found = float(said)
    except ValueError:
        found = math.nan
    if not found > 0:
        raise InvalidArgument(TIMEOUT_HEADER, "must be a number of seconds above zero")
    return min(found, most)


def used(trailing: Any) -> dict[str, str]:
    """Return what a call used, by the names of its trailing metadata."""
    return {key: value for key, value in trailing or () if key.startswith(USED) and isinstance(value, str)}


def too_large(most: int) -> HttpFailure:
    """Return the failure of a request that is larger than any may be."""
    return HttpFailure(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, InvalidArgument("", f"the request is larger than {most} bytes")
    )
