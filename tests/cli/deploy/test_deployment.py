"""A deployment from its checks to its end, and what is left of it after a kill at any moment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.deploy.course import Outcome
from cli.deploy.deployment import deploy, plan
from cli.deploy.record import FileRecord
from cli.deploy.report import Report
from tests.cli.deploy.town import SERVICES, Town
from tests.processes import ROOT

OLD = dict.fromkeys(SERVICES, "assay:1")
NEW = dict.fromkeys(SERVICES, "assay:2")
MOMENTS = 11
"""How many moments a whole deployment there has: three services with two, the health with one, two records with two."""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Give a folder where the old version runs."""
    place = tmp_path / "town"
    place.mkdir()
    for name in SERVICES:
        (place / name).write_text("assay:1")
    return place


def deployed(town: Path, *bad: str, image: str = "assay:2") -> tuple[Outcome, Town]:
    """Deploy there, and return what became of it."""
    target = Town(town, image, bad)
    record = FileRecord(town.parent / "record")
    with record.locked(5):
        return deploy(target, record, Report(as_json=True)), target


def test_forward(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Checks come first, then the services in their order, then the proof; each is told with its state."""
    outcome, target = deployed(town)
    assert (outcome, target.running()) == (Outcome.DEPLOYED, NEW)
    assert target.done == [*SERVICES, "healthy"]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["step"] for line in lines if line.get("state") == "done"] == ["town", *target.done]
    assert lines[-1]["outcome"] == "deployed"
    assert len({line["run"] for line in lines}) == 1


@pytest.mark.parametrize("bad", ["check", "seen"])
def test_refused(town: Path, bad: str) -> None:
    """What a check finds, or what cannot be seen, refuses it: nothing was done, nothing is on record."""
    outcome, target = deployed(town, bad)
    assert (outcome, target.done, target.running()) == (Outcome.REFUSED, [], OLD)
    assert FileRecord(town.parent / "record").load() is None


@pytest.mark.parametrize("bad", [*SERVICES, "healthy"])
def test_rolled_back(town: Path, bad: str) -> None:
    """Wherever the new version fails, the former one runs again by itself, and is proved again."""
    outcome, target = deployed(town, bad)
    assert (outcome, target.running()) == (Outcome.ROLLED_BACK, OLD)
    assert target.done[-1] == "back-health"


def test_only_what_was_touched(town: Path) -> None:
    """On the way back, what still runs as before is left alone."""
    _, target = deployed(town, "validation")
    assert target.done == ["static", "validation", "static", "back-health"]


def test_broken(town: Path) -> None:
    """Where the way back fails too, that is told as broken, and everything that could go back has been tried."""
    outcome, target = deployed(town, "healthy", "back")
    assert outcome is Outcome.BROKEN
    assert target.done[4:] == ["gateway", "validation", "static", "back-health"]


def test_after_a_broken_one(town: Path) -> None:
    """A deployment after a broken one that fails as well goes back to what ran before both."""
    deployed(town, "healthy", "back")
    assert Town(town, "").running() == NEW
    outcome, target = deployed(town, "gateway", image="assay:3")
    assert (outcome, target.running()) == (Outcome.ROLLED_BACK, OLD)


def test_the_first_one(tmp_path: Path) -> None:
    """Where nothing ran before and the first version fails, nothing runs again."""
    (tmp_path / "town").mkdir()
    outcome, target = deployed(tmp_path / "town", "gateway")
    assert (outcome, target.running()) == (Outcome.ROLLED_BACK, {})


def test_planned(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan looks, tells the steps, leaves out what is so already, and does nothing."""
    (town / "static").write_text("assay:2")
    target = Town(town, "assay:2")
    assert plan(target, FileRecord(town.parent / "record"), Report(as_json=False)) is Outcome.DEPLOYED
    assert target.done == []
    assert capsys.readouterr().out.splitlines()[1:] == [
        "✓ town: open", "- static: as it is to be", "· validation", "· gateway", "· healthy"
    ]  # fmt: skip


def call(town: Path, **environment: str) -> int:
    """Deploy in a process of its own; return its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.deploy.town", str(town.parent), "assay:2"],
        cwd=ROOT, env=os.environ | environment, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode


@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
def test_killed_on_the_way_forward(town: Path, moment: int) -> None:
    """Killed with SIGKILL at any moment, the same call again brings the new version to its end."""
    assert call(town, TOWN_KILL=str(moment)) == -9
    assert call(town) == Outcome.DEPLOYED
    assert Town(town, "").running() == NEW


def test_all_moments(town: Path) -> None:
    """There is no moment beyond those that were tried."""
    assert call(town, TOWN_KILL=str(MOMENTS + 1)) == Outcome.DEPLOYED


@pytest.mark.parametrize("moment", range(MOMENTS + 1, MOMENTS + 9))
def test_killed_on_the_way_back(town: Path, moment: int) -> None:
    """Killed on its way back, the same call again goes on back, though nothing would fail any more."""
    assert call(town, TOWN_KILL=str(moment), TOWN_BAD='["healthy"]') == -9
    assert call(town) == Outcome.ROLLED_BACK
    assert Town(town, "").running() == OLD


def test_killed_as_it_turns(town: Path) -> None:
    """Killed before the turn is written down, it fails again in the same way, and then turns."""
    assert call(town, TOWN_KILL=str(MOMENTS - 1), TOWN_BAD='["healthy"]') == -9
    assert call(town, TOWN_BAD='["healthy"]') == Outcome.ROLLED_BACK
    assert Town(town, "").running() == OLD


def test_asked_to_go_back(town: Path) -> None:
    """A version that was deployed well goes back when that is asked for, and staying there is no harm."""
    assert call(town) == Outcome.DEPLOYED
    for _ in range(2):
        assert call(town, TOWN_BACK="1") == Outcome.ROLLED_BACK
        assert Town(town, "").running() == OLD
