"""The rules of a suite, as it lists them."""

from typing import TYPE_CHECKING

from assay.v1 import stage_pb2, validation_pb2

if TYPE_CHECKING:
    from assay.client import Suite

CALL_SECONDS = 30.0
PAGE = 1_000

MOST = 100_000
"""Rules that are taken of a suite, the first by name."""


async def rules_of(client: "Suite") -> list[stage_pb2.RuleInfo]:
    """Return the rules of all stages that can be asked, in the order of their identifiers."""
    rules: list[stage_pb2.RuleInfo] = []
    token = ""
    while len(rules) < MOST:
        request = validation_pb2.ListRulesRequest(page_size=PAGE, page_token=token)
        answer = await client.validation.ListRules(request, timeout=CALL_SECONDS)
        rules.extend(answer.rules)
        token = answer.next_page_token
        if not token:
            break
    return rules
