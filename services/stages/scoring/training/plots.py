"""Pictures of what was measured, for the model's card."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from benchmarks.calibration import reliability
from benchmarks.reliability_plot import draw as draw_reliability
from services.stages.scoring.training.evaluate import Measured, grouped, pairs

matplotlib.use("agg")

LEAST = 10
"""Records below which a group has no bar of its own."""


def draw(measured: Sequence[Measured], folder: Path) -> Mapping[str, str]:
    """Draw every picture; return what each shows, by its file's name."""
    made = {
        "reliability.png": "Reliability: the share of records that are authentic, by their score.",
        "precision-recall.png": "Precision and recall of inauthentic records, as the threshold of the score moves.",
        "by-kind.png": "Recall of inauthentic records by kind.",
        "by-origin.png": "Recall, and the false-positive rate, by origin.",
    }
    bins = {told.known: reliability(pairs(told.scores, told.authentic)) for told in measured}
    draw_reliability(bins, folder / "reliability.png", "Reliability, out of fold")
    _precision_recall(measured, folder / "precision-recall.png")
    _bars(measured, "kind", ("recall",), folder / "by-kind.png")
    _bars(measured, "origin", ("recall", "false_positive_rate"), folder / "by-origin.png")
    return made


def _saved(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    # Without the version of what drew it, so that the same figures give the same file.
    figure.savefig(path, dpi=80, metadata={"Software": None})
    pyplot.close(figure)


def _precision_recall(measured: Sequence[Measured], path: Path) -> None:
    figure, axes = pyplot.subplots(figsize=(6, 5))
    for told in measured:
        precision, recall, _ = precision_recall_curve(told.authentic == 0, 1 - told.scores)
        axes.plot(recall, precision, label=told.known)
    axes.set(
        xlabel="recall", ylabel="precision", title="Inauthentic records by score alone, out of fold", ylim=(0, 1.02)
    )
    axes.legend()
    _saved(figure, path)


def _bars(measured: Sequence[Measured], key: str, columns: Sequence[str], path: Path) -> None:
    figure, all_axes = pyplot.subplots(1, len(columns), figsize=(7 * len(columns), 6), squeeze=False)
    for axes, column in zip(all_axes[0], columns, strict=True):
        groups = [grouped(told, lambda record: str(getattr(record, key))) for told in measured]
        names = sorted({name for group in groups for name, row in group.items() if row[column]["n"] >= LEAST})
        width = 0.8 / len(measured)
        for place, (told, group) in enumerate(zip(measured, groups, strict=True)):
            values = [group[name][column]["value"] if name in group else None for name in names]
            heights = [np.nan if value is None else value for value in values]
            axes.barh(np.arange(len(names)) + place * width, heights, width, label=told.known)
        axes.set_yticks(np.arange(len(names)) + width, names)
        axes.set(xlim=(0, 1), title=column.replace("_", " "))
        axes.legend()
    _saved(figure, path)
