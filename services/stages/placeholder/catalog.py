"""All rules of the placeholder stage."""

from services.stages.placeholder import bodies, comments, elisions, handlers, mocks, returns, tokens, unfinished

FAMILIES = (comments, elisions, bodies, returns, mocks, tokens, unfinished, handlers)
"""Modules that each have RULES and find(module)."""

RULES = tuple(rule for family in FAMILIES for rule in family.RULES)
