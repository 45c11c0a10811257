"""`assay check` with settings, a baseline, comments and patches, over a suite that runs already."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ended, Program
from tests.cli.repositories import commit, repository
from tests.cli.test_check import FINE, HOLLOW

OTHER = "\n\ndef load_rows(path):\n    # TODO: implement loading\n    pass\n"


@pytest.fixture
def tree(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a repository with an authentic and an inauthentic file, in which the command is run."""
    root = repository(folder / "r", fine=FINE, hollow=HOLLOW)
    monkeypatch.chdir(root)
    return root


def findings(ended: Ended) -> list[dict[str, Any]]:
    """Return what a report in JSON says was found."""
    document = json.loads(ended.stdout)
    stages = [stage for result in document["results"] for stage in result["validation"]["stage_results"]]
    return [finding for stage in stages for finding in stage["findings"]]


def test_a_baseline_lets_known_findings_pass(assay: Program, tree: Path) -> None:
    """What was written to the baseline does not count, moved or not; what is new does."""
    ended = assay("check", ".", "--write-baseline", "--baseline", "known.json")
    assert ended.status == 0
    assert "findings stand in the baseline" in ended.stderr
    held = json.loads((tree / "known.json").read_text())
    assert list(held["findings"]) == ["hollow.py"]
    assert assay("check", "hollow.py").status == 1
    (tree / "hollow.py").write_text(f"import os  # noqa: F401\n\n\n{HOLLOW}")
    ended = assay("check", "hollow.py", "--baseline", "known.json", "--format", "json")
    assert ended.status == 0
    assert {"it is known: it stands in the baseline"} <= {finding["suppressed"] for finding in findings(ended)}
    (tree / "hollow.py").write_text(HOLLOW + OTHER)
    assert assay("check", "hollow.py", "--baseline", "known.json").status == 1


def test_a_baseline_is_by_file(assay: Program, tree: Path) -> None:
    """The same finding in another file is another, also where both files go by one name to the suite."""
    for name in ("a", "b"):
        (tree / name).mkdir()
    (tree / "a" / "main.py").write_text(HOLLOW)
    assert assay("check", "a", "--write-baseline", "--baseline", "known.json").status == 0
    (tree / "b" / "main.py").write_text(HOLLOW)
    assert assay("check", "a", "--baseline", "known.json").status == 0
    assert assay("check", "b", "--baseline", "known.json").status == 1


def test_writing_again_keeps_what_was_not_checked(assay: Program, tree: Path) -> None:
    """A baseline is mended file by file: of those that are checked what is gone goes, of others all stays."""
    (tree / "other.py").write_text(HOLLOW)
    assert assay("check", ".", "--write-baseline", "--baseline", "known.json").status == 0
    (tree / "hollow.py").write_text(FINE)
    (tree / "other.py").unlink()
    assert assay("check", "hollow.py", "other.py", "--write-baseline", "--baseline", "known.json").status == 2
    assert list(json.loads((tree / "known.json").read_text())["findings"]) == ["other.py"]
    ended = assay("check", "--diff", "--write-baseline")
    assert (ended.status, "--write-baseline" in ended.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "said"), [("{", "it is no JSON"), ("[]", "no baseline of format 1"), (None, "no such")]
)
def test_bad_baselines(assay: Program, tree: Path, text: str | None, said: str) -> None:
    """A baseline that cannot be read is said, and nothing is taken for known."""
    if text is not None:
        (tree / "known.json").write_text(text)
    ended = assay("check", "hollow.py", "--baseline", "known.json")
    assert ended.status == 2
    assert "known.json" in ended.stderr
    assert said in ended.stderr


def test_settings(assay: Program, tree: Path) -> None:
    """[tool.assay] excludes and ignores; --no-config does without it; what is named is checked although excluded."""
    (tree / "pyproject.toml").write_text(
        '[tool.assay]\nexclude = ["other/"]\n'
        '[[tool.assay.ignore]]\nrules = ["placeholder/*"]\npaths = ["hollow.py"]\nreason = "an example"\n'
    )
    (tree / "other").mkdir()
    (tree / "other" / "empty.py").write_text(HOLLOW)
    assert assay("check", ".").status == 0
    assert assay("check", ".", "--no-config").status == 1
    assert assay("check", "other/empty.py").status == 1
    ended = assay("check", "other/empty.py", "fine.py", "--force-exclude")
    assert (ended.status, "empty.py" in ended.stdout) == (0, False)
    ended = assay("check", "hollow.py", "--format", "json")
    assert {"suppressed by the policy: an example"} <= {finding["suppressed"] for finding in findings(ended)}


