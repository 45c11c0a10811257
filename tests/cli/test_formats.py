"""The formats for programs: valid against their schemas, complete, and escaped."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from tests.cli.conftest import Program
from tests.cli.repositories import repository
from tests.cli.test_check import FINE, HOLLOW

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json").read_text())


@pytest.fixture
def tree(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with one file of each kind, in which the command is run."""
    root = repository(folder / "r", fine=FINE, hollow=HOLLOW, known=HOLLOW)
    (root / "odd name,.py").write_text(HOLLOW)
    (root / "pyproject.toml").write_text('[[tool.assay.ignore]]\nrules = ["*"]\npaths = ["known.py"]\nreason = "old"\n')
    monkeypatch.chdir(root)
    return root


def sarif(assay: Program, *arguments: str) -> dict[str, Any]:
    """Return the one run of a report in SARIF, which is valid."""
    document = json.loads(assay("check", "--format", "sarif", *arguments).stdout)
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft4Validator)
    [run] = document["runs"]
    assert isinstance(run, dict)
    return run


def test_sarif(assay: Program, tree: Path) -> None:
    """Every finding is a result with its place, level, rule and fingerprint; suppressed ones say why."""
    run = sarif(assay, ".", "gone.py")
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) > 10
    by_file: dict[str, list[dict[str, Any]]] = {}
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        by_file.setdefault(place["artifactLocation"]["uri"], []).append(result)
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["partialFingerprints"]["assay/v1"]) == 32
    assert set(by_file) == {"hollow.py", "known.py", "odd%20name%2C.py"}
    first = by_file["hollow.py"][0]
    assert (first["level"], first["ruleId"].split("/")[0]) == ("error", "placeholder")
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    assert all(
        result["suppressions"] == [{"kind": "external", "justification": "suppressed by the policy: old"}]
        for result in by_file["known.py"]
    )
    assert "suppressions" not in first
    [invocation] = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 1)
    assert "no such file" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_of_nothing(assay: Program, tree: Path) -> None:
    """Without a finding, and without a file, the log is valid and says so."""
    assert sarif(assay, "fine.py")["results"] == []
    run = sarif(assay, "fine.py", "--diff")
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


def test_sarif_fixes(assay: Program, tree: Path) -> None:
    """What would mend a finding goes along as a fix."""
    (tree / "fenced.py").write_text(f"```python\n{FINE}```\n")
    fixes = [fix for result in sarif(assay, "fenced.py")["results"] for fix in result.get("fixes", [])]
    assert fixes
    assert fixes[0]["artifactChanges"][0]["artifactLocation"]["uri"] == "fenced.py"


def test_junit(assay: Program, tree: Path) -> None:
    """Every file is a case, with a failure where it is not authentic and an error where nothing could be said."""
    (tree / "esc\x1b.py").write_text(FINE)
    ended = assay("check", ".", "gone.py", "--format", "junit")
    [suite] = ElementTree.fromstring(ended.stdout)
    cases = {case.get("name"): case for case in suite}
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "2", "1")
    assert cases["fine.py"].find("failure") is None
    failure = cases["hollow.py"].find("failure")
    assert failure is not None
    assert "hollow.py:2:5: HIGH placeholder/" in (failure.text or "")
    assert cases["known.py"].find("failure") is None
    assert cases["gone.py"].find("error") is not None
    assert "esc\ufffd.py" in cases


def test_github(assay: Program, tree: Path) -> None:
    """Every finding that counts is a command with its place; what could break out of one is escaped."""
    (tree / "forged\n::error::x.py").write_text(HOLLOW)
    lines = assay("check", ".", "gone.py", "--format", "github").stdout.splitlines()
    assert any(line.startswith("::error file=hollow.py,line=2,endLine=2,col=5,") for line in lines)
    assert any(line.startswith("::error file=odd name%2C.py,line=2,") for line in lines)
    assert any(line.startswith("::error file=gone.py,title=assay::") for line in lines)
    assert not any("known.py" in line or "fine.py" in line for line in lines)
    assert all(line.startswith(("::error file=", "::warning file=", "::notice file=", "6 files: ")) for line in lines)


def test_output(assay: Program, tree: Path) -> None:
    """A report goes to a file where one is named, and one that cannot be written is said before anything is checked."""
    ended = assay("check", "hollow.py", "--format", "json", "--output", "report.json")
    assert (ended.status, ended.stdout) == (1, "")
    assert json.loads((tree / "report.json").read_text())["exit_status"] == 1
    ended = assay("check", "hollow.py", "--output", "nowhere/report.txt")
    assert (ended.status, ended.stderr) == (2, "assay: --output nowhere/report.txt: no such file or directory\n")


def test_json_of_nothing(assay: Program, tree: Path) -> None:
    """A report without a result is a whole document."""
    document = json.loads(assay("check", "fine.py", "--diff", "--format", "json").stdout)
    assert (document["results"], document["exit_status"]) == ([], 0)
