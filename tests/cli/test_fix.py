"""`assay check --fix`, over a suite that runs already: what is shown, asked and written."""

import io
import json
import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from assay.v1 import source_pb2, validation_pb2

from cli.checked import Checked, CheckedFile, Tally
from cli.fix import Mending
from cli.fix_options import FixOptions
from cli.options import CheckFormat
from cli.sources import Source
from tests.cli.conftest import ASSAY, Program
from tests.cli.repositories import repository
from tests.cli.test_check import FINE, HOLLOW
from tests.processes import BOUND, clean_environment

USES = "def home(name):\n    return os.path.join(name, 'home')\n"
MENDED = f"import os\n{USES}"
FENCED = f"```python\n{FINE}```\n"
DIFF = """\
--- a/uses.py
+++ b/uses.py
@@ -1,2 +1,3 @@
+import os
 def home(name):
     return os.path.join(name, 'home')
"""


@pytest.fixture
def tree(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder, in which the command is run, with files that are fine, can be mended, and cannot."""
    for name, text in {"fine": FINE, "fenced": FENCED, "hollow": HOLLOW, "uses": USES}.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.chdir(folder)
    return folder


def texts(tree: Path) -> dict[str, str]:
    """Return what the files hold."""
    return {path.stem: path.read_text() for path in sorted(tree.glob("*.py"))}


def test_without_a_terminal_nothing_is_written(assay: Program, tree: Path) -> None:
    """The difference is shown, nobody can be asked, which is said, and the status is that of the files as they are."""
    before = texts(tree)
    ended = assay("check", "uses.py", "--fix")
    assert ended.status == 1
    assert ended.stdout.endswith(DIFF)
    assert "uses.py: INAUTHENTIC" in ended.stdout
    assert "  repair: AUTHENTIC, score " in ended.stdout
    assert ", once 1 finding is mended\n" in ended.stdout
    assert "1 file can be mended; nothing was written, since there is no terminal" in ended.stderr
    assert texts(tree) == before


def test_yes_writes(assay: Program, tree: Path) -> None:
    """Every file that repair made better is written, the others are left, and what was written counts as what it is."""
    ended = assay("check", ".", "--fix", "--yes")
    assert texts(tree) == {"fine": FINE, "fenced": FINE, "hollow": HOLLOW, "uses": MENDED}
    assert ended.status == 1
    assert "4 files: 3 authentic, 1 inauthentic, 0 undetermined, 2 mended" in ended.stdout
    assert "repair: none: no finding has a fix that needs no person's judgement" in ended.stdout
    assert "2 files mended" in ended.stderr
    assert [path.name for path in tree.iterdir()] == [f"{path.name}" for path in tree.glob("*.py")]
    again = assay("check", "fine.py", "fenced.py", "uses.py", "--fix", "--yes")
    assert again.status == 0
    assert "nothing can be mended" in again.stderr


def test_status_of_what_was_mended(assay: Program, tree: Path) -> None:
    """A call whose every fault was mended has the status 0, unless what is left is as severe as may not be."""
    (tree / "uses.py").write_text(f"{USES}\n\ndef load(data):\n    return eval(data)\n")
    severe = assay("check", "uses.py", "--fix", "--yes", "--fail-on", "info")
    assert (severe.status, (tree / "uses.py").read_text()[:9]) == (1, "import os")
    (tree / "uses.py").write_text(USES)
    assert assay("check", "uses.py", "--fix", "--yes", "--fail-on", "info").status == 0


def test_diff_only(assay: Program, tree: Path) -> None:
    """Standard output is a patch and nothing else, which git applies; nothing is written by the command."""
    before = texts(tree)
    ended = assay("check", ".", "--fix", "--diff-only")
    assert (ended.status, ended.stderr) == (1, "")
    assert ended.stdout.startswith("--- a/fenced.py\n")
    assert ended.stdout.endswith(DIFF)
    assert texts(tree) == before
    subprocess.run(["git", "apply"], input=ended.stdout.encode(), check=True, timeout=20)
    assert texts(tree) == {"fine": FINE, "fenced": FINE, "hollow": HOLLOW, "uses": MENDED}


def test_diff_only_says_what_cannot_be_read(assay: Program, tree: Path) -> None:
    """Where there is no report, a file that could not be checked is said on standard error."""
    ended = assay("check", "nothere.py", "fine.py", "--fix", "--diff-only", "--output", "made.diff")
    assert (ended.status, ended.stdout) == (2, "")
    assert "nothere.py: there is no such file" in ended.stderr
    assert (tree / "made.diff").read_text() == ""


def test_standard_input(assay: Program) -> None:
    """The mended text is printed, and the report to standard error; a text without a fix comes back as it is."""
    ended = assay("check", "-", "--language", "python", "--fix", stdin=USES.encode())
    assert (ended.status, ended.stdout) == (0, MENDED)
    assert "<stdin>: INAUTHENTIC" in ended.stderr
    ended = assay("check", "-", "--language", "python", "--fix", stdin=HOLLOW.encode())
    assert (ended.status, ended.stdout) == (1, HOLLOW)
    ended = assay("check", "-", "--language", "python", "--fix", "--diff-only", stdin=USES.encode())
    assert (ended.status, ended.stdout) == (1, DIFF.replace("uses.py", "<stdin>"))


def test_json_shows_the_repair(assay: Program, tree: Path) -> None:
    """A result is of the file as it was, with every round; which files were written is told at the end."""
    ended = assay("check", "uses.py", "hollow.py", "--fix", "--yes", "--format", "json")
    document = json.loads(ended.stdout)
    uses, hollow = (result["validation"] for result in document["results"])
    assert (uses["verdict"], uses["repair"]["verdict"]) == ("VERDICT_INAUTHENTIC", "VERDICT_AUTHENTIC")
    assert [made["kept"] for made in uses["repair"]["rounds"]] == [True]
    assert hollow["repair"]["improved"] is False
    assert (document["mended"], document["exit_status"], ended.status) == (["uses.py"], 1, 1)
    assert (document["summary"]["authentic"], document["summary"]["mended"]) == (1, 1)
    assert "+import os" in ended.stderr
    assert (tree / "uses.py").read_text() == MENDED


def test_the_suppressed_stays(assay: Program, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only changed lines count, what is wrong elsewhere is not mended."""
    root = repository(tree / "r", uses=USES)
    (root / "uses.py").write_text(f"{USES}\n\nprint(sys.argv)\n")
    monkeypatch.chdir(root)
    assert assay("check", "--diff", "--fix", "--yes").status == 0
    assert (root / "uses.py").read_text().startswith("import sys\ndef home")


def test_odd_files(assay: Program, tree: Path) -> None:
    """Marks, line ends, modes and links stay what they were."""
    (tree / "odd name.py").write_bytes(("\ufeff" + USES).replace("\n", "\r\n").encode())
    (tree / "odd name.py").chmod(0o750)
    (tree / "link.py").symlink_to("odd name.py")
    ended = assay("check", "link.py", "--fix", "--yes")
    assert ended.status == 0, ended.stderr
    assert (tree / "link.py").is_symlink()
    assert (tree / "odd name.py").read_bytes() == ("\ufeff" + MENDED).replace("\n", "\r\n").encode()
    assert (tree / "odd name.py").stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["uses.py", "--yes"], "--yes"),
        (["uses.py", "--diff-only"], "--diff-only"),
        (["uses.py", "--fix", "--yes", "--diff-only"], "--diff-only"),
        (["uses.py", "--fix", "--diff-only", "--format", "json"], "--diff-only"),
        (["uses.py", "--fix", "--write-baseline"], "--write-baseline"),
        (["uses.py", "-", "--fix", "--language", "python"], "stands alone"),
        (["-", "--fix", "--language", "python", "--format", "json"], "--output"),
    ],
)
def test_what_does_not_go_together(assay: Program, tree: Path, options: list[str], said: str) -> None:
    """Options that contradict one another are refused by name before anything is checked."""
    ended = assay("check", *options)
    assert (ended.status, ended.stdout) == (2, "")
    assert said in ended.stderr


