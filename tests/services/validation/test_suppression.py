"""What does not count: by the policy, the baseline, comments where they are let, and lines that did not change."""

from typing import Any

import pytest
from assay.stage import Candidate, Category, Finding, Location, SourceFile

from services.validation.score import voting
from services.validation.suppression import Marker, Silence, Suppression
from tests.toys import completed, finding

CODE = b"x = 1\ny = 2  # assay: ignore[toy/*] known\nz = 3\n"
CANDIDATE = Candidate((SourceFile("src/a.py", CODE), SourceFile("src/b.py", b"x = 1\n")), "python")


def at(line: int, path: str = "src/a.py", last: int = 0, column: int = 2, **more: Any) -> Finding:
    """Return a finding on some lines."""
    return finding(location=Location(path, line, 1, last or line, column), **more)


def why(found: Finding, **fields: Any) -> str:
    """Return why a finding does not count."""
    (marked,) = Marker(CANDIDATE, Silence(**fields)).marked(completed(found)).findings
    assert (voting([marked], security_votes=False) == ()) is bool(marked.suppressed)
    return marked.suppressed


def test_nothing_by_default() -> None:
    """Without a word of the caller's a finding counts, whatever the candidate says in its comments."""
    assert why(at(2)) == ""


def test_a_stage_suppresses_nothing() -> None:
    """What a stage itself says of a finding's counting is passed over."""
    assert why(at(1, suppressed="says the stage", fingerprint="f")) == ""


@pytest.mark.parametrize(
    ("rule", "path", "found", "hit"),
    [
        ("toy/rule", "", at(1), True),
        ("toy/*", "", finding(), True),
        ("toy/*", "src", at(1), True),
        ("toy/*", "a.py", at(1, path="src/b.py"), False),
        ("toy/*", "src", finding(), False),
        ("static/*", "", at(1), False),
    ],
)
def test_by_policy(rule: str, path: str, found: Finding, hit: bool) -> None:
    """A suppression takes the findings of its rule in its files; one with a path none that has no place."""
    said = why(found, suppressions=(Suppression("other/*"), Suppression(rule, path, "a reason")))
    assert said == ("suppressed by the policy: a reason" if hit else "")


def test_by_baseline() -> None:
    """A finding whose fingerprint is known does not count, and a second one of its kind does."""
    (known,) = Marker(CANDIDATE, Silence()).marked(completed(at(1))).findings
    marker = Marker(CANDIDATE, Silence(baseline=frozenset({known.fingerprint})))
    first, second = marker.marked(completed(at(1), at(1))).findings
    assert (first.suppressed, second.suppressed) == ("it is known: it stands in the baseline", "")


def test_by_comment() -> None:
    """Where the caller lets them, comments count for the rules that they name."""
    assert why(at(2), inline=True) == "suppressed by the comment in line 2: known"
    assert why(at(2, rule_id="other/rule"), inline=True) == ""
    assert why(at(3), inline=True) == ""
    assert why(finding(), inline=True) == ""


@pytest.mark.parametrize(
    ("found", "counts"),
    [
        (at(3), True),
        (at(1), False),
        (at(1, last=3), True),
        (at(1, last=3, column=1), False),
        (at(3, path="src/b.py"), False),
        (at(1, category=Category.SYNTAX), True),
        (at(1, category=Category.TRUNCATION), True),
        (at(1, path="src/b.py", category=Category.SYNTAX), False),
        (finding(), True),
    ],
)
def test_unchanged_lines(found: Finding, counts: bool) -> None:
    """Findings on lines that were not changed do not count, unless the file does not parse or they have no place."""
    assert why(found, changed={"src/a.py": ((3, 4), (9, 9))}) == ("" if counts else "its lines were not changed")


def test_nothing_changed() -> None:
    """A file without a changed line has none that count; where nothing is said of changes all count."""
    assert why(at(1), changed={"src/a.py": ()}) == "its lines were not changed"
    assert why(at(1), changed=None) == ""
