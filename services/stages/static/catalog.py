"""All rules of the static stage that are its own; those of ruff have the explanations of ruff."""

from services.stages.rules import Rule
from services.stages.static import (
    artifacts,
    data_files,
    file_rules,
    html_check,
    mixed,
    name_rules,
    security_rules,
    syntax,
)

_MODULES = (file_rules, syntax, artifacts, mixed, data_files, html_check, name_rules, security_rules)

RULES = tuple(
    {rule.id: rule for module in _MODULES for rule in vars(module).values() if isinstance(rule, Rule)}.values()
)
