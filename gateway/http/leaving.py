"""Clients that leave: what is done for them ends with them."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from assay.errors import Unavailable
from starlette.types import Receive

T = TypeVar("T")


class ClientLeft(Exception):
    """The client closed its connection; there is nobody to answer."""


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """
    Do something for a client; whatever it sends in the meantime is read and forgotten.

    :raises ClientLeft: It left before the end; the work was cancelled, and has ended.
    :raises Unavailable: The other side of a call cancelled it, which grpc.aio tells as if we had.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        if working.cancelled():
            raise Unavailable("the call was cancelled")
        return working.result()
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
