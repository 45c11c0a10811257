"""`assay check`, over a suite that runs already: verdicts, statuses, and what bad input gets."""

import json
import os
from pathlib import Path

import pytest

from cli import check
from tests.cli.conftest import Ended, Program

FINE = "def double(number: int) -> int:\n    return 2 * number\n"
HOLLOW = "def process_data(items):\n    # TODO: Implement data processing logic\n    pass\n"
SECRET = "s3cret_submitted_name"


@pytest.fixture
def fine(folder: Path) -> Path:
    """Give an authentic file."""
    (folder / "fine.py").write_text(FINE)
    return folder / "fine.py"


@pytest.fixture
def hollow(folder: Path) -> Path:
    """Give an inauthentic file."""
    (folder / "hollow.py").write_text(HOLLOW)
    return folder / "hollow.py"


def is_clean(ended: Ended) -> bool:
    """Whether nothing of our inside or of the submitted code is shown where a call failed."""
    return "Traceback" not in ended.stdout + ended.stderr and SECRET not in ended.stderr


def test_status_is_the_verdict(assay: Program, fine: Path, hollow: Path, folder: Path) -> None:
    """0 authentic, 1 inauthentic, 2 undetermined; of several the worst."""
    assert assay("check", fine).status == 0
    assert assay("check", hollow).status == 1
    assert assay("check", folder / "nothere.py").status == 2
    assert assay("check", fine, folder / "nothere.py").status == 2
    assert assay("check", fine, folder / "nothere.py", hollow).status == 1


def test_findings_are_shown_in_the_source(assay: Program, hollow: Path) -> None:
    """The line, the place and the decision are in the report."""
    shown = assay("check", hollow).stdout
    assert f"{hollow}: INAUTHENTIC" in shown
    assert "# TODO: Implement data processing logic" in shown
    assert f"{hollow}:2:" in shown
    assert "^^^" in shown
    assert "decided the verdict" in shown


def test_json_is_one_document(assay: Program, fine: Path, hollow: Path, folder: Path) -> None:
    """Every path has its result, in order, and the sums agree with the exit status."""
    ended = assay("check", "--format", "json", fine, hollow, folder / "nothere.py")
    document = json.loads(ended.stdout)
    assert document["format"] == 1
    assert document["exit_status"] == ended.status == 1
    assert [result["exit_status"] for result in document["results"]] == [0, 1, 2]
    assert [result["path"] for result in document["results"]] == [str(fine), str(hollow), str(folder / "nothere.py")]
    good, bad, missing = document["results"]
    assert good["validation"]["verdict"] == "VERDICT_AUTHENTIC"
    assert bad["validation"]["authenticity_score"] < 0.95
    assert bad["validation"]["deciding_findings"][0]["location"]["start_line"] == 2
    assert missing["error"] == {"reason": "SOURCE", "message": "there is no such file or directory"}
    assert document["summary"]["files"] == 3
    assert document["summary"]["undetermined"] == 1


def test_standard_input_needs_a_language(assay: Program) -> None:
    """What has no name must have its language said."""
    ended = assay("check", "-", stdin=FINE.encode())
    assert ended.status == 2
    assert "--language" in ended.stderr
    assert assay("check", "-", "--language", "python", stdin=FINE.encode()).status == 0
    ended = assay("check", "-", "--language", "Python", stdin=HOLLOW.encode())
    assert ended.status == 1
    assert "<stdin>:2:" in ended.stdout


