"""What a rule makes of a place, and the order and number of findings."""

from assay.stage import Category, Location, Severity

from services.stages.rules import MAX_FINDINGS, Rule, in_order

RULE = Rule("static/x", Category.SYNTAX, Severity.HIGH, "Why.", confidence=0.5)


def place(line: int) -> Location:
    """Return the first column of a line."""
    return Location("a.py", line, 1, line, 2)


def test_finding_carries_the_rule() -> None:
    """A finding has the identifier, category, severity and confidence of its rule."""
    finding = RULE.finding("It is so.", place(1), suggestion="Do.", evidence={"uses": "2"})
    assert (finding.rule_id, finding.category, finding.severity, finding.confidence) == (
        "static/x",
        Category.SYNTAX,
        Severity.HIGH,
        0.5,
    )
    assert (finding.suggestion, finding.evidence) == ("Do.", {"uses": "2"})


def test_order_is_that_of_the_source() -> None:
    """Findings come in the order of the source, those without a place first."""
    found = in_order([RULE.finding("b", place(9)), RULE.finding("a", place(2)), RULE.finding("c")])
    assert [finding.message for finding in found] == ["c", "a", "b"]


def test_the_gravest_are_kept() -> None:
    """Beyond the bound the least grave findings are dropped."""
    light = Rule("static/y", Category.BEHAVIOR, Severity.INFO, "Why.")
    many = [light.finding("light", place(line)) for line in range(1, MAX_FINDINGS + 50)]
    found = in_order([*many, RULE.finding("grave", place(9_999))])
    assert len(found) == MAX_FINDINGS
    assert found[-1].message == "grave"
