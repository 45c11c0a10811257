"""`assay explain`: what a rule means, in words and in examples."""

import difflib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from assay.errors import NotFound
from assay.v1 import finding_pb2, stage_pb2

from cli.printable import printable
from cli.rules import rules_of
from cli.running_suite import RunningSuite
from cli.suite import own_settings, run, suite

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MAX_EXAMPLES = 3
"""Examples of each kind that a person is shown; the JSON format has them all."""

NEAREST = 3


def explain(rule: str, gateway: RunningSuite | None, *, as_json: bool) -> int:
    """
    Explain one rule, or list all.

    :param rule: Its identifier; empty: all.
    :raises NotFound: There is no such rule; the message has the nearest names.
    :raises assay.errors.AssayError: The suite cannot be reached.
    """
    rules = run(_ask(gateway))
    if rule:
        chosen = [one for one in rules if one.rule_id == rule]
        if not chosen:
            raise NotFound(_unknown(rule, rules))
        rules = chosen
    if as_json:
        _print_json(rules)
    elif rule:
        _print_rules(rules)
    else:
        _print_table(rules)
    return 0


async def _ask(gateway: RunningSuite | None) -> list[stage_pb2.RuleInfo]:
    settings = None if gateway else own_settings(sandbox=False)
    async with suite(gateway, settings) as client:
        return await rules_of(client)


def _unknown(rule: str, rules: Sequence[stage_pb2.RuleInfo]) -> str:
    names = [one.rule_id for one in rules]
    by_name = {name.split("/")[-1]: name for name in names}
    near = difflib.get_close_matches(rule, names, NEAREST, 0.6)
    near += [
        by_name[name] for name in difflib.get_close_matches(rule.rsplit("/", maxsplit=1)[-1], by_name, NEAREST, 0.7)
    ]
    hint = f"; the nearest are {', '.join(dict.fromkeys(near))}" if near else "; `assay explain` lists all"
    return f"there is no rule {rule!r}{hint}"


def _print_json(rules: Sequence[stage_pb2.RuleInfo]) -> None:
    print(json.dumps({"format": 1, "rules": [_facts(rule) for rule in rules]}, indent=2))  # noqa: T201 the output


def _facts(rule: stage_pb2.RuleInfo) -> dict[str, Any]:
    return {
        "rule_id": rule.rule_id,
        "stage": rule.stage,
        "category": _category(rule),
        "severity": _severity(rule),
        "confidence": rule.confidence,
        "explanation": rule.explanation,
        "fires": list(rule.fires),
        "passes": list(rule.passes),
    }


def _category(rule: stage_pb2.RuleInfo) -> str:
    return finding_pb2.FindingCategory.Name(rule.category).removeprefix("FINDING_CATEGORY_").lower()


def _severity(rule: stage_pb2.RuleInfo) -> str:
    return finding_pb2.Severity.Name(rule.severity).removeprefix("SEVERITY_").lower()


def _print_table(rules: Sequence[stage_pb2.RuleInfo]) -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("RULE", "SEVERITY", "CATEGORY"):
        table.add_column(heading, no_wrap=True)
    for rule in rules:
        table.add_row(*(_text(cell) for cell in (rule.rule_id, _severity(rule), _category(rule))))
    _console().print(table)


def _print_rules(rules: Sequence[stage_pb2.RuleInfo]) -> None:
    from rich.padding import Padding

    console = _console()
    for rule in rules:
        console.print(_text(rule.rule_id, "bold"))
        sure = f"{rule.confidence:.0%} sure" if rule.confidence < 1 else "sure"
        console.print(
            Padding(_text(f"{_severity(rule)}, {_category(rule)}, {sure}, by the stage {rule.stage}"), (0, 2))
        )
        console.print()
        console.print(Padding(_text(rule.explanation), (0, 2)))
        for heading, examples in (("It fires in", rule.fires), ("It passes", rule.passes)):
            for example in examples[:MAX_EXAMPLES]:
                console.print()
                console.print(Padding(_text(f"{heading}:", "bold"), (0, 2)))
                _print_source(console, example)


def _print_source(console: "Console", source: str) -> None:
    for line in source.rstrip().expandtabs(4).splitlines():
        console.print(_text(f"    │ {line}", "dim"), no_wrap=True, overflow="ignore", crop=False)


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def _text(text: str, style: str = "") -> "Text":
    from rich.text import Text

    return Text(printable(text), style=style)
