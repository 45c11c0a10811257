"""The table of features."""

import math

from services.stages.scoring.evidence import STAGES
from services.stages.scoring.features import FEATURES, NAMES, SYNTAX, vector


def test_names() -> None:
    """Each feature has a name of its own, a description for a person, and a source that there is."""
    assert len(set(NAMES)) == len(FEATURES)
    for feature in FEATURES:
        assert feature.name.isidentifier()
        assert feature.description.strip() == feature.description != ""
        assert feature.source in {SYNTAX, *STAGES}


def test_counts_of_rules_never_raise_the_score() -> None:
    """More of what stages find may only lower the score."""
    for feature in FEATURES:
        if feature.name.endswith(("_grave", "_medium", "_low", "_rules")):
            assert feature.direction == -1, feature.name


def test_vector() -> None:
    """A row has every feature in its place, and NaN for what is not known."""
    row = vector({NAMES[2]: 3.0})
    assert len(row) == len(NAMES)
    assert row[2] == 3
    assert all(math.isnan(value) for place, value in enumerate(row) if place != 2)
