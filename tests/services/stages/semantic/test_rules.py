"""Every rule on imports finds its examples and leaves its counter-examples alone; all rules have what rules need."""

import pytest
from assay.stage import Candidate, SourceFile

from services.stages.rules import Rule
from services.stages.semantic.check import check
from services.stages.semantic.rules import IMPORT_RULES, RULES, UNDECLARED, UNRESOLVED_RELATIVE
from services.stages.semantic.types_rules import UNKNOWN_PACKAGE_MEMBER, UNKNOWN_SUBMODULE

NEEDS_MORE_THAN_A_FILE = {UNDECLARED.id, UNRESOLVED_RELATIVE.id, UNKNOWN_PACKAGE_MEMBER.id, UNKNOWN_SUBMODULE.id}


def examples(which: str) -> list[object]:
    """Return each example of each rule as a test parameter."""
    return [
        pytest.param(rule, example, id=f"{rule.id}-{number}")
        for rule in IMPORT_RULES
        for number, example in enumerate(getattr(rule, which))
    ]


def rules_found(code: str) -> set[str]:
    """Return the rules that fire in a program."""
    candidate = Candidate((SourceFile("main.py", code.encode()),), "python", "3.13")
    return {finding.rule_id for finding in check(candidate).findings}


@pytest.mark.parametrize(("rule", "code"), examples("fires"))
def test_rule_finds_its_example(rule: Rule, code: str) -> None:
    """A rule fires in each program that it names as an example."""
    assert rule.id in rules_found(code)


@pytest.mark.parametrize(("rule", "code"), examples("passes"))
def test_rule_leaves_its_counter_example_alone(rule: Rule, code: str) -> None:
    """A rule does not fire in the programs that only look like its examples."""
    assert rule.id not in rules_found(code)


def test_every_rule_has_examples() -> None:
    """Each rule has programs in which it fires, but for those that need more files or installed packages to fire."""
    assert [rule.id for rule in RULES if not rule.fires and rule.id not in NEEDS_MORE_THAN_A_FILE] == []
    assert [rule.id for rule in RULES if not rule.passes] == []


def test_rule_ids_are_the_stages_own_and_distinct() -> None:
    """Rule ids begin with the stage's name and none stands twice."""
    ids = [rule.id for rule in RULES]
    assert all(name.startswith("semantic/") for name in ids)
    assert len(set(ids)) == len(ids)
