"""The doorkeeper of the HTTP side: who may come in, and the record of who may not."""

import pytest
from assay.errors import PermissionDenied, Unauthenticated
from structlog.testing import capture_logs

from gateway.audit import KIND, AuditInterceptor
from gateway.authenticator import Authenticator
from gateway.doorkeeper import Doorkeeper
from gateway.key_ring import KeyRing
from gateway.key_store import key_store
from host.events.memory import MemoryBus
from host.settings import Settings
from tests.gateway.guarded import made_key

METHOD = "/assay.v1.ValidationService/Validate"


async def test_who_may_come_in(settings: Settings) -> None:
    """Who has a key for it may, for its tenant; who has not is refused, and recorded with where it came from."""
    bus = MemoryBus()
    async with key_store(settings) as store, bus.listen(10) as told:
        keeper = Doorkeeper(Authenticator(KeyRing(store)), AuditInterceptor(bus))
        key, kept = await made_key(store, "validations:read")
        with capture_logs() as logs:
            assert await keeper.admit([f"Bearer {key}"], "validations:read", METHOD, "192.0.2.1") == "acme"
            assert logs == []
            with pytest.raises(PermissionDenied):
                await keeper.admit([f"Bearer {key}"], "validations:write", METHOD, "192.0.2.1")
            with pytest.raises(Unauthenticated):
                await keeper.admit(["Bearer assay_wrong"], "validations:read", METHOD, "192.0.2.2")
        (event,) = told.take()
    assert (event.tenant, event.kind, event.data["caller"], event.data["code"]) == (
        "acme", KIND, kept.id, "PERMISSION_DENIED",
    )  # fmt: skip
    assert [(log["tenant"], log["code"], log["address"]) for log in logs] == [
        ("acme", "PERMISSION_DENIED", "192.0.2.1"),
        ("", "UNAUTHENTICATED", "192.0.2.2"),
    ]
    assert key not in str(logs)


async def test_a_flood(settings: Settings) -> None:
    """Refusals without end are not as many lines of the log."""
    async with key_store(settings) as store:
        keeper = Doorkeeper(Authenticator(KeyRing(store)), AuditInterceptor(MemoryBus()))
        with capture_logs() as logs:
            for _ in range(500):
                with pytest.raises(Unauthenticated):
                    await keeper.admit([], "validations:read", METHOD, "192.0.2.2")
    assert len(logs) < 100
