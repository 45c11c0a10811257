"""Fingerprints: what leaves them as they are, and what does not."""

from typing import Any

from assay.stage import Candidate, Finding, Location, SourceFile, TestSuite

from services.validation.fingerprints import FINGERPRINT, Lines, fingerprints
from tests.toys import finding


def at(line: int, path: str = "a.py", **more: Any) -> Finding:
    """Return a finding on a line."""
    return finding(location=Location(path, line, 1, line, 2), **more)


def made(content: bytes, *findings: Finding) -> tuple[str, ...]:
    """Return the fingerprints of findings in one file."""
    suite = TestSuite((SourceFile("t.py", b"assert f(1) == 2\n"),))
    return fingerprints(findings, Lines(Candidate((SourceFile("a.py", content),), "python", tests=(suite,))))


def test_form() -> None:
    """A fingerprint has 32 hexadecimal digits."""
    (one,) = made(b"x = 1\n", at(1))
    assert FINGERPRINT.fullmatch(one)


def test_moved_lines() -> None:
    """A line that moved, or was indented, or whose spaces changed, keeps its fingerprint."""
    before = made(b"x = f( 1 )\n", at(1))
    assert made(b"# new\n\nif y:\r\n\tx = f(1)\n", at(4)) == before
    assert made(b"\xef\xbb\xbfx  =  f(1)", at(1)) == before


def test_what_tells_findings_apart() -> None:
    """Another text, rule, path or occurrence is another finding."""
    content = b"x = 1\ny = 2\nx = 1\n"
    marks = made(content, at(1), at(2), at(3), at(1, rule_id="toy/other"), at(1, path="t.py"))
    assert len(set(marks)) == 5
    assert made(content, at(1), at(1))[0] != made(content, at(1), at(1))[1]


def test_another_finding_before_it() -> None:
    """A finding on another line does not change those behind it."""
    alone = made(b"x = 1\ny = 2\n", at(2))
    assert made(b"x = 1\ny = 2\n", at(1), at(2))[1:] == alone


def test_findings_without_a_place() -> None:
    """Where there is no line, or none of that number, there is a fingerprint all the same."""
    marks = made(b"x = 1\n", finding(), finding(message="It is another."), at(99), at(1, path="gone.py"))
    assert len(set(marks)) == 4
