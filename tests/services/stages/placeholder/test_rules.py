"""Every rule fires on its own examples and on none of those that only look like them."""

import pytest
from assay.stage import Severity

from services.stages.placeholder.analysis import check
from services.stages.placeholder.catalog import RULES
from services.stages.placeholder.grammars import LANGUAGES
from services.stages.rules import Example, Rule, example
from tests.corpus.reading_cases import SUFFIX_OF

EXAMPLES = [
    pytest.param(rule, example(shown), fires, id=f"{rule.id}-{'fires' if fires else 'passes'}-{number}")
    for rule in RULES
    for fires, examples in ((True, rule.fires), (False, rule.passes))
    for number, shown in enumerate(examples)
]


@pytest.mark.parametrize(("rule", "shown", "fires"), EXAMPLES)
def test_examples(rule: Rule, shown: Example, fires: bool) -> None:
    """A rule fires where its examples say so; its counterexamples have no finding that rejects."""
    content = shown.text.encode() if isinstance(shown.text, str) else shown.text
    path = shown.path or f"shown{SUFFIX_OF[shown.language]}"
    found = check(content, path, shown.specification, shown.language)
    assert (rule.id in {finding.rule_id for finding in found}) is fires
    if not fires:
        assert max((finding.severity for finding in found), default=Severity.INFO) < Severity.HIGH


def test_rules_are_told_apart_and_explained() -> None:
    """Identifiers are unique and of this stage, and every rule has an explanation and examples of both sorts."""
    assert len({rule.id for rule in RULES}) == len(RULES) > 10
    assert all(rule.id.startswith("placeholder/") and rule.explanation for rule in RULES)
    assert all(rule.fires and rule.passes for rule in RULES)


def test_examples_are_in_many_languages() -> None:
    """Every rule is shown in more languages than one, and every language shows a rule."""
    told = {rule.id: {example(shown).language for shown in (*rule.fires, *rule.passes)} for rule in RULES}
    assert {name for name, languages in told.items() if len(languages) < 2} == set()
    assert set().union(*told.values()) == LANGUAGES
