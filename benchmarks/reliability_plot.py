"""A picture of how far scores can be taken at their word."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def draw(bins: Mapping[str, Sequence[Mapping[str, Any]]], path: Path, title: str) -> None:
    """
    Draw, for each group of records, the share that is authentic by the score that they were given.

    :param bins: As :func:`benchmarks.calibration.reliability` returns them, by the group's name.
    """
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 5))
    axes.plot([0, 1], [0, 1], color="lightgrey")
    for name, held in bins.items():
        axes.plot([one["score"] for one in held], [one["authentic"] for one in held], "o-", label=name)
    axes.set(xlabel="score", ylabel="share authentic", title=title)
    axes.legend()
    figure.tight_layout()
    # Without the version of what drew it, so that the same figures give the same file.
    figure.savefig(path, dpi=80, metadata={"Software": None})
    pyplot.close(figure)
