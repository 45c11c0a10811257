"""What a service is: something that opens what it needs and says what it registers on the server."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import grpc.aio

from host.backbone import Backbone
from host.events.port import Bus
from host.settings import Settings


@dataclass(frozen=True, slots=True)
class Registration:
    """
    One gRPC service on the server.

    :param name: Its full name, for example "assay.v1.SandboxService".
    :param add: Adds the servicer to the server.
    """

    name: str
    add: Callable[[grpc.aio.Server], None]


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """
    What the host gives to a service.

    :param names: The names of the catalog that this service is to serve here, for example ("static", "semantic").
    :param channel: Returns the channel to a peer by its name in the catalog. The host owns it; never close it.
    :param stopping: Set when the server is about to stop: before the doors are closed, before it takes no new calls,
        and before it lets those under way end.
    :param backbone: What connects the processes of the suite besides calls.
    :param before_stop: What is waited for after that and before it takes no new calls, the last one added first: a door
        of the suite lets the calls that came through it end while their services still answer.
    """

    names: tuple[str, ...]
    settings: Settings
    channel: Callable[[str], grpc.aio.Channel]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    backbone: Backbone = field(default_factory=Backbone)
    before_stop: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    @property
    def events(self) -> Bus:
        """The bus."""
        return self.backbone.events


Service = Callable[[ServiceContext], AbstractAsyncContextManager[Sequence[Registration]]]
"""
A service. Entering opens what it needs (a pool, a database) and returns its registrations; leaving closes it. It is
left after the server has drained, so no call is under way by then.
"""
