"""The features that come from what other stages said."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
from assay.stage import Category, Finding, Severity, StageResult, StageStatus

from services.stages.scoring.evidence import STAGES, evidence, is_silenced
from services.stages.scoring.features import BY_NAME, SYNTAX
from tests.toys import finding

DONE, SKIPPED, _, FAILED = StageStatus


def told_of(results: Mapping[str, StageResult], *, tested: bool = True) -> dict[str, float]:
    """Return the features of results, and NaN for those that are not there."""
    unknown = {name: math.nan for name, feature in BY_NAME.items() if feature.source != SYNTAX}
    return unknown | evidence(results, tested=tested)


def said(
    stage: str, *findings: Finding, status: StageStatus = DONE, details: Mapping[str, str] | None = None
) -> dict[str, StageResult]:
    """Return what one stage said."""
    return {stage: StageResult(status, findings, stage=stage, details=details or {})}


def test_every_feature_is_told() -> None:
    """Each feature that is not read from the code itself is told by the evidence, and no other is."""
    names = {name for name, feature in BY_NAME.items() if feature.source != SYNTAX}
    assert evidence({}, tested=True).keys() | evidence({}, tested=False).keys() == names


def test_nothing_said() -> None:
    """Of stages that did not speak nothing is known: no feature is 0."""
    assert all(math.isnan(value) for value in told_of({}).values())
    skipped = {name: StageResult(SKIPPED, stage=name) for name in STAGES}
    assert all(math.isnan(value) for value in told_of(skipped).values())


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_found(stage: str) -> None:
    """A stage that came to its end and found nothing has counts of 0, and only those of its own."""
    told = told_of(said(stage))
    counts = {name: value for name, value in told.items() if name.startswith(f"{stage}_")}
    assert set(counts.values()) == {0.0}
    others = {name for name in told if name.split("_")[0] in STAGES and name not in counts}
    assert all(math.isnan(told[name]) for name in others)


def test_a_rule_counts_once() -> None:
    """Ten findings of a rule are one rule that fired; another rule is a second."""
    medium = finding(Severity.MEDIUM)
    told = told_of(said("placeholder", *[medium] * 10, replace(medium, rule_id="toy/other")))
    assert (told["placeholder_medium"], told["placeholder_grave"], told["placeholder_low"]) == (2, 0, 0)


def test_an_unsure_grave_finding_is_a_medium_one() -> None:
    """A finding of HIGH that does not reject for its confidence weighs as one of MEDIUM."""
    told = told_of(said("static", finding(Severity.HIGH, 0.49)))
    assert (told["static_grave"], told["static_medium"]) == (0, 1)


def test_topics() -> None:
    """Rules are counted by what they are about, whichever stage they are of; what only informs is a note."""
    made_up = finding(Severity.LOW, rule_id="static/a", category=Category.HALLUCINATION)
    member = finding(Severity.HIGH, rule_id="semantic/b", category=Category.HALLUCINATION)
    note = finding(Severity.INFO, rule_id="static/c", category=Category.HALLUCINATION)
    told = told_of(said("static", made_up, note) | said("semantic", member) | said("placeholder"))
    assert (told["made_up_rules"], told["specification_rules"], told["notes"]) == (2, 0, 1)


@pytest.mark.parametrize("category", [Category.SECURITY, Category.ENVIRONMENT])
def test_what_does_not_vote(category: Category) -> None:
    """What is dangerous, or lacking in the environment, says nothing of whether code is the real thing."""
    told = told_of(said("static", finding(category=category)))
    assert {told[name] for name in ("static_grave", "static_medium", "static_low", "broken_rules")} == {0.0}


def test_found_before_it_failed() -> None:
    """What a stage found counts though it did not come to its end; what it did not find is not known."""
    told = told_of(said("semantic", finding(Severity.HIGH), status=FAILED))
    assert told["semantic_grave"] == 1
    assert math.isnan(told["semantic_low"])


def test_tests() -> None:
    """Shares are of the tests that ran, and of all; how results were compared is a number."""
    details = {"tests_total": "10", "tests_passed": "6", "tests_failed": "2", "tests_skipped": "2", "outcome": "OK"}
    failed = finding(Severity.HIGH, rule_id="execution/test-failed")
    told = told_of(said("execution", failed, details=details | {"isolation": "mixed"}))
    assert (told["tests_failed_share"], told["tests_skipped_share"]) == (0.25, 0.2)
    assert (told["tests_outside"], told["ran_to_its_end"]) == (0.5, 1)


def test_examples_that_drifted() -> None:
    """An example that fails beside tests that pass is no failed test; without tests it is an example that failed."""
    details = {"tests_total": "4", "tests_passed": "3", "tests_failed": "1", "tests_skipped": "0", "outcome": "OK"}
    results = said("execution", finding(Severity.MEDIUM, rule_id="execution/doctest-failed"), details=details)
    told = told_of(results)
    assert (told["tests_failed_share"], told["execution_medium"]) == (0, 1)
    assert math.isnan(told["examples_failed_share"])
    told = told_of(results, tested=False)
    assert told["examples_failed_share"] == 0.25
    assert math.isnan(told["tests_failed_share"])


def test_no_tests() -> None:
    """That no tests came along is no share of 0, and no way of comparing their results."""
    details = {"tests_total": "0", "tests_passed": "0", "tests_failed": "0", "tests_skipped": "0"}
    details |= {"outcome": "WALL_TIME_LIMIT", "isolation": "resistant"}
    told = told_of(said("execution", details=details))
    assert told["ran_to_its_end"] == 0
    shares = ("tests_failed_share", "tests_skipped_share", "tests_outside")
    assert all(math.isnan(told[name]) for name in shares)


@pytest.mark.parametrize("text", ["", "many", "nan"])
def test_details_that_are_no_numbers(text: str) -> None:
    """A figure that cannot be read is not known."""
    told = told_of(said("execution", details={"tests_passed": text, "tests_failed": "1", "outcome": "OK"}))
    assert math.isnan(told["tests_failed_share"])


def test_what_the_policy_silences() -> None:
    """A silenced finding does not count, and neither do the figures that would tell of it."""
    failed = finding(rule_id="execution/test-failed", suppressed="known")
    results = said("execution", failed, details={"tests_passed": "0", "tests_failed": "1", "outcome": "OK"})
    told = told_of(results)
    assert told["execution_grave"] == 0
    assert math.isnan(told["tests_failed_share"])
    assert is_silenced(results.values())
    assert not is_silenced(said("static", finding()).values())
