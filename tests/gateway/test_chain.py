"""The order of the interceptors of the door."""

from pathlib import Path

from gateway.audit import AuditInterceptor
from gateway.authentication import AuthenticationInterceptor
from gateway.authenticator import Authenticator
from gateway.chain import Guards, chain, known_methods
from gateway.contract import public_methods
from gateway.key_ring import KeyRing
from gateway.key_store import key_store
from gateway.quota_interceptor import quota_interceptor
from host.events.memory import MemoryBus
from host.settings import Settings


async def test_order(folder: Path) -> None:
    """What tells of a call is around what may refuse it, and who calls is known before what they may use is asked."""
    settings = Settings(state_dir=folder)
    async with key_store(settings) as store, quota_interceptor(settings, public_methods()) as quotas:
        authentication = AuthenticationInterceptor(Authenticator(KeyRing(store)))
        guards = Guards(AuditInterceptor(MemoryBus()), authentication, quotas)
        kinds = [type(interceptor).__name__ for interceptor in chain(1, guards)]
    assert kinds == [
        "TracingInterceptor",
        "MetricsInterceptor",
        "StatusInterceptor",
        "LateRefusals",
        "AuditInterceptor",
        "AuthenticationInterceptor",
        "QuotaInterceptor",
        "DeadlineInterceptor",
        "FollowingInterceptor",
        "LateReading",
    ]


def test_known_methods() -> None:
    """The methods that have a name in traces and metrics are those of the contract, of health and of reflection."""
    known = known_methods()
    assert set(public_methods()) < known
    assert {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"} < known
    assert not any("StageService" in path for path in known)
