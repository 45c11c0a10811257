"""Records as rows."""

import numpy as np

from services.stages.scoring.features import FEATURES, NAMES, SYNTAX
from services.stages.scoring.model import known_of
from services.stages.scoring.training.dataset import View, balanced, table
from tests.services.stages.scoring.training.records import told

ROWS = table(list(told(40)))


def test_views() -> None:
    """Every record is a row without its tests, one that was only read, and one in parts; with tests, one more."""
    counts = {view: int((ROWS.seen == view.value).sum()) for view in View}
    assert counts == {View.TESTED: 20, View.UNTESTED: 40, View.READ: 40, View.PARTS: 40}


def test_what_a_view_knows() -> None:
    """Tests are known in one view alone, and of what was only read nothing is known that running tells."""
    known = {view.value: {known_of(row) for row in ROWS.rows[ROWS.seen == view.value]} for view in View}
    assert (known["tested"], known["untested"], known["read"]) == ({"tests"}, {"run"}, {"read"})
    runs = [place for place, feature in enumerate(FEATURES) if feature.source == "execution"]
    assert np.isnan(ROWS.rows[ROWS.seen == "read"][:, runs]).all()


def test_parts() -> None:
    """In parts, whole sources of features are missing, and the others are as they were."""
    code = [place for place, feature in enumerate(FEATURES) if feature.source == SYNTAX]
    lines = ROWS.rows[ROWS.seen == "parts"][:, NAMES.index("code_lines")]
    missing = np.isnan(lines)
    assert 0 < missing.sum() < len(lines)
    assert np.isnan(ROWS.rows[ROWS.seen == "parts"][:, code][missing]).all()


def test_what_is_missing_tells_nothing() -> None:
    """In each view both labels weigh the same, and all rows together as many as they are."""
    weight = balanced(ROWS.authentic, ROWS.seen)
    assert np.isclose(weight.sum(), len(weight))
    for view in View:
        rows = ROWS.seen == view.value
        shares = [weight[rows & (ROWS.authentic == label)].sum() for label in (0, 1)]
        assert np.isclose(*shares)
