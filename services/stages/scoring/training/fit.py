"""Learners, what each says of records that it was not trained on, and which one is kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from services.stages.scoring.features import FEATURES
from services.stages.scoring.training.dataset import MEASURED, SEED, Numbers, Table

FOLDS = 5

RESAMPLES = 1_000

Folds = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

Learner = Callable[[Numbers, Numbers, Numbers], Callable[[Numbers], Numbers]]
"""Learns from rows, labels and weights; returns what gives the log-odds of rows."""


def logistic(rows: Numbers, authentic: Numbers, weight: Numbers) -> Callable[[Numbers], Numbers]:
    """Learn a logistic regression over the logarithms of the features, with a mark where one is not known."""
    made = make_pipeline(
        FunctionTransformer(_logarithms),
        SimpleImputer(strategy="mean", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.5, max_iter=2_000),
    )
    made.fit(rows, authentic, logisticregression__sample_weight=weight)
    return lambda given: np.asarray(made.decision_function(given))


def _logarithms(rows: Numbers) -> Numbers:
    return np.log1p(np.maximum(rows, 0.0))


def booster(rows: Numbers, authentic: Numbers, weight: Numbers, *, leaves: int, trees: int) -> LGBMClassifier:
    """Learn boosted trees that go only the way that each feature may move the score."""
    made = LGBMClassifier(
        n_estimators=trees,
        num_leaves=leaves,
        learning_rate=0.05,
        min_child_samples=40,
        reg_lambda=5.0,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.7,
        monotone_constraints=[feature.direction for feature in FEATURES],
        monotone_constraints_method="advanced",
        deterministic=True,
        force_row_wise=True,
        random_state=SEED,
        n_jobs=1,
        verbose=-1,
    )
    made.fit(rows, authentic, sample_weight=weight)
    return made


@dataclass(frozen=True, slots=True)
class Boosted:
    """
    A learner of boosted trees.

    :param leaves: Of a tree; with 2 each tree asks of one feature alone, and what the features do adds up.
    """

    leaves: int
    trees: int

    def __call__(self, rows: Numbers, authentic: Numbers, weight: Numbers) -> Callable[[Numbers], Numbers]:
        """Learn."""
        made = booster(rows, authentic, weight, leaves=self.leaves, trees=self.trees)
        return lambda given: np.asarray(made.predict(given, raw_score=True))


LEARNERS: Mapping[str, Learner] = {
    "logistic regression": logistic,
    "stumps": Boosted(leaves=2, trees=300),
    "trees of 4 leaves": Boosted(leaves=4, trees=200),
    "trees of 8 leaves": Boosted(leaves=8, trees=150),
}
"""From the simplest to the most complex."""


SELDOM = 40
"""Records in which a feature is above 0, below which the trees have nothing to learn it from."""


def priors_of(table: Table) -> dict[str, float]:
    """Return the priors of the features that were seen too seldom, by name."""
    found = {}
    for place, feature in enumerate(FEATURES):
        seen = {int(table.record[row]) for row in np.flatnonzero(np.nan_to_num(table.rows[:, place]) > 0)}
        if feature.prior and len(seen) < SELDOM:
            found[feature.name] = feature.prior
    return found


def offsets(rows: Numbers, priors: Mapping[str, float]) -> Numbers:
    """Return what priors add to the log-odds of rows."""
    weights = np.array([priors.get(feature.name, 0.0) for feature in FEATURES])
    return np.asarray(np.nan_to_num(rows) @ weights)


def folds_of(table: Table) -> Folds:
    """Return the fold of each row; all rows of a group are in one."""
    groups = np.array([table.records[index].group for index in table.record])
    found = np.zeros(len(table.rows), dtype=np.int64)
    for number, (_, unseen) in enumerate(GroupKFold(FOLDS).split(table.rows, table.authentic, groups)):
        found[unseen] = number
    return found


def out_of_fold(learner: Learner, table: Table, folds: Folds) -> Numbers:
    """Return the log-odds of every row by a learner that saw no record of its fold."""
    found = np.full(len(table.rows), np.nan)
    for number in range(FOLDS):
        seen, unseen = folds != number, folds == number
        tells = learner(table.rows[seen], table.authentic[seen], table.weight[seen])
        found[unseen] = tells(table.rows[unseen])
    return found


def losses(log_odds: Numbers, table: Table) -> Numbers:
    """Return the weighted logarithmic loss of each row in a view that is measured; 0 for the others."""
    signed = np.where(table.authentic == 1, -log_odds, log_odds)
    measured = np.isin(table.seen, [view.value for view in MEASURED])
    loss: Numbers = np.logaddexp(0.0, signed) * table.weight * measured
    return loss


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    Two learners over the same rows.

    :param difference: The mean loss of the second minus that of the first, with its bootstrap interval at 95 %.
    """

    simpler: str
    other: str
    difference: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Whether the second is measurably better."""
        return self.high < 0


def compare(simpler: str, other: str, told: Mapping[str, Numbers], table: Table) -> Comparison:
    """Compare two learners, resampling whole groups, since records of one group are alike."""
    delta = losses(told[other], table) - losses(told[simpler], table)
    names = sorted({record.group for record in table.records})
    place = {name: index for index, name in enumerate(names)}
    group = np.array([place[table.records[index].group] for index in table.record])
    sums, counts = np.bincount(group, delta), np.bincount(group, minlength=len(names))
    random = np.random.default_rng(SEED)
    drawn = random.integers(0, len(names), size=(RESAMPLES, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Comparison(simpler, other, float(sums.sum() / counts.sum()), float(low), float(high))


def choose(told: Mapping[str, Numbers], table: Table) -> tuple[str, Sequence[Comparison]]:
    """
    Return the boosted learner that is kept, and the comparisons that led there.

    Beginning with the simplest, a more complex one takes its place only where it is measurably better.
    """
    names = [name for name in told if isinstance(LEARNERS[name], Boosted)]
    kept, comparisons = names[0], []
    for name in names[1:]:
        comparisons.append(compare(kept, name, told, table))
        kept = name if comparisons[-1].is_better else kept
    comparisons.append(compare("logistic regression", kept, told, table))
    return kept, comparisons


def exported(made: LGBMClassifier) -> list[list[list[Any]]]:
    """Return trees as :mod:`services.stages.scoring.model` reads them."""
    return [_nodes(tree["tree_structure"]) for tree in made.booster_.dump_model()["tree_info"]]


def _nodes(root: Mapping[str, Any]) -> list[list[Any]]:
    nodes: list[list[Any]] = []

    def add(node: Mapping[str, Any]) -> tuple[int, float, float]:
        """Add a node and those below; return its place, its value and how much came to it."""
        if "leaf_value" in node:
            nodes.append([node["leaf_value"]])
            return len(nodes) - 1, node["leaf_value"], node.get("leaf_count", 1)
        if node["decision_type"] != "<=":
            raise ValueError(f"a tree decides by {node['decision_type']!r}, which is not known")
        place = len(nodes)
        nodes.append([])
        left, left_value, left_count = add(node["left_child"])
        right, right_value, right_count = add(node["right_child"])
        count = left_count + right_count
        value = (left_value * left_count + right_value * right_count) / count
        # Where no row lacked the feature in training, LightGBM takes a missing one for 0.
        missing_left = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
        nodes[place] = [node["split_feature"], node["threshold"], bool(missing_left), left, right, value]
        return place, value, count

    add(root)
    return nodes
