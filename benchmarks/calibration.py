"""How good scores are as probabilities: the Brier score, and the share that is authentic among those scored alike."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

BINS = 10
"""Bins of equal width, of scores from 0 to 1."""

Scored = tuple[float, bool]
"""A score, and whether what it was given to is authentic."""


def brier(scored: Iterable[Scored]) -> float | None:
    """Return the mean squared distance between score and truth (Brier 1950); None where nothing was scored."""
    squares = [(score - authentic) ** 2 for score, authentic in scored]
    return round(sum(squares) / len(squares), 4) if squares else None


def reliability(scored: Iterable[Scored]) -> list[dict[str, Any]]:
    """Return, for each bin that holds any, the mean score, the share authentic, and how many there are."""
    bins: dict[int, list[Scored]] = defaultdict(list)
    for score, authentic in scored:
        bins[min(int(score * BINS), BINS - 1)].append((score, authentic))
    return [_bin(held) for _, held in sorted(bins.items())]


def _bin(held: Sequence[Scored]) -> dict[str, Any]:
    return {
        "score": round(sum(score for score, _ in held) / len(held), 4),
        "authentic": round(sum(authentic for _, authentic in held) / len(held), 4),
        "n": len(held),
    }
