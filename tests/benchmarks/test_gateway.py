"""What the gateway adds: every way there is leads to the service, and figures are set beside the direct way's."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from benchmarks import gateway
from benchmarks.gateway import CALLS, DIRECT, clients, latencies, load, tell_latencies, used
from benchmarks.gateway_suite import Deployment, deployment


@pytest.fixture(scope="module")
def on() -> Iterator[Deployment]:
    """Give a service with gateways before it, each in a process of its own."""
    with deployment() as found:
        yield found


def test_every_way(on: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls, messages there and back and streams come through each way as often as they are made."""
    monkeypatch.setattr(gateway, "WARM", 1)
    with ExitStack() as stack:
        ways = clients(on, stack)
        found = latencies(ways, 1)
    assert len(ways) == 5
    for by_way in found.values():
        assert by_way.keys() == ways.keys()
    assert {len(times) for times in found["call"].values()} == {CALLS}


@pytest.mark.parametrize("tls", [False, True])
async def test_load(on: Deployment, tls: bool) -> None:
    """Clients side by side share two gateways, both of which work."""
    gateways = on.tls if tls else on.plain
    before = [used([each.process]) for each in gateways]
    ended, seconds = await load([each.grpc for each in gateways], on, tls, 4, 0.3)
    assert ended >= 4
    assert seconds >= 0.3
    assert all(used([each.process]) >= then for each, then in zip(gateways, before, strict=True))


def test_added(capsys: pytest.CaptureFixture[str]) -> None:
    """What a way adds is the difference of its quantiles to those of the direct way."""
    told = tell_latencies({"call": {DIRECT: [0.001] * 9, "gateway, gRPC": [0.002] * 9}})
    assert told["call"]["gateway, gRPC"] == {
        "n": 9, "p50": 2.0, "p95": 2.0, "p99": 2.0, "added_p50": 1.0, "added_p99": 1.0,
    }  # fmt: skip
    assert "gateway, gRPC" in capsys.readouterr().out
