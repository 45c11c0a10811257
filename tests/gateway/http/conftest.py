"""One suite on the web for all tests that need no setting of their own."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.gateway.http.sides import Web, suite_on_the_web


@pytest.fixture(scope="session")
async def web() -> AsyncIterator[Web]:
    """Give the HTTP side of a suite without a sandbox; pages of one other origin may call it."""
    async with suite_on_the_web(cors_origins=["https://pages.example"]) as found:
        yield found


@pytest.fixture(scope="session")
async def client(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client with a key that allows everything."""
    async with web.client("acme") as found:
        yield found
