"""Limits: defaults, bounds, and what is refused by name."""

from dataclasses import fields, replace

import pytest
from assay.errors import InvalidArgument

from host.settings import SandboxSettings
from sandbox.limits import FIELDS, LEAST, Limits, check_settings, resolve

DEFAULTS = Limits(**SandboxSettings().default_limits.model_dump())
MAXIMA = Limits(**SandboxSettings().max_limits.model_dump())


def test_unset_means_default() -> None:
    """A request without limits gets the defaults."""
    assert resolve({}, DEFAULTS, MAXIMA) == DEFAULTS


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_bounds_are_inclusive(name: str) -> None:
    """The least and the greatest value of every limit are taken; what lies outside is refused by the field's name."""
    least, most = getattr(LEAST, name), getattr(MAXIMA, name)
    for value in (least, most):
        asked = {"output_hard_bytes": MAXIMA.output_hard_bytes} | {name: value}
        assert getattr(resolve(asked, DEFAULTS, MAXIMA), name) == value
    field = FIELDS.get(name, name)
    for value in (0, -1, least / 2 - 1, most + 1, most * 1e6, float("nan"), float("inf")):
        with pytest.raises(InvalidArgument) as caught:
            resolve({name: value}, DEFAULTS, MAXIMA)
        assert caught.value.field == f"limits.{field}"


def test_low_hard_cap_lowers_what_is_kept() -> None:
    """A hard cap below the default of what is kept lowers that too; asking for more than the cap is refused."""
    assert resolve({"output_hard_bytes": 10}, DEFAULTS, MAXIMA).output_bytes == 10
    with pytest.raises(InvalidArgument, match="output_bytes"):
        resolve({"output_hard_bytes": 10, "output_bytes": 11}, DEFAULTS, MAXIMA)


def test_contradictory_settings_stop_the_service() -> None:
    """Defaults above the maxima or below what can be enforced are an error at start."""
    check_settings(DEFAULTS, MAXIMA)
    for wrong in (replace(DEFAULTS, processes=10_000), replace(DEFAULTS, memory_bytes=1)):
        with pytest.raises(ValueError, match="default"):
            check_settings(wrong, MAXIMA)
