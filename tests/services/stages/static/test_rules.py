"""Every rule fires on its own examples and on none of those that only look like them."""

import pytest
from assay.stage import Severity

from services.stages.rules import Example, Rule
from services.stages.rules import example as full
from services.stages.static.catalog import RULES
from tests.services.stages.static.judging import found

EXAMPLES = [
    pytest.param(rule, example, fires, id=f"{rule.id}-{'fires' if fires else 'passes'}-{number}")
    for rule in RULES
    for fires, examples in ((True, rule.fires), (False, rule.passes))
    for number, example in enumerate(examples)
]


@pytest.mark.parametrize(("rule", "example", "fires"), EXAMPLES)
def test_examples(rule: Rule, example: str | bytes | Example, fires: bool) -> None:
    """A rule fires where its examples say so; its counterexamples have no finding that rejects."""
    shown = full(example)
    seen = found(shown.text, shown.language, path=shown.path)
    assert (rule.id in {finding.rule_id for finding in seen}) is fires, seen
    if not fires:
        assert max((finding.severity for finding in seen), default=Severity.INFO) < Severity.HIGH


def test_rules_are_told_apart_and_explained() -> None:
    """Identifiers are unique and of this stage, and every rule has an explanation and examples of both sorts."""
    assert len({rule.id for rule in RULES}) == len(RULES) > 10
    assert all(rule.id.startswith("static/") and rule.explanation and rule.fires and rule.passes for rule in RULES)
