"""The rules of the stage, as they are explained."""

import re
from pathlib import Path

from services.stages.execution import catalog
from services.stages.execution.outcomes import LIMITS

FOLDER = Path(catalog.__file__).parent


def test_every_rule_is_explained() -> None:
    """The table has every rule by which the stage finds something, and no other."""
    files = [file for file in FOLDER.rglob("*.py") if file.name != "catalog.py"]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    named = set(re.findall(r'"execution/([a-z-]+)"', source))
    named |= {rule for rule, _ in LIMITS.values()}
    named |= {name for pair in re.findall(r'rule = "([a-z-]+)" if .* else "([a-z-]+)"', source) for name in pair}
    assert {rule.rule_id for rule in catalog.RULES} == {f"execution/{name}" for name in named}
    assert len({rule.rule_id for rule in catalog.RULES}) == len(catalog.RULES)
    assert all(rule.explanation.endswith(".") for rule in catalog.RULES)
