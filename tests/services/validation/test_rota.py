"""Whose queued validation is next."""

import random

from services.validation import rota as rota_module
from services.validation.rota import Rota


def begin(rota: Rota, waiting: dict[str, int]) -> str | None:
    """Choose a tenant, and begin what it was chosen for."""
    tenant = rota.choose(waiting)
    if tenant is not None:
        rota.begun(tenant)
    return tenant


def test_round() -> None:
    """With all having as much to do, turns go round; the first is the one that has waited longest."""
    rota = Rota()
    assert [begin(rota, {"b": 0, "a": 0, "c": 0}) for _ in range(7)] == ["b", "a", "c", "b", "a", "c", "b"]


def test_least_made() -> None:
    """A tenant of which less is made comes first, whenever it had its turn."""
    rota = Rota()
    assert begin(rota, {"a": 0, "b": 0}) == "a"
    assert begin(rota, {"a": 0, "b": 1}) == "a"


def test_chosen_once() -> None:
    """One that was chosen is not chosen again before its job has begun; then nobody is, where there is no other."""
    rota = Rota()
    assert [rota.choose({"a": 0, "b": 0}) for _ in range(3)] == ["a", "b", None]
    rota.begun("b")
    assert rota.choose({"a": 0, "b": 1}) == "b"
    assert rota.choose({}) is None


def test_coming_and_going() -> None:
    """One whose jobs come one at a time has no more turns than one that has many waiting."""
    rota, turns = Rota(), {"steady": 0, "fickle": 0}
    chance = random.Random(6)
    for _ in range(1000):
        waiting = {"steady": 0} | ({"fickle": 0} if chance.random() < 0.7 else {})
        tenant = begin(rota, waiting)
        assert tenant is not None
        turns[tenant] += 1
    assert turns["fickle"] <= turns["steady"]


def test_bounded() -> None:
    """However many tenants come, so many are remembered."""
    rota = Rota()
    for number in range(rota_module.MOST_REMEMBERED + 50):
        begin(rota, {f"t{number}": 0})
    assert len(rota._last) == rota_module.MOST_REMEMBERED
    assert not rota._chosen
