"""Training as a whole, over records made for it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.stages.scoring.model import Model, load
from services.stages.scoring.training.dataset import table
from services.stages.scoring.training.evaluate import KNOWN
from services.stages.scoring.training.fit import FOLDS, booster, exported, folds_of, offsets, priors_of
from services.stages.scoring.training.make import make
from tests.services.stages.scoring.training.records import VERSION, told

TOLD = list(told(240))
ROWS = table(TOLD)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Train once; return the folder and the figures."""
    folder = tmp_path_factory.mktemp("model")
    return folder, make(TOLD, {"made.jsonl": "0" * 64}, folder)


def test_it_learns(made: tuple[Path, dict[str, Any]]) -> None:
    """Out of fold, tests and findings tell stubs from what is whole."""
    _, figures = made
    assert set(figures) == set(KNOWN)
    assert figures["tests"]["recall"]["value"] == 1
    assert figures["tests"]["brier"] < 0.05
    assert figures["read"]["area_under_curve"] > 0.9


def test_what_is_written(made: tuple[Path, dict[str, Any]]) -> None:
    """A model that can be loaded is there, with its manifest, card and pictures."""
    folder, _ = made
    model = load(folder)
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert card.startswith(f"# The model {model.name}\n")
    assert "| made.jsonl | " + "0" * 64 in card
    assert f"| execution | {VERSION} |" in card
    assert "real_llm alone" in card
    assert {path.name for path in folder.glob("*.png")} == {
        "reliability.png",
        "precision-recall.png",
        "by-kind.png",
        "by-origin.png",
    }


def test_no_code(made: tuple[Path, dict[str, Any]]) -> None:
    """Nothing that is written shows a record's code."""
    folder, _ = made
    for path in (folder / "card.md", folder / "model.json", folder / "manifest.json"):
        assert "total(rows)" not in path.read_text(encoding="utf-8")


def test_again() -> None:
    """The same records make the same trees."""
    again = table(list(told(240)))
    first, second = (booster(rows.rows, rows.authentic, rows.weight, leaves=8, trees=40) for rows in (ROWS, again))
    assert exported(first) == exported(second)


def test_exported_trees_are_the_same() -> None:
    """The trees that are written say what LightGBM says of every row, whatever is missing in it."""
    trained = booster(ROWS.rows, ROWS.authentic, ROWS.weight, leaves=8, trees=40)
    model = Model("made", json.loads(json.dumps(exported(trained))), {}, ())
    holes = ROWS.rows.copy()
    holes[np.random.default_rng(2).random(holes.shape) < 0.3] = np.nan
    for rows in (ROWS.rows, holes):
        ours = [model.log_odds(list(map(float, row)))[0] for row in rows]
        assert np.allclose(ours, trained.predict(rows, raw_score=True), atol=1e-9)


def test_no_group_is_in_two_folds() -> None:
    """All rows of all records of a group are in one fold, and every fold has some."""
    folds = folds_of(ROWS)
    of_group: dict[str, set[int]] = {}
    for row, fold in zip(ROWS.record, folds, strict=True):
        of_group.setdefault(ROWS.records[row].group, set()).add(int(fold))
    assert all(len(found) == 1 for found in of_group.values())
    assert {fold for found in of_group.values() for fold in found} == set(range(FOLDS))


def test_what_is_seen_too_seldom() -> None:
    """Rules of a severity that hardly any record has weigh by a prior; those that many have are learnt."""
    priors = priors_of(ROWS)
    assert priors["static_medium"] < priors["static_low"] < 0
    assert "placeholder_grave" not in priors
    assert not offsets(ROWS.rows, priors).any()
