"""`assay explain`: every rule has its words, and a wrong name gets the nearest."""

import json

from tests.cli.conftest import Program


def test_one_rule(assay: Program) -> None:
    """A rule is told with its severity, its explanation and examples of both kinds."""
    ended = assay("explain", "placeholder/todo-comment")
    assert ended.status == 0
    for part in ("placeholder/todo-comment", "info, placeholder", "It fires in:", "It passes:", "TODO"):
        assert part in ended.stdout


def test_all_rules(assay: Program) -> None:
    """All rules are listed, those of every stage, and none is without words."""
    listed = assay("explain")
    assert "placeholder/todo-comment" in listed.stdout
    document = json.loads(assay("explain", "--format", "json").stdout)
    assert document["format"] == 1
    assert {rule["stage"] for rule in document["rules"]} >= {"static", "placeholder", "semantic", "execution"}
    assert all(
        rule["explanation"] and rule["severity"] and rule["rule_id"] in listed.stdout for rule in document["rules"]
    )
    [one] = json.loads(assay("explain", "placeholder/todo-comment", "--format", "json").stdout)["rules"]
    assert one in document["rules"]


def test_unknown_rules(assay: Program) -> None:
    """A name that there is not gets the nearest ones, with or without its stage."""
    for name in ("placeholder/todo-coment", "todo-comment", "placeholders/todo-comment"):
        ended = assay("explain", name)
        assert ended.status == 2
        assert "placeholder/todo-comment" in ended.stderr
    assert "lists all" in assay("explain", "zzzzzz/qqqqqqqqq").stderr
