"""What the static stage says of one file, and where."""

import pytest
from assay.stage import Category, Finding, Location, Severity, TextEdit

from services.stages.source import decode
from tests.services.stages.static.judging import found


def applied(code: str, finding: Finding) -> str:
    """Return the code after the finding's only fix."""
    source = decode(code.encode(), "a.py")
    (fix,) = finding.fixes
    data = source.data
    for edit in sorted(fix.edits, key=lambda edit: edit.range.start_line, reverse=True):
        place: TextEdit = edit
        start = source.offset(place.range.start_line, place.range.start_column)
        end = source.offset(place.range.end_line, place.range.end_column)
        data = data[:start] + edit.new_text.encode() + data[end:]
    return data.decode()


@pytest.mark.parametrize(
    ("code", "since"),
    [
        ("x = 1\nmatch x:\n    case 1:\n        y = 2\n", 10),
        ("try:\n    x = 1\nexcept* ValueError:\n    x = 2\n", 11),
        ("type X = int\n", 12),
        ('y = 1\nx = f"{f\'{y}\' + "a"}"\n', 12),
        ("try:\n    x = 1\nexcept ValueError, TypeError:\n    x = 2\n", 14),
    ],
)
def test_the_candidates_version_counts(code: str, since: int) -> None:
    """Syntax is judged by the version of the candidate, whatever Python the server runs."""
    assert found(code, minor=since) == []
    (finding,) = found(code, minor=since - 1)
    assert (finding.rule_id, finding.severity) == ("static/syntax-error", Severity.CRITICAL)


def test_nothing_is_silenced_by_the_candidate() -> None:
    """Comments that silence linters silence nothing."""
    code = "# ruff: noqa\n# flake8: noqa\ndef f():\n    return missing  # noqa: F821  # type: ignore\n"
    assert [finding.rule_id for finding in found(code)] == ["static/undefined-name"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ranges_are_exact(end: str) -> None:
    """Ranges count lines by any line end, and columns in code points, tabs being one."""
    code = f'if True:{end}\tprint("😀é", missing){end}'
    (finding,) = found(code)
    assert finding.location == Location("a.py", 2, 14, 2, 21)


def test_one_finding_for_a_name() -> None:
    """A name used many times is one finding, at its first use, that says how often."""
    (finding,) = found("def f():\n    return total(1) + total(2)\n")
    assert finding.location == Location("a.py", 2, 12, 2, 17)
    assert finding.evidence == {"uses": "2"}


def test_did_you_mean() -> None:
    """A misspelt name gets the name that the code around it can see, not one of another function."""
    code = "def f(values):\n    return sum(valeus)\n\n\ndef g(valeuss):\n    return valeuss\n"
    (finding,) = found(code)
    assert finding.suggestion == "Did you mean 'values'?"
    assert finding.category is Category.HALLUCINATION


def test_forgotten_import_is_a_safe_fix() -> None:
    """A module of the standard library that was not imported is added below the docstring and future imports."""
    code = '"""Doc."""\n\nfrom __future__ import annotations\n\nx = 1\n\n\ndef f(s):\n    return re.sub("a", "b", s)\n'
    (finding,) = found(code)
    assert finding.suggestion == "Add: import re"
    assert finding.fixes[0].safe
    assert applied(code, finding) == code.replace("\nx = 1", "\nimport re\nx = 1")
    assert found(applied(code, finding)) == []


@pytest.mark.parametrize(
    ("use", "statement"),
    [
        ("urllib.parse.quote(s)", "import urllib.parse"),
        ("xml.etree.ElementTree.parse(s)", "import xml.etree.ElementTree"),
        ("concurrent.futures.wait(s), concurrent.futures.wait(s)", "import concurrent.futures"),
        ("logging.handlers.RotatingFileHandler(s), logging.getLogger()", "import logging.handlers"),
        ("urllib.parse.quote(s), urllib.request.urlopen(s)", "import urllib.parse, urllib.request"),
        ("os.path.join(s), os.sep", "import os"),
        ("json.loads(s).decoder", "import json"),
        ("datetime.date.today()", "import datetime"),
    ],
)
def test_a_forgotten_import_is_that_of_the_submodule(use: str, statement: str) -> None:
    """Where what is used lies in a module of a package, that module is imported: the package alone has it not."""
    (finding,) = found(f"def f(s):\n    return {use}\n")
    assert finding.suggestion == f"Add: {statement}"
    assert applied(f"x = {use}\n", found(f"x = {use}\n")[0]).startswith(f"{statement}\n")


@pytest.mark.parametrize(
    ("use", "safe"),
    [("email.lower()", False), ("queue.append(1)", False), ("queue.Queue()", True), ("string.digits", True),
     ("re.split('a', s)", True)],
)  # fmt: skip
def test_a_module_called_by_a_common_word(use: str, safe: bool) -> None:
    """A word that is a module too is taken for it where what is used of it is no method of an ordinary value."""
    (finding,) = found(f"def f(s):\n    return {use}\n")
    assert finding.fixes[0].safe is safe


def test_a_package_that_may_be_missing_is_no_safe_fix() -> None:
    """An alias such as np is explained, but adding its import is left to a person."""
    (finding,) = found("def f(xs):\n    return np.mean(xs)\n")
    assert finding.suggestion == "Add: import numpy as np"
    assert not finding.fixes[0].safe


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("```python\nx = 1\n```\n", "x = 1\n"),
        ("Here it is:\n\n```python\nx = 1\n```\n\nIt says one.\n", "x = 1\n"),
        ("x = 1\n```\n[Task End", "x = 1\n"),
        ("Here is the code:\r\n\r\nx = 1\r\n", "x = 1\r\n"),
    ],
)
def test_artifacts_are_mended_where_there_is_one_way(code: str, left: str) -> None:
    """Fences and talk are removed by a safe fix, after which the file is a program."""
    (finding,) = found(code)
    assert (finding.category, finding.severity) == (Category.ARTIFACT, Severity.CRITICAL)
    assert finding.fixes[0].safe
    assert applied(code, finding).strip() == left.strip()


