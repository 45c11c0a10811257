"""The peers run, and their output is understood: each real tool over files of its own sort."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from assay.v1 import candidate_pb2, source_pb2

from benchmarks.corpus import Record
from benchmarks.peers.measured import PEERS, measure, packages_of, verdicts, write
from benchmarks.peers.peer import Bench, Peer, PeerFailed, output

GOOD = '''"""Sums."""


def total(numbers: list[int]) -> int:
    """Return the sum of positive numbers."""
    found = 0
    for number in numbers:
        if number > 0:
            found += number
    return found
'''
UNDEFINED = "def f():\n    return undefined_here\n"
CUT = "def f(:\n"
IMPORT = "import surely_not_installed_anywhere\n\nprint(surely_not_installed_anywhere.x)\n"
STUB = "def pay(amount):\n    pass\n"


def made(name: str, code: str, language: str = "python") -> Record:
    """Return a record of one file."""
    file = source_pb2.SourceFile(path="main.py", content=code.encode())
    return Record(name, language, "made", "handmade", True, candidate_pb2.Candidate(files=[file]))


def installed(peer: Peer) -> Peer:
    """Return the peer, where it is installed: they are an extra of their own."""
    try:
        assert peer.version
    except PackageNotFoundError:
        pytest.skip(f"{peer.name} is not installed; see the extra bench")
    return peer


def bench(folder: Path, *texts: str) -> Bench:
    """Return a bench with sources source_0.py, source_1.py and so on."""
    files, scratch = folder / "files", folder / "scratch"
    files.mkdir()
    scratch.mkdir()
    for number, text in enumerate(texts):
        (files / f"source_{number}.py").write_text(text, encoding="utf-8")
    return Bench(files, scratch)


FINDS = {
    "ruff": (UNDEFINED, "F821"),
    "ty": (UNDEFINED, "unresolved-reference"),
    "pyrefly": (UNDEFINED, "unknown-name"),
    "basedpyright": (UNDEFINED, "reportUndefinedVariable"),
    "mypy": (UNDEFINED, "name-defined"),
    "sloppylint": (STUB, "pass_placeholder"),
    "ai-slop-detector": (STUB, "pass_placeholder"),
}


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_peer(peer: Peer, tmp_path: Path) -> None:
    """A peer names what it finds, reports nothing of a clean file, and survives one that does not parse."""
    text, rule = FINDS[peer.name]
    reports = installed(peer).run(bench(tmp_path, GOOD, text, CUT, IMPORT))
    assert rule in reports["source_1.py"]
    assert "source_0.py" not in reports
    if peer.name != "sloppylint":
        assert reports["source_2.py"]
    if peer.imports:
        assert peer.imports in reports["source_3.py"]


@pytest.mark.parametrize("name", ["ty", "pyrefly", "basedpyright", "mypy", "ai-slop-detector"])
def test_environment(name: str, tmp_path: Path) -> None:
    """A package of the environment that is given is found, and its own files are not reported."""
    (peer,) = (peer for peer in PEERS if peer.name == name)
    packages = tmp_path / "environment/lib/python3.13/site-packages"
    package = packages / "surely_not_installed_anywhere"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("x: int = 1\n", encoding="utf-8")
    (package / "py.typed").touch()
    (tmp_path / "environment/pyvenv.cfg").write_text("version = 3.13\n", encoding="utf-8")
    here = bench(tmp_path, IMPORT)
    reports = installed(peer).run(Bench(here.files, here.scratch, packages_of(tmp_path / "environment")))
    assert not any(peer.imports in rules for rules in reports.values())
    assert set(reports) <= {"source_0.py"}


def test_measure() -> None:
    """Records in Python become verdicts by record, with a row of their own where the import rule is left out."""
    records = [made("a", UNDEFINED), made("b", "package main", "go"), made("c", GOOD)]
    runs = {run.peer.name: run for run in measure(records, None, tuple(p for p in PEERS if p.name in {"ruff", "ty"}))}
    assert [(row.record.id, row.verdict) for row in runs["ruff"].rows["ruff"]] == [
        ("a", "INAUTHENTIC"),
        ("c", "AUTHENTIC"),
    ]
    assert set(runs["ty"].rows) == {"ty", "ty without import-not-found"}
    assert str(runs["ruff"]).startswith(f"ruff {runs['ruff'].peer.version}: ")


def test_verdicts(tmp_path: Path) -> None:
    """A rule that is left out does not count, and others of the same file do."""
    records = [made("a", GOOD), made("b", GOOD), made("c", GOOD)]
    names = write(records, tmp_path / "records")
    reports = {names[0]: frozenset({"imports"}), names[1]: frozenset({"imports", "names"})}
    told = [(row.verdict, row.rules) for row in verdicts(records, names, reports, but="imports")]
    assert told == [("AUTHENTIC", ()), ("INAUTHENTIC", ("names",)), ("AUTHENTIC", ())]


def test_failure(tmp_path: Path) -> None:
    """A tool that ends with a status that it has not for its findings is a failure, never a clean bill."""
    with pytest.raises(PeerFailed, match="ruff ended with 2"):
        output(bench(tmp_path), ["ruff", "check", "--no-such-option"])
    with pytest.raises(PeerFailed, match="no environment"):
        packages_of(tmp_path)


def test_failed_run() -> None:
    """A peer that failed has no figures and says why."""

    def fail(_: Bench) -> dict[str, frozenset[str]]:
        raise PeerFailed("broken")

    (run,) = measure([made("a", GOOD)], None, (Peer("ruff", "all", fail),))
    assert run.rows == {}
    assert run.as_json()["failure"] == "no figures: broken"
