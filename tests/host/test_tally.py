"""What one call used: told, heard of others, and not believed where it cannot be meant."""

import asyncio

import pytest

from host.tally import BYTES, SANDBOX_SECONDS, Tally, tally, tallying


def test_told() -> None:
    """What was used is told by kind, beside other metadata and instead of what those say of it."""
    used = Tally()
    used.add(SANDBOX_SECONDS, 0.1)
    used.add(SANDBOX_SECONDS, 0.2)
    used.add(BYTES, 7)
    others = (("x-other", "1"), ("x-assay-used-bytes", "999"), ("data-bin", b"\0"))
    assert used.metadata(others) == (
        ("x-other", "1"),
        ("data-bin", b"\0"),
        ("x-assay-used-sandbox-seconds", "0.3"),
        ("x-assay-used-bytes", "7"),
    )


@pytest.mark.parametrize("value", ["", "many", "nan", "inf", "-1", "0", "1e300", b"\xff"])
def test_not_believed(value: str | bytes) -> None:
    """What a peer says that is no amount is passed over."""
    used = Tally()
    used.add_told([("x-assay-used-bytes", value), ("x-assay-used-nothing-known", "1"), ("bytes", "1")])
    assert used.amounts == {}


def test_heard() -> None:
    """What peers say that they used is added up."""
    used = Tally()
    for value in ("1.5", b"2"):
        used.add_told([("x-assay-used-sandbox-seconds", value)])
    assert used.amounts == {SANDBOX_SECONDS: 3.5}


@pytest.mark.parametrize(("heard", "amounts"), [(2, {BYTES: 14.0}), (1, {BYTES: 7.0})])
async def test_complete(heard: int, amounts: dict[str, float]) -> None:
    """A call waits for what others are expected to tell, and for a while only."""
    used = Tally()
    await used.complete(60)
    for hear in [used.expect(), used.expect()][:heard]:
        for _ in range(2):  # a call that ends twice is heard once
            asyncio.get_running_loop().call_later(0.01, hear, [("x-assay-used-bytes", "7")])
    await asyncio.wait_for(used.complete(0.3 if heard == 1 else 60), 10)
    assert used.amounts == amounts


async def test_of_each_call() -> None:
    """Tasks of a call count in its tally, and other calls' in theirs; outside of calls there is none."""

    async def use(amount: float) -> None:
        one = tally()
        assert one is not None
        one.add(BYTES, amount)

    async def call(amount: float) -> float:
        with tallying(Tally()):
            await asyncio.gather(use(amount), asyncio.create_task(use(amount)))
            one = tally()
            assert one is not None
            return one.amounts[BYTES]

    assert list(await asyncio.gather(call(1), call(10))) == [2, 20]
    assert tally() is None