def test_modules_of_the_same_tree_are_not_called_hallucinated(assay: Program, folder: Path) -> None:
    """A file that imports its neighbours is judged by itself, and its neighbours by themselves."""
    (folder / "app").mkdir()
    (folder / "app" / "__init__.py").write_text('"""An application."""\n')
    (folder / "app" / "names_of_ours.py").write_text(FINE)
    (folder / "app" / "main.py").write_text("from app.names_of_ours import double\n\nprint(double(4))\n")
    (folder / "app" / "hollow_of_ours.py").write_text(HOLLOW)
    (folder / "app" / "user.py").write_text("from . import hollow_of_ours\n\nprint(hollow_of_ours.process_data([]))\n")
    document = json.loads(assay("check", "--format", "json", folder).stdout)
    statuses = {Path(result["path"]).name: result["exit_status"] for result in document["results"]}
    assert statuses["main.py"] == 0
    assert statuses["user.py"] == 0, "what is wrong in a neighbour is the neighbour's"
    assert statuses["hollow_of_ours.py"] == 1
    assert assay("check", folder / "app" / "main.py").status == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.py", b""),
        ("binary.py", bytes(range(256)) * 64),
        ("latin1.py", b"# caf\xe9\nx = 1\n"),
        ("nul.py", b"x = 1\0\n"),
        ("line\nend.py", FINE.encode()),
        ("esc\x1b[2J.py", FINE.encode()),
    ],
)
def test_odd_files_get_a_verdict_or_a_reason(assay: Program, folder: Path, name: str, content: bytes) -> None:
    """Neither content nor name of a file breaks the command or the terminal."""
    (folder / name).write_bytes(content)
    ended = assay("check", folder / name)
    assert ended.status in {0, 1, 2}
    assert is_clean(ended)
    assert "\x1b" not in ended.stdout
    assert ended.stdout.startswith(("✓", "✗", "?", "!"))


def test_names_with_line_ends_are_judged_like_others(assay: Program, folder: Path) -> None:
    """A file name with a newline is written out, and its file judged."""
    (folder / "line\nend.py").write_text(FINE)
    ended = assay("check", folder / "line\nend.py")
    assert ended.status == 0
    assert "line\\nend.py: AUTHENTIC" in ended.stdout


