"""
The trained model: gradient-boosted trees as plain data, read from a file whose digest the manifest names.

Made by `services.stages.scoring.train`. A tree is a list of nodes; a node is ``[feature, threshold, missing goes left,
left, right, value]`` or, at the end of a way, ``[value]``. A value is what the node adds to the log-odds of being
authentic, on the average over what came to it in training, so the difference between a node and the one before it is
what the feature in between did (the decomposition of Saabas, 2014).

What training saw too seldom to learn from weighs by a prior of its own, which the file names; see
:class:`services.stages.scoring.features.Feature`.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import AssayError
from assay.stage import Contribution

from services.stages.scoring.features import FEATURES, NAMES

DATA = Path(__file__).parent / "data"
MANIFEST = "manifest.json"
MODEL = "model.json"

MAX_BYTES = 5 * 1024 * 1024

NAMED = 8
"""Contributions that are told, the strongest first."""

FORMAT = 1


class ModelBroken(AssayError):
    """The shipped model is missing, altered, made for other features, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    How trees' log-odds become a probability where this much is known of a candidate (Platt, 1999).

    :param reject_below: The probability below which a candidate is rejected without a finding that does so.
    """

    slope: float
    intercept: float
    reject_below: float


@dataclass(frozen=True, slots=True)
class Scored:
    """
    What the model says of one candidate.

    :param score: The probability that it is authentic, where half of all candidates are.
    :param known: What the score rests on: "tests", "run" without tests, or "read".
    """

    score: float
    known: str
    reject_below: float
    contributions: tuple[Contribution, ...]


Node = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Model:
    """
    A model that was loaded.

    :param name: Of the model, with the beginning of its digest.
    :param calibrations: By what is known; see :func:`known_of`.
    :param priors: What one of each feature adds to the calibrated log-odds, beside what the trees do.
    """

    name: str
    trees: Sequence[Sequence[Node]]
    calibrations: Mapping[str, Calibration]
    priors: Sequence[float]

    def scored(self, row: Sequence[float]) -> Scored:
        """Return the score of one row of :data:`services.stages.scoring.features.FEATURES`, and what moved it most."""
        known = known_of(row)
        calibration = self.calibrations[known]
        raw, moved = self.log_odds(row)
        seldom = [prior * value if prior and value > 0 else 0.0 for prior, value in zip(self.priors, row, strict=True)]
        odds = calibration.slope * raw + calibration.intercept + sum(seldom)
        moved = [calibration.slope * by_trees + by_prior for by_trees, by_prior in zip(moved, seldom, strict=True)]
        strongest = sorted(range(len(moved)), key=lambda index: -abs(moved[index]))[:NAMED]
        told = tuple(_contribution(index, row[index], moved[index]) for index in strongest if moved[index])
        return Scored(1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))), known, calibration.reject_below, told)

    def log_odds(self, row: Sequence[float]) -> tuple[float, list[float]]:
        """Return what the trees add up to before calibration, and what each feature moved it by."""
        total, moved = 0.0, [0.0] * len(NAMES)
        for tree in self.trees:
            node = tree[0]
            while len(node) > 1:
                feature, threshold, missing_left, left, right, value = node
                number = row[feature]
                goes_left = missing_left if number != number else number <= threshold  # noqa: PLR0124  # NaN alone
                node = tree[left if goes_left else right]
                moved[feature] += node[-1] - value
            total += node[-1]
        return total, moved


def _contribution(index: int, value: float, log_odds: float) -> Contribution:
    feature = FEATURES[index]
    return Contribution(feature.name, feature.description, None if math.isnan(value) else value, log_odds)


_TESTED = NAMES.index("tests_failed_share")
_RAN = NAMES.index("ran_to_its_end")


def known_of(row: Sequence[float]) -> str:
    """Return how much is known of a candidate: "tests" that ran, that it "run", or what reading it told ("read")."""
    if not math.isnan(row[_TESTED]):
        return "tests"
    return "read" if math.isnan(row[_RAN]) else "run"


def load(directory: Path = DATA) -> Model:
    """
    Load the model of a folder.

    :raises ModelBroken: It is not the one that the manifest names, was made for other features, or is no model.
    """
    try:
        manifest = json.loads((directory / MANIFEST).read_bytes())
        content = (directory / MODEL).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != manifest["sha256"]:
            raise ModelBroken(f"{MODEL} is not the file that {MANIFEST} names")
        fields = json.loads(content)
        if fields["format"] != FORMAT or fields["features"] != list(NAMES):
            raise ModelBroken(f"{MODEL} was made for other features than those that are measured: train it again")
        return _model(f"{fields['name']}+{digest[:8]}", fields)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelBroken(f"the model cannot be read ({type(error).__name__}): train it again") from error


def _model(called: str, fields: Mapping[str, Any]) -> Model:
    calibrations = {known: Calibration(**fields["calibrations"][known]) for known in ("tests", "run", "read")}
    trees = tuple(tuple(map(tuple, tree)) for tree in fields["trees"])
    for tree in trees:
        _check(tree)
    priors = tuple(float(fields["priors"].get(name, 0.0)) for name in NAMES)
    return Model(called, trees, calibrations, priors)


def _check(tree: Sequence[Node]) -> None:
    """Raise ValueError where a tree names a feature or a node that is not there, or goes in a circle."""
    for place, node in enumerate(tree):
        if len(node) == 1:
            continue
        feature, _, _, left, right, _ = node
        if not 0 <= feature < len(NAMES) or not place < min(left, right) <= max(left, right) < len(tree):
            raise ValueError("a tree is not one")
