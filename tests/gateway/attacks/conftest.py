"""One gateway for all attacks, and keys of two tenants."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gateway.attacks.target import BOUNDED, Target, attacked


@dataclass(frozen=True)
class Tenant:
    """A tenant, and a key of it that allows everything."""

    name: str
    key: str

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What its calls show."""
        return (("authorization", f"Bearer {self.key}"),)


@pytest.fixture(scope="session")
async def target() -> AsyncIterator[Target]:
    """Give the gateway that is attacked."""
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    try:
        async with attacked(folder) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def acme(target: Target) -> Tenant:
    """Give the tenant that is attacked."""
    return Tenant("acme", (await target.key(tenant="acme"))[0])


@pytest.fixture(scope="session")
async def mallory(target: Target) -> Tenant:
    """Give the tenant that attacks."""
    return Tenant("mallory", (await target.key(tenant="mallory"))[0])


@pytest.fixture(scope="session")
async def bounded_tenant(target: Target) -> Tenant:
    """Give a tenant that attacks within the quota that tenants have where nothing is said."""
    return Tenant(BOUNDED, (await target.key(tenant=BOUNDED))[0])


@pytest.fixture(autouse=True)
def _unharmed(target: Target) -> Iterator[None]:
    """After each attack the gateway is there, and nothing happened that nobody had thought of."""
    before = len(target.defects())
    yield
    assert target.process.is_running()
    assert target.defects()[before:] == []
