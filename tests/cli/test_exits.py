"""The exit status of several files."""

import pytest

from cli import exits


@pytest.mark.parametrize(
    ("statuses", "whole"),
    [([0, 0], 0), ([0, 2], 2), ([2, 1, 0], 1), ([1], 1), ([], 0)],
)
def test_the_worst_counts(statuses: list[int], whole: int) -> None:
    """Inauthentic counts before undetermined, and that before authentic."""
    assert exits.of_all(statuses) == whole
