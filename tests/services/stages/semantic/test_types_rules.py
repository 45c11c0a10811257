"""Every rule about members and arguments finds its examples and leaves its counter-examples alone."""

import pytest
from assay.stage import Candidate, SourceFile

from services.stages.rules import Rule
from services.stages.semantic.check import check
from services.stages.semantic.part import Part, merged
from services.stages.semantic.types_rules import TYPE_RULES


def examples(which: str) -> list[object]:
    """Return each example of each rule as a test parameter."""
    return [
        pytest.param(rule, example, id=f"{rule.id}-{number}")
        for rule in TYPE_RULES
        for number, example in enumerate(getattr(rule, which))
    ]


async def rules_found(code: str, part: Part) -> set[str]:
    """Return the rules that fire in a program."""
    candidate = Candidate((SourceFile("main.py", code.encode()),), "python", "3.13")
    report = merged([check(candidate), await part.judge(candidate)])
    return {finding.rule_id for finding in report.findings}


@pytest.mark.parametrize(("rule", "code"), examples("fires"))
async def test_rule_finds_its_example(rule: Rule, code: str, types_alone: Part) -> None:
    """A rule fires in each program that it names as an example."""
    assert rule.id in await rules_found(code, types_alone)


@pytest.mark.parametrize(("rule", "code"), examples("passes"))
async def test_rule_leaves_its_counter_example_alone(rule: Rule, code: str, types_alone: Part) -> None:
    """A rule does not fire in the programs that only look like its examples."""
    assert rule.id not in await rules_found(code, types_alone)
