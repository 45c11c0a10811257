"""All rules of the static stage that are its own; those of ruff have the explanations of ruff."""

from services.stages.rules import Rule
from services.stages.static import artifacts, file_rules, name_rules, syntax

RULES = tuple(
    rule
    for module in (file_rules, syntax, artifacts, name_rules)
    for rule in vars(module).values()
    if isinstance(rule, Rule)
)
