"""Calls that stream requests, and are refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from gateway.authenticator import Authenticator
from gateway.key_ring import KeyRing
from gateway.key_store import key_store
from gateway.late_refusals import LateRefusals
from host.settings import Settings
from tests.gateway.guarded import bearer, guarded


@pytest.mark.parametrize("path", ["/assay.v1.SandboxService/ExecuteStream"])
async def test_told_as_what_it_is(folder: Path, path: str) -> None:
    """A client that sends all the time is told why it is refused, each time."""

    async def several() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(1000)

    async with (
        key_store(Settings(state_dir=folder)) as store,
        guarded(folder, Authenticator(KeyRing(store)), around=(LateRefusals(),)) as channel,
    ):
        untyped: Any = channel
        for metadata in [(), *[bearer("assay_x")] * 20]:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await untyped.stream_stream(path)(several(), metadata=metadata, timeout=10).read()
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
