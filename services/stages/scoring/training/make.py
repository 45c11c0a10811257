"""From what the stages told to a model, its manifest, its card and its pictures."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier

from services.stages.scoring.features import NAMES
from services.stages.scoring.model import FORMAT, MANIFEST, MAX_BYTES, MODEL, load
from services.stages.scoring.training.card import Made, card
from services.stages.scoring.training.collect import ASKED, Told
from services.stages.scoring.training.dataset import Numbers, Table, table
from services.stages.scoring.training.evaluate import KNOWN, Final, Measured, figures, final, measured, unseen
from services.stages.scoring.training.fit import (
    LEARNERS,
    Boosted,
    booster,
    choose,
    exported,
    folds_of,
    offsets,
    out_of_fold,
    priors_of,
)
from services.stages.scoring.training.plots import draw

NAME = "trees-1"

DIGITS = 6
"""Of the numbers of a tree; what is behind them moves no score that is told."""


def make(told: Sequence[Told], digests: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """
    Train, calibrate, measure and write.

    :param digests: SHA-256 of the corpus files, by name.
    :returns: The figures over all records, by what is known of them.
    """
    rows = table(told)
    folds = folds_of(rows)
    odds = {name: out_of_fold(learner, rows, folds) for name, learner in LEARNERS.items()}
    priors = priors_of(rows)
    added = offsets(rows.rows, priors)
    learners = {name: [measured(known, rows, found, added, folds) for known in KNOWN] for name, found in odds.items()}
    kept, comparisons = choose(odds, rows)
    finals = {known: final(known, rows, odds[kept], added) for known in KNOWN}
    trained = _trained(kept, rows)
    _write(trained, finals, priors, folder)
    model = load(folder)
    made = Made(
        name=model.name,
        learner=kept,
        digests=digests,
        stages={name: told[0].untested[name].version for name in ASKED},
        table=rows,
        learners=learners,
        comparisons=comparisons,
        finals=finals,
        importance=_importance(trained),
        left_out=_left_out(kept, rows, added, finals["read"]),
        priors=priors,
        pictures=draw(learners[kept], folder),
        model_bytes=(folder / MODEL).stat().st_size,
        milliseconds=_milliseconds(folder, rows.rows),
    )
    (folder / "card.md").write_text(card(made), encoding="utf-8")
    return {one.known: figures(one) for one in learners[kept]}


def _boosted(name: str) -> Boosted:
    learner = LEARNERS[name]
    assert isinstance(learner, Boosted)
    return learner


def _trained(name: str, rows: Table) -> LGBMClassifier:
    learner = _boosted(name)
    return booster(rows.rows, rows.authentic, rows.weight, leaves=learner.leaves, trees=learner.trees)


def _write(trained: LGBMClassifier, finals: Mapping[str, Final], priors: Mapping[str, float], folder: Path) -> None:
    calibrations = {
        known: {"slope": one.line.slope, "intercept": one.line.intercept, "reject_below": one.below}
        for known, one in finals.items()
    }
    fields = {
        "format": FORMAT,
        "name": NAME,
        "features": NAMES,
        "calibrations": calibrations,
        "priors": dict(priors),
    }
    content = json.dumps(fields | {"trees": _rounded(exported(trained))}, separators=(",", ":")).encode() + b"\n"
    if len(content) > MAX_BYTES:
        raise ValueError(f"the model takes {len(content)} bytes, more than the {MAX_BYTES} that it may")
    (folder / MODEL).write_bytes(content)
    manifest = {"file": MODEL, "sha256": hashlib.sha256(content).hexdigest(), "features": len(NAMES)}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _importance(trained: LGBMClassifier) -> dict[str, float]:
    gain = trained.booster_.feature_importance("gain")
    return {name: float(share) for name, share in zip(NAMES, gain / max(gain.sum(), 1e-9), strict=True)}


def _left_out(name: str, rows: Table, added: Numbers, calibrated: Final) -> dict[str, Any]:
    """Return figures over each origin by a model that was trained on the others, with the shipped calibration."""
    learner = _boosted(name)
    origin = np.array([rows.records[index].origin for index in rows.record])

    def without(one: str) -> Measured:
        among = origin == one
        tells = learner(rows.rows[~among], rows.authentic[~among], rows.weight[~among])
        return unseen("read", rows, tells(rows.rows), added, among=among, calibrated=calibrated)

    return {one: figures(without(one)) for one in sorted(set(origin))}


def _milliseconds(folder: Path, rows: Numbers) -> float:
    """Return the mean time of one score, in milliseconds."""
    model = load(folder)
    some = [list(map(float, row)) for row in rows[:500]]
    started = time.perf_counter()
    for row in some:
        model.scored(row)
    return (time.perf_counter() - started) / len(some) * 1000
