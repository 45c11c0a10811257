"""Channels to services by their names in the catalog."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import grpc.aio
from assay.client import CHANNEL_OPTIONS
from assay.errors import Unavailable
from assay.outgoing import adapted

from host.interceptors.authentication import OutgoingIdentity
from host.interceptors.chain import outgoing
from host.tls import Tls

if TYPE_CHECKING:
    from host.tokens import Signer

Options = tuple[tuple[str, str | int], ...]

REPLICAS = ("dns:", "ipv4:", "ipv6:")
"""What an address begins with that stands for several replicas, as gRPC writes them."""

SPREAD: Options = (
    ("grpc.lb_policy_name", "round_robin"),
    # gRPC asks for a name again when a connection ends, and by itself no sooner than after half a minute: as long
    # would a peer stay away that came back at another address.
    ("grpc.dns_min_time_between_resolutions_ms", 1_000),
)
"""Calls go to all replicas by turns, over a connection to each."""


class Peers:
    """
    The channels of one process, one for each address, made when first asked for.

    :param addresses: Where the services are, by name: "host:port", "unix:/path", or for several replicas, to which
        calls go by turns, "dns:///host:port", whose name has an address for each, or "ipv4:host:port,host:port".
    :param own: The one of the addresses that is this process's own.
    :param tls: What calls are encrypted with.
    :param signer: Signs what tells the peers who calls; None: nothing is signed.
    """

    def __init__(
        self, addresses: Mapping[str, str], *, own: str = "", tls: Tls | None = None, signer: "Signer | None" = None
    ) -> None:
        self._addresses = dict(addresses)
        self._own = own
        self._tls = tls or Tls()
        self._signer = signer
        self._channels: dict[str, grpc.aio.Channel] = {}

    def channel(self, name: str) -> grpc.aio.Channel:
        """
        Return the channel to a service.

        :raises Unavailable: No address is configured for it.
        """
        address = self._addresses.get(name)
        if address is None:
            raise Unavailable(
                f"no service {name!r} is configured: serve it in this process, or set its address in ASSAY_PEERS",
                metadata={"service": name},
            )
        if address not in self._channels:
            self._channels[address] = self._open(address)
        return self._channels[address]

    def _open(self, address: str) -> grpc.aio.Channel:
        private = address.startswith("unix:")
        identity = OutgoingIdentity(self._signer, private=private)
        return adapted(self._connected(address, private=private), outgoing(identity))

    def _connected(self, address: str, *, private: bool) -> grpc.aio.Channel:
        credentials = self._tls.own if address == self._own else self._tls.peers
        options: Options = (*CHANNEL_OPTIONS, *(SPREAD if address.startswith(REPLICAS) else ()))
        if private or credentials is None:
            return grpc.aio.insecure_channel(address, options=options)
        if address == self._own and self._tls.own_name:
            options += (("grpc.ssl_target_name_override", self._tls.own_name),)
        return grpc.aio.secure_channel(address, credentials, options=options)

    async def close(self) -> None:
        """Close every channel; calls under way on them end as cancelled."""
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()
