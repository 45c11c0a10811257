"""The rules of the stage, as they are explained."""

import re
from pathlib import Path

from services.stages.execution import findings
from services.stages.execution.catalog import RULES


def test_every_rule_is_explained() -> None:
    """The table has every rule by which the stage finds something, and no other."""
    source = Path(findings.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"execution/([a-z-]+)"', source))
    named |= {rule for rule, _ in findings.LIMITS.values()}
    named |= set(re.findall(r'rule = "([a-z-]+)" if .* else "([a-z-]+)"', source)[0])
    assert {rule.rule_id for rule in RULES} == {f"execution/{name}" for name in named}
    assert len({rule.rule_id for rule in RULES}) == len(RULES)
    assert all(rule.explanation.endswith(".") for rule in RULES)
