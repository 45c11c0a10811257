"""Which files the search for false alarms reads, and how judgements of its findings are kept."""

import json
import subprocess
import sys
from pathlib import Path

from assay.v1 import finding_pb2

from benchmarks.false_alarms import Place, Read, judgements, packages, rows, standard_library, summary


def alarm(line: int, message: str = "It is cut off.") -> finding_pb2.Finding:
    """Return a finding."""
    finding = finding_pb2.Finding(rule_id="static/truncated", message=message)
    finding.location.start_line = line
    return finding


def test_files(tmp_path: Path) -> None:
    """Modules of the packages that are wanted are read, tests and other packages are not."""
    site = tmp_path / "lib/python3.13/site-packages"
    for name in ("numpy/core.py", "numpy/tests/test_core.py", "other/core.py", "django/apps.py"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).touch()
    place = packages(tmp_path)
    assert place.version == "3.13"
    assert [path.relative_to(site).as_posix() for path in place.files()] == ["django/apps.py", "numpy/core.py"]
    assert [path.name for path in Place(site, "3.13").files()] == ["apps.py", "core.py", "core.py"]


def test_standard_library() -> None:
    """The standard library is that of the interpreter, without its tests and installed packages."""
    place = standard_library()
    files = {path.relative_to(place.root).as_posix() for path in place.files()}
    assert {"json/decoder.py", "textwrap.py"} <= files
    assert not any("site-packages" in name or name.startswith("test/") for name in files)


def test_judgements(tmp_path: Path) -> None:
    """A judgement stays with its finding when lines move, and not with another of the same file."""
    report = tmp_path / "alarms.json"
    assert judgements(report) == {}
    held = rows([Read("a.py", (alarm(3), alarm(9, "It is a fence.")))], frozenset({"a.py"}), {})
    held[0] |= {"judgement": "true", "reason": "The file ends in a string."}
    report.write_text(json.dumps({"alarms": held}), encoding="utf-8")
    moved = [Read("a.py", (alarm(5), alarm(9, "It is a fence."))), Read("b.py", (alarm(5),))]
    made = rows(moved, frozenset({"a.py"}), judgements(report))
    assert [(row["line"], row["sampled"], row["judgement"]) for row in made] == [
        (5, True, "true"),
        (9, True, ""),
        (5, False, ""),
    ]


def test_summary() -> None:
    """Files count once however often they alarm, and those that a stage did not judge are named."""
    made = summary([Read("a.py", (alarm(1), alarm(2))), Read("b.py"), Read("c.py", failure="semantic: slow")], 1.0)
    assert made["files_with_alarm"]["value"] == round(1 / 3, 4)
    assert (made["alarms"], made["by_rule"]) == (2, {"static/truncated": 2})
    assert made["not_judged"] == {"c.py": "semantic: slow"}


def test_command(tmp_path: Path) -> None:
    """The command reads a sample of the standard library, and more if told so, and writes its report."""
    report = tmp_path / "alarms.json"
    command = [sys.executable, "-m", "benchmarks.false_alarms", "--count", "2", "--read", "3"]
    done = subprocess.run([*command, "--report", str(report)], capture_output=True, text=True, timeout=120, check=True)
    made = json.loads(report.read_text(encoding="utf-8"))
    assert (made["sample"]["files"], made["read"]["files"]) == (2, 3)
    assert "judgements over the sample" in done.stdout
