"""The rule-based score: its bounds, and that more findings never raise it."""

import math
from dataclasses import replace
from random import Random

import pytest
from assay.stage import Category, Finding, Severity
from hypothesis import given
from hypothesis import strategies as st

from services.validation.score import WEIGHTS, cost, score, voting
from tests.toys import finding

findings = st.lists(
    st.builds(
        finding,
        severity=st.sampled_from(Severity),
        confidence=st.floats(0, 1),
        category=st.sampled_from(Category),
    ),
    max_size=20,
)


def test_weights() -> None:
    """Every severity has a weight from 0 to 1, and a worse one weighs more."""
    weights = [WEIGHTS[severity] for severity in sorted(Severity)]
    assert weights == sorted(weights)
    assert all(0 <= weight < 1 for weight in weights)


def test_nothing_found() -> None:
    """Without findings the score is 1."""
    assert score([]) == 1


@given(findings)
def test_bounds(found: list[Finding]) -> None:
    """The score is from 0 to 1."""
    assert 0 <= score(found) <= 1


def test_a_rule_counts_once() -> None:
    """A rule that fires in many places costs what its costliest finding costs; another rule costs more."""
    twice = [finding(Severity.MEDIUM), finding(Severity.MEDIUM, 0.5)]
    assert score(twice) == score(twice[:1]) == pytest.approx(0.7)
    assert score([*twice, replace(twice[0], rule_id="toy/other")]) == pytest.approx(0.49)


@given(findings, findings)
def test_monotone(found: list[Finding], more: list[Finding]) -> None:
    """More findings never raise the score."""
    assert score([*found, *more]) <= score(found)


@given(findings, st.randoms(use_true_random=False))
def test_order(found: list[Finding], random: Random) -> None:
    """The order of the findings does not matter."""
    shuffled = list(found)
    random.shuffle(shuffled)
    assert math.isclose(score(shuffled), score(found), rel_tol=1e-12, abs_tol=1e-300)


@given(st.sampled_from(Severity), st.floats(0, 1), st.floats(0, 1))
def test_confidence(severity: Severity, one: float, other: float) -> None:
    """Of two findings alike the surer one costs more."""
    low, high = sorted((one, other))
    assert cost(finding(severity, low)) <= cost(finding(severity, high))


@given(st.sampled_from(Severity), st.floats())
def test_any_confidence(severity: Severity, confidence: float) -> None:
    """A cost is from 0 to 1 whatever a third party calls its confidence."""
    assert 0 <= cost(finding(severity, confidence)) < 1


@given(findings)
def test_voting(found: list[Finding]) -> None:
    """The environment never votes, and security only where the policy says so."""
    silent = {Category.ENVIRONMENT, Category.SECURITY}
    assert [f for f in found if f.category not in silent] == list(voting(found, security_votes=False))
    assert [f for f in found if f.category is not Category.ENVIRONMENT] == list(voting(found, security_votes=True))
