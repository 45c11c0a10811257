"""The model: that the shipped one is whole, that what is not is refused, and that scores go the way they may."""

import json
import math
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stages.scoring.features import FEATURES, NAMES
from services.stages.scoring.model import DATA, MANIFEST, MAX_BYTES, MODEL, ModelBroken, known_of, load

SHIPPED = load()

values = st.one_of(st.just(math.nan), st.floats(0, 1), st.integers(0, 300).map(float))
rows = st.lists(values, min_size=len(NAMES), max_size=len(NAMES))


def test_the_shipped_model() -> None:
    """The shipped model is the one that its manifest names, small, with a card that names it."""
    assert (DATA / MODEL).stat().st_size <= MAX_BYTES
    assert SHIPPED.name in (DATA / "card.md").read_text(encoding="utf-8")
    assert all(0 < one.reject_below <= 0.5 and one.slope > 0 for one in SHIPPED.calibrations.values())


@given(rows)
def test_any_row(row: list[float]) -> None:
    """Whatever is known or not, a score is from 0 to 1, and what moved it is told strongest first."""
    scored = SHIPPED.scored(row)
    assert 0 <= scored.score <= 1
    assert 0 <= scored.reject_below <= 1
    strengths = [abs(one.log_odds) for one in scored.contributions]
    assert strengths == sorted(strengths, reverse=True)
    assert all(one.value is None or not math.isnan(one.value) for one in scored.contributions)


@given(rows, st.integers(0, len(NAMES) - 1), st.floats(0, 10))
def test_monotone(row: list[float], place: int, more: float) -> None:
    """More of what counts against a candidate never raises its score; of what counts for it, never lowers it."""
    direction = FEATURES[place].direction
    if direction == 0 or math.isnan(row[place]):
        return
    grown = [*row[:place], row[place] + more, *row[place + 1 :]]
    difference = SHIPPED.scored(grown).score - SHIPPED.scored(row).score
    assert direction * difference >= -1e-9


@given(rows)
def test_contributions_add_up(row: list[float]) -> None:
    """What the features moved the log-odds by, and where every candidate begins, is what the trees say."""
    total, moved = SHIPPED.log_odds(row)
    start = sum(tree[0][-1] for tree in SHIPPED.trees)
    assert math.isclose(start + sum(moved), total, abs_tol=1e-9)


def test_known() -> None:
    """How much is known is told by the features: tests that ran, a run, or neither."""
    unknown = [math.nan] * len(NAMES)
    ran = [0.0 if name == "ran_to_its_end" else math.nan for name in NAMES]
    tested = [0.0 if name == "tests_failed_share" else value for name, value in zip(NAMES, ran, strict=True)]
    assert [known_of(row) for row in (unknown, ran, tested)] == ["read", "run", "tests"]


def written(folder: Path, fields: dict[str, Any] | bytes, digest: str = "") -> Path:
    """Write a model and a manifest that names it."""
    content = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    (folder / MODEL).write_bytes(content)
    (folder / MANIFEST).write_text(json.dumps({"sha256": digest or sha256(content).hexdigest()}))
    return folder


def fields() -> dict[str, Any]:
    """Return the fields of the shipped model."""
    read: dict[str, Any] = json.loads((DATA / MODEL).read_bytes())
    return read


def test_the_same_model(tmp_path: Path) -> None:
    """What is written as the shipped model is scores alike."""
    row = [0.0] * len(NAMES)
    assert load(written(tmp_path, fields())).scored(row) == SHIPPED.scored(row)


def test_an_altered_model(tmp_path: Path) -> None:
    """A file that is not the one of the manifest is refused."""
    with pytest.raises(ModelBroken, match="not the file"):
        load(written(tmp_path, fields(), digest="0" * 64))


@pytest.mark.parametrize("features", [[], [*NAMES, "another"], [*NAMES[1:], NAMES[0]]])
def test_other_features(tmp_path: Path, features: list[str]) -> None:
    """A model that was made for other features, or for another order of them, is refused."""
    with pytest.raises(ModelBroken, match="other features"):
        load(written(tmp_path, fields() | {"features": features}))


@pytest.mark.parametrize(
    "changes",
    [
        {"trees": [[[0, 0.5, True, 0, 1, 0.0], [0.1]]]},
        {"trees": [[[0, 0.5, True, 1, 2, 0.0], [0.1]]]},
        {"trees": [[[len(NAMES), 0.5, True, 1, 2, 0.0], [0.1], [0.2]]]},
        {"trees": [[[0, 0.5]]]},
        {"calibrations": {}},
        {"name": None, "trees": 3},
    ],
)
def test_no_model(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Trees that go in a circle, or name what is not there, are refused, and so is a model without its calibration."""
    with pytest.raises(ModelBroken):
        load(written(tmp_path, fields() | changes))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"format": 1}'])
def test_no_json(tmp_path: Path, content: bytes) -> None:
    """What is no model at all is refused."""
    with pytest.raises(ModelBroken):
        load(written(tmp_path, content))


def test_no_file(tmp_path: Path) -> None:
    """A folder without a model is refused."""
    with pytest.raises(ModelBroken):
        load(tmp_path)
