"""Proportions with their intervals, and quantiles."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

Z95 = 1.959963984540054
"""The two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """
    A share of n, with its Wilson score interval at 95 % (Wilson 1927).

    All three are None where n is 0: nothing was measured.
    """

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share itself."""
        return self.hits / self.n if self.n else None

    def interval(self) -> tuple[float | None, float | None]:
        """Return the lower and the upper bound."""
        if not self.n:
            return None, None
        share, square = self.hits / self.n, Z95 * Z95
        middle = share + square / (2 * self.n)
        half = Z95 * sqrt(share * (1 - share) / self.n + square / (4 * self.n * self.n))
        scale = 1 + square / self.n
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)

    def as_json(self) -> dict[str, float | int | None]:
        """Return {value, low, high, n}, rounded to four places."""
        low, high = self.interval()
        rounded = {"value": self.value, "low": low, "high": high}
        return {key: None if number is None else round(number, 4) for key, number in rounded.items()} | {"n": self.n}


def quantile(values: Sequence[float], q: float) -> float:
    """Return the q-quantile of values by the nearest rank; NaN where there are none."""
    if not values:
        return float("nan")
    ranked = sorted(values)
    return ranked[max(1, ceil(q * len(ranked))) - 1]