@pytest.mark.parametrize("path", ["other.py", "context.py"])
def test_what_was_not_asked_about(path: str) -> None:
    """What a suite says of files that were not asked about is not offered."""
    repair = validation_pb2.Repair(improved=True, files=[source_pb2.SourceFile(path=path, content=b"")])
    files = {"a.py": CheckedFile("src/a.py", b"x\n"), "context.py": CheckedFile("context.py", b"y\n")}
    checked = Checked("src/a.py", validation_pb2.Validation(repair=repair), files=files)
    said: list[str] = []
    mending, shown = Mending(FixOptions(wanted=True, yes=True), said.append, CheckFormat.TEXT, None), io.StringIO()
    mending.take(Source("src/a.py", Path("src/a.py")), checked)
    mending.end(shown, Tally())
    assert (shown.getvalue(), said) == ("", ["nothing can be mended that needs no person's judgement"])


Asked = Callable[[bytes], tuple[int, bytes]]


@pytest.fixture
def asked(gateway: str, tree: Path, state_dir: Path) -> Iterator[Asked]:
    """Give a function that answers the command's question at a terminal, and returns its status and what it showed."""
    master, terminal = pty.openpty()

    def answer(line: bytes, while_it_asks: Callable[[], None] = lambda: None) -> tuple[int, bytes]:
        process = subprocess.Popen(
            [ASSAY, "check", "--gateway", gateway, "uses.py", "--fix"],
            stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            env=clean_environment(ASSAY_STATE_DIR=str(state_dir)),
        )  # fmt: skip
        try:
            shown = b""
            while b"[y/N]" not in shown:
                shown += os.read(master, 4096)
            while_it_asks()
            os.write(master, line)
            while b"wr" not in shown.partition(b"[y/N]")[2] and b"mended" not in shown.partition(b"[y/N]")[2]:
                shown += os.read(master, 4096)
            return process.wait(timeout=BOUND), shown
        finally:
            process.kill()

    yield answer
    os.close(terminal)
    os.close(master)


@pytest.mark.parametrize(("line", "status", "text"), [(b"y\n", 0, MENDED), (b"\n", 1, USES), (b"\x04", 1, USES)])
def test_a_person_is_asked(asked: Asked, tree: Path, line: bytes, status: int, text: str) -> None:
    """At a terminal the changes are written for a yes, and not for anything else."""
    ended, shown = asked(line)
    assert b"1 file can be mended. Write the changes?" in shown
    assert (ended, (tree / "uses.py").read_text()) == (status, text)
