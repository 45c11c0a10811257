"""Connecting to a suite: the key that is shown, and when it is not."""

from pathlib import Path
from typing import Any

import pytest
from assay.client import connect
from assay.errors import InvalidArgument

from tests.host import echo

KEY = "assay_id_secret"


@pytest.mark.parametrize("shape", echo.SHAPES)
async def test_key(folder: Path, shape: str) -> None:
    """A call of any shape shows the key once, beside the caller's own metadata."""
    seen: list[tuple[str, Any]] = []

    async def listens(request: bytes, context: Any) -> bytes:
        seen.extend(context.invocation_metadata())
        return request

    async with echo.served(folder, (), echo.handler(listens)) as address, connect(address, key=KEY) as suite:
        assert await echo.call(suite.channel, shape, metadata=(("note", "1"),)) == b"x"
    assert [value for key, value in seen if key == "authorization"] == [f"Bearer {KEY}"]
    assert ("note", "1") in seen


async def test_without_a_key(folder: Path) -> None:
    """Without a key none is shown."""
    seen: list[str] = []

    async def listens(request: bytes, context: Any) -> bytes:
        seen.extend(key for key, _ in context.invocation_metadata())
        return request

    async with echo.served(folder, (), echo.handler(listens)) as address, connect(address) as suite:
        await echo.call(suite.channel, "UnaryUnary")
    assert "authorization" not in seen


@pytest.mark.parametrize("address", ["203.0.113.7:50051", "example.org:1", "dns:///example.org:1"])
async def test_never_in_the_clear(address: str) -> None:
    """A key is not sent to another machine without encryption, and the refusal does not show it."""
    with pytest.raises(InvalidArgument, match=f"use tls:{address}") as caught:
        async with connect(address, key=KEY):
            pass
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", ["a\nb", "schlüssel", "a\0"])
async def test_no_key(key: str) -> None:
    """What cannot travel is no key, and the refusal does not show it."""
    with pytest.raises(InvalidArgument) as caught:
        async with connect("127.0.0.1:1", key=key):
            pass
    assert key not in str(caught.value)


@pytest.mark.parametrize("given", [{"ca": b"x"}, {"certificate": (b"x", b"y")}])
async def test_trust_needs_encryption(given: dict[str, Any]) -> None:
    """Authorities and certificates for an address that is not encrypted are a mistake, and not passed over."""
    with pytest.raises(InvalidArgument, match="tls:"):
        async with connect("127.0.0.1:1", **given):
            pass
