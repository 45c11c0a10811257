"""Whose a container is: told from labels alone."""

import os

import pytest

from sandbox.containers.owner import DEADLINE, MARK, OWNER, born, is_leftover, machine, this_process

NOW = 1_000_000.0
CASES = [
    ("no sandbox", {}, False),
    ("no sandbox, with our words", {OWNER: "here.1.1.x", DEADLINE: "1"}, False),
    ("owner alive", {MARK: "1", OWNER: "here.7.70.x", DEADLINE: "2000000"}, False),
    ("owner dead", {MARK: "1", OWNER: "here.8.80.x", DEADLINE: "2000000"}, True),
    ("owner's number used again", {MARK: "1", OWNER: "here.7.71.x", DEADLINE: "2000000"}, True),
    ("owner elsewhere", {MARK: "1", OWNER: "there.8.80.x", DEADLINE: "2000000"}, False),
    ("owner elsewhere, deadline passed", {MARK: "1", OWNER: "there.8.80.x", DEADLINE: "999999"}, True),
    ("owner alive, deadline passed", {MARK: "1", OWNER: "here.7.70.x", DEADLINE: "999999"}, True),
    ("labels of another shape", {MARK: "1", OWNER: "here", DEADLINE: "soon"}, False),
]


@pytest.mark.parametrize(("labels", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_leftover(labels: dict[str, str], wanted: bool) -> None:
    """Only a marked container whose owner is gone or whose deadline has passed is a leftover."""
    found = is_leftover(labels, now=NOW, here="here", born_of=lambda pid: "70" if pid == 7 else None)
    assert found is wanted


def test_this_process_is_alive() -> None:
    """A container that this process makes now is no leftover, and two services in one process differ."""
    owner = this_process()
    assert not is_leftover(owner.labels(60), now=NOW, here=machine())
    assert owner.born == born(os.getpid())
    assert owner.text() != this_process().text()