@pytest.mark.timeout(150)
@pytest.mark.slow
def test_five_mebibytes_get_an_answer(assay: Program, folder: Path) -> None:
    """A very large source ends in a verdict or a reason, in bounded time."""
    (folder / "large.py").write_text("value = [1, 2, 3]\n" * (5 * 1024 * 1024 // 18))
    ended = assay("check", folder / "large.py")
    assert ended.status in {0, 1, 2}
    assert is_clean(ended)


def test_beyond_the_limit_the_limit_is_named(assay: Program, folder: Path) -> None:
    """What is larger than the suite takes is refused by size."""
    (folder / "huge.py").write_bytes(b"#" * (16 * 1024 * 1024 + 1))
    ended = assay("check", folder / "huge.py")
    assert ended.status == 2
    assert "larger than 16,777,216 bytes" in ended.stdout


def test_unknown_languages_are_named(assay: Program, folder: Path) -> None:
    """A language that cannot be told, or that the suite does not know, is said to be so."""
    (folder / "code.xyz").write_text(f"{SECRET} = 1\n")
    ended = assay("check", folder / "code.xyz")
    assert ended.status == 2
    assert "say it with --language" in ended.stdout
    ended = assay("check", folder / "code.xyz", "--language", "klingon")
    assert ended.status == 2
    assert "klingon" in ended.stdout
    assert is_clean(ended)


def test_unreadable_files_are_named(assay: Program, folder: Path, fine: Path) -> None:
    """A file that this user may not read is a problem of that file alone."""
    (folder / "mine.py").write_text(FINE)
    os.mkfifo(folder / "pipe.py")
    ended = assay("check", fine, folder / "pipe.py")
    assert ended.status == 2
    assert "pipe.py: this is not a regular file" in ended.stdout
    assert "fine.py: AUTHENTIC" in ended.stdout
    if os.geteuid() != 0:
        (folder / "mine.py").chmod(0)
        assert "may not be read" in assay("check", folder / "mine.py").stdout


def test_directories_without_source_are_a_problem(assay: Program, folder: Path) -> None:
    """Nothing was checked, so nothing is authentic."""
    (folder / "empty").mkdir()
    ended = assay("check", folder / "empty")
    assert ended.status == 2
    assert "no source files" in ended.stdout


def test_tests_go_with_one_file(assay: Program, fine: Path, hollow: Path, folder: Path) -> None:
    """Tests for several files, and tests that are not there, are refused by name."""
    (folder / "t.py").write_text("assert double(1) == 2\n")
    ended = assay("check", fine, hollow, "--tests", folder / "t.py")
    assert ended.status == 2
    assert "--tests: tests belong to one file" in ended.stderr
    ended = assay("check", fine, "--tests", folder / "nothere.py")
    assert ended.status == 2
    assert "nothere.py: there is no such file" in ended.stderr


def test_tests_that_cannot_be_run_leave_the_verdict_open(assay: Program, fine: Path, folder: Path) -> None:
    """Where tests were given and there is no sandbox, the verdict is inconclusive and says why."""
    (folder / "t.py").write_text("assert double(1) == 2\n")
    ended = assay("check", fine, "--tests", folder / "t.py")
    assert ended.status == 2
    assert "INCONCLUSIVE" in ended.stdout
    assert "execution" in ended.stdout


def test_unknown_stages_are_refused_once(assay: Program, fine: Path, hollow: Path) -> None:
    """A stage that there is not is named, with those that there are."""
    ended = assay("check", fine, hollow, "--stages", "static,nonsense")
    assert ended.status == 2
    assert ended.stderr.count("nonsense") == 1
    assert "placeholder" in ended.stderr


def test_only_the_stages_asked_for_run(assay: Program, hollow: Path) -> None:
    """A stage that is left out finds nothing."""
    document = json.loads(assay("check", hollow, "--stages", "static, semantic", "--format", "json").stdout)
    [result] = document["results"]
    completed = {
        stage["stage"] for stage in result["validation"]["stage_results"] if stage["status"] == "STAGE_STATUS_COMPLETED"
    }
    assert completed == {"static", "semantic"}


def test_without_a_sandbox_nothing_is_run(assay: Program, fine: Path) -> None:
    """Over a running suite, --no-sandbox leaves out the stage that runs code."""
    document = json.loads(assay("check", fine, "--no-sandbox", "--format", "json").stdout)
    results = document["results"][0]["validation"]["stage_results"]
    assert all(stage["status"] != "STAGE_STATUS_COMPLETED" for stage in results if stage["stage"] == "execution")


def test_a_deadline_that_passes_is_said(assay: Program, folder: Path) -> None:
    """A file that takes longer than allowed is undetermined, and the time that it had is the reason."""
    (folder / "large.py").write_text("value = [1, 2, 3]\n" * 100_000)
    ended = assay("check", folder / "large.py", "--timeout", "0.1")
    assert ended.status == 2
    # Whose clock notices first is open: the client's (an error) or the engine's (stages that failed).
    assert "deadline" in ended.stdout.lower() or "took longer than" in ended.stdout


def test_many_files_are_taken_a_few_at_a_time(assay: Program, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results come in the order of the files although several are under way."""
    monkeypatch.setattr(check, "AT_ONCE", 3)
    for number in range(12):
        (folder / f"m{number:02}.py").write_text(FINE if number % 4 else HOLLOW)
    ended = assay("check", folder, "--stages", "placeholder")
    verdicts = [line for line in ended.stdout.splitlines() if line.startswith(("✓", "✗"))]
    assert [Path(line[2:].split(":")[0]).name for line in verdicts] == [f"m{number:02}.py" for number in range(12)]
    assert "12 files: 9 authentic, 3 inauthentic, 0 undetermined" in ended.stdout


def test_a_state_folder_that_cannot_be_made_is_said(program: Program, fine: Path, folder: Path) -> None:
    """The message names the setting, and the file is undetermined."""
    (folder / "state").write_text("a file where a folder should be")
    ended = program("check", "--no-sandbox", fine, ASSAY_STATE_DIR=str(folder / "state"))
    assert ended.status == 2
    assert "ASSAY_STATE_DIR" in ended.stdout
    assert is_clean(ended)


def test_defects_are_one_line(assay: Program, fine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is told by its kind alone, since its text may hold anything, and how to learn more."""

    def broken(_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(check, "expand", broken)
    ended = assay("check", fine)
    assert ended.status == 2
    assert ended.stderr.startswith("assay: a defect of the suite: RuntimeError")
    assert len(ended.stderr.splitlines()) == 1
    assert is_clean(ended)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_ten_thousand_files_are_handled(assay: Program, folder: Path) -> None:
    """So many files take their time and no more memory than few."""
    for number in range(10_000):
        (folder / f"m{number:05}.py").write_text(FINE)
    ended = assay("check", folder, "--stages", "placeholder")
    assert ended.status == 0
    assert "10000 files: 10000 authentic" in ended.stdout
