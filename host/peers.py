"""Channels to services by their names in the catalog."""

from collections.abc import Mapping

import grpc.aio
from assay.client import CHANNEL_OPTIONS
from assay.errors import Unavailable

from host.interceptors.chain import outgoing


class Peers:
    """
    The channels of one process, one for each address, made when first asked for.

    :param addresses: Where the services are, by name.
    """

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = dict(addresses)
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
            self._channels[address] = grpc.aio.insecure_channel(
                address, options=CHANNEL_OPTIONS, interceptors=outgoing()
            )
        return self._channels[address]

    async def close(self) -> None:
        """Close every channel; calls under way on them end as cancelled."""
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()