def test_merge_markers_are_not_mended() -> None:
    """Which side of a conflict is meant is not guessed."""
    findings = found("x = 0\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n")
    assert findings[0].rule_id == "static/merge-marker"
    assert not any(finding.fixes for finding in findings)


def test_a_fence_in_broken_code_leaves_the_error() -> None:
    """Where removing the fence does not make a program, the syntax error is told too."""
    rules = {finding.rule_id for finding in found("```python\ndef f(:\n    return 1\n```\n")}
    assert rules == {"static/markdown-fence", "static/syntax-error"}


def test_a_package_may_have_an_empty_init() -> None:
    """An empty __init__.py and an empty file that is not the entry point are no finding."""
    assert found("", path="pkg/__init__.py") == []
    assert found("", path="pkg/empty.py", entry=False) == []


def test_stub_files_are_judged_as_stubs() -> None:
    """Forward references in a .pyi file are legitimate."""
    assert found("class A:\n    def f(self) -> B: ...\n\nclass B: ...\n", path="a.pyi") == []


def test_untidy_code_is_still_code() -> None:
    """Unused imports and variables weigh nothing."""
    findings = found("import os\nimport sys\n\n\ndef f():\n    x = 1\n    return f''\n")
    assert {finding.severity for finding in findings} == {Severity.INFO}


@pytest.mark.parametrize(
    "code",
    ["x = " + "-" * 100_000 + "1", "x = a" + ".b" * 100_000, "x = " + "1 if 1 else " * 50_000 + "1", "f(" * 100_000],
)
def test_deep_nesting_is_a_finding(code: str) -> None:
    """What no Python compiles is a finding, not a crash."""
    (finding,) = found("a = f = 1\n" + code)
    assert finding.severity is Severity.CRITICAL


def test_large_source() -> None:
    """Five MiB of source are read to the end."""
    lines = (f"value_{number} = compute({number}, 'text')  # a comment\n" for number in range(100_000))
    code = "def compute(value, text):\n    return value\n\n\n" + "".join(lines)
    (finding,) = found(code + "print(missing)\n")
    assert finding.rule_id == "static/undefined-name"
