"""The programs that reading is timed with, the tree beside it, and that the command measures all it names."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.reading_latency import running, serving
from benchmarks.reading_tree import ASSAY, commands, copy, show
from benchmarks.samples import TEMPLATES, program


@pytest.mark.parametrize("language", sorted(TEMPLATES))
@pytest.mark.parametrize("lines", [60, 100, 1000])
def test_program(language: str, lines: int) -> None:
    """A program has just the lines that are wanted, and no two numbers give the same."""
    text = program(language, lines, 7)
    assert text.count("\n") == lines
    assert text != program(language, lines, 8)
    if language == "python":
        ast.parse(text)


async def test_regimes(tmp_path: Path) -> None:
    """A command that did its work and a warm server return; a command that cannot is no figure."""
    text = program("python", 60, 1)
    await running(("ruff", "check", "--isolated", "--no-cache"), tmp_path)(text)
    async with serving(("ruff", "server")) as ask:
        await ask(text)
    with pytest.raises(SystemExit, match="ruff ended with 2"):
        await running(("ruff", "check", "--no-such-option"), tmp_path)(text)


def test_tree(tmp_path: Path) -> None:
    """The tree holds the files that a seed chooses, in their folders, and every command is told of it."""
    site = tmp_path / "environment/lib/python3.13/site-packages"
    for name in ("a/one.py", "a/b/two.py", "three.py", "a/empty.py"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("" if "empty" in name else "x = 1\n", encoding="utf-8")
    tree = tmp_path / "tree"
    assert copy(tmp_path / "environment", 3, 1, tree) == 3
    assert sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*.py")) == [
        "a/b/two.py",
        "a/one.py",
        "three.py",
    ]
    assert all(command[-1] == str(tree) for command in commands(tree, tmp_path / "environment").values())
    with pytest.raises(SystemExit, match="has 3 files"):
        copy(tmp_path / "environment", 4, 1, tmp_path / "other")


def test_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    """The ratio of whole commands decides, and that of the processors stands beside it."""
    taken = {ASSAY: 3.02, "ruff check": 0.5, "ty check": 1.5, "ratio": 1.51}
    show({"files": 3, "rounds": 1, "required": 1.5, "seconds": taken, "cpu_seconds": taken | {"ratio": 1.2}})
    assert "at most 1.5: MISSED" in capsys.readouterr().out


@pytest.mark.slow
def test_command(tmp_path: Path) -> None:
    """The command measures every regime and writes its report."""
    report = tmp_path / "latency.json"
    command = [sys.executable, "-m", "benchmarks.reading_latency", "--rounds", "1", "--report", str(report)]
    subprocess.run(command, capture_output=True, timeout=170, check=True)
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    assert {"static", "placeholder", "semantic", "all together", "ruff check"} <= set(files["python, 100 lines"])
    assert {"static", "placeholder", "all together"} <= set(files["go, 1,000 lines"])