def test_settings_of_the_candidate_mean_nothing(assay: Program, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pyproject.toml among the files that are checked silences nothing: settings are those of where one stands."""
    (tree / "pyproject.toml").write_text('[[tool.assay.ignore]]\nrules = ["*"]\n')
    monkeypatch.chdir(tree.parent)
    assert assay("check", "r").status == 1
    assert assay("check", "r/hollow.py", "r/pyproject.toml", "--language", "python").status == 1


def test_bad_settings_are_named(assay: Program, tree: Path) -> None:
    """An unknown key stops the command before anything is checked."""
    (tree / "pyproject.toml").write_text("[tool.assay]\nexlude = []\n")
    ended = assay("check", "fine.py")
    assert ended.status == 2
    assert "[tool.assay] has no key exlude" in ended.stderr


def test_comments_count_only_by_wish(assay: Program, tree: Path) -> None:
    """A comment suppresses nothing, unless --inline-ignores lets it."""
    ignored = HOLLOW.replace("logic\n", "logic  assay: ignore[placeholder/*] later\n").replace(
        "pass\n", "pass  # assay: ignore[placeholder/*] later\n"
    )
    (tree / "hollow.py").write_text(ignored)
    assert assay("check", "hollow.py").status == 1
    assert assay("check", "hollow.py", "--inline-ignores").status == 0


def test_fail_on(assay: Program, tree: Path) -> None:
    """A finding of the given severity makes the status 1 although the file is authentic, and the report says so."""
    (tree / "note.py").write_text(f"{FINE}    # TODO: faster\n")
    assert assay("check", "note.py").status == 0
    ended = assay("check", "note.py", "--fail-on", "info")
    assert ended.status == 1
    assert "AUTHENTIC" in ended.stdout
    assert "and fails: something is INFO or worse" in ended.stdout
    (tree / "pyproject.toml").write_text('[tool.assay]\nfail-on = "info"\n')
    assert assay("check", "note.py").status == 1
    assert assay("check", "note.py", "--fail-on", "high").status == 0


def test_diff(assay: Program, tree: Path) -> None:
    """Only changed files are checked, and of them only changed lines count."""
    assert assay("check", ".").status == 1
    ended = assay("check", "--diff")
    assert (ended.status, "0 files" in ended.stdout) == (0, True)
    (tree / "hollow.py").write_text(HOLLOW + "\n\nx = 1\n")
    ended = assay("check", "--diff", "--format", "json")
    assert ended.status == 0
    assert [result["path"] for result in json.loads(ended.stdout)["results"]] == ["hollow.py"]
    assert {finding["suppressed"] for finding in findings(ended)} == {"its lines were not changed"}
    (tree / "fine.py").write_text(FINE + OTHER)
    (tree / "new.py").write_text(HOLLOW)
    document = json.loads(assay("check", "--diff", "--format", "json").stdout)
    assert {result["path"]: result["exit_status"] for result in document["results"]} == {
        "fine.py": 1,
        "hollow.py": 0,
        "new.py": 1,
    }
    assert assay("check", "hollow.py", "--diff").status == 0
    assert assay("check", "--diff", "fine.py").status == 1


def test_diff_with_a_base(assay: Program, tree: Path) -> None:
    """With a base what was committed since counts too; one that Git does not know is said."""
    (tree / "fine.py").write_text(FINE + OTHER)
    commit(tree)
    assert assay("check", "--diff").status == 0
    assert assay("check", "--diff", "HEAD~1").status == 1
    assert assay("check", "--diff=HEAD~1", "hollow.py").status == 0
    ended = assay("check", "--diff=nothing")
    assert (ended.status, ended.stderr) == (2, "assay: --diff nothing: Git knows no such commit\n")


def test_a_change_that_breaks_the_rest_counts(assay: Program, tree: Path) -> None:
    """A file that no longer parses is the change's doing, wherever that is noticed."""
    (tree / "fine.py").write_text(FINE.replace("(number: int)", "(number: int") + "\n\nx = 1\n")
    assert assay("check", "--diff").status == 1


def test_python_goes_with_a_suite_of_ones_own(assay: Program, tree: Path) -> None:
    """A running suite has its own environment, and is not told of another."""
    ended = assay("check", "fine.py", "--python", ".")
    assert ended.status == 2
    assert "--python" in ended.stderr
