"""The rules of all stages, in pages."""

import asyncio
import base64
import binascii
from bisect import bisect_right
from collections.abc import Sequence

from assay.errors import AssayError, InvalidArgument
from assay.stage import RuleInfo

from services.validation.engine import Stages

DEFAULT_PAGE = 200
MAX_PAGE = 1_000

StageRule = tuple[str, RuleInfo]
"""A stage's name, and a rule of it."""


async def rules_of(stages: Stages, names: Sequence[str], seconds: float) -> tuple[list[StageRule], list[str]]:
    """
    Return the rules of stages in the order of their identifiers, and the stages that could not be asked.

    :param seconds: The longest that a stage may take to answer.
    """
    answers = await asyncio.gather(*(_asked(stages, name, seconds) for name in names))
    listed = [(name, rule) for name, rules in zip(names, answers, strict=True) for rule in rules or ()]
    missing = [name for name, rules in zip(names, answers, strict=True) if rules is None]
    return sorted(listed, key=_place), missing


async def _asked(stages: Stages, name: str, seconds: float) -> Sequence[RuleInfo] | None:
    try:
        return await stages.rules(name, seconds)
    except AssayError:
        return None


def page(rules: Sequence[StageRule], size: int, token: str) -> tuple[Sequence[StageRule], str]:
    """
    Return a page of rules that are in order, and the token of the next one; empty on the last.

    :raises InvalidArgument: The size is out of bounds, or the token is not one of ours.
    """
    size = size or DEFAULT_PAGE
    if not 1 <= size <= MAX_PAGE:
        raise InvalidArgument("page_size", f"it must be from 1 to {MAX_PAGE}")
    begin = bisect_right(rules, _after(token), key=_place) if token else 0
    chosen = rules[begin : begin + size]
    return chosen, _token(chosen[-1]) if begin + size < len(rules) else ""


def _place(rule: StageRule) -> tuple[str, str]:
    return rule[1].rule_id, rule[0]


def _token(rule: StageRule) -> str:
    return base64.urlsafe_b64encode("\n".join(_place(rule)).encode()).decode()


def _after(token: str) -> tuple[str, str]:
    try:
        rule_id, stage = base64.b64decode(token, altchars=b"-_", validate=True).decode().split("\n")
    except (binascii.Error, ValueError):
        raise InvalidArgument("page_token", "it is not the next_page_token of an earlier page") from None
    return rule_id, stage
