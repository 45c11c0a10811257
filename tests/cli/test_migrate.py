"""`assay migrate`: says what the database has, and brings it to what it should have."""

import sys
from collections.abc import Callable

import pytest

from cli.main import _status
from host.migrations.revisions import known, newest
from tests.cli.conftest import Ended


@pytest.fixture
def migrate(
    empty_database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """Give a function that calls the command in this process, over a database that nothing was made in."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", empty_database_url)

    def call(*arguments: str) -> Ended:
        capfd.readouterr()
        status = _status(["migrate", *arguments])
        sys.stdout.flush()
        return Ended(status, *capfd.readouterr())

    return call


def test_there(migrate: Callable[..., Ended]) -> None:
    """Each step is said, in order; where there is none, that too. No password is shown."""
    done = migrate()
    database, *steps, result = done.stdout.splitlines()
    assert (done.status, done.stderr) == (0, "")
    assert database.startswith(("database sqlite:////", "database postgresql://127.0.0.1:"))
    assert [line.partition(" ")[0] for line in steps] == ["none", *known()][:-1]
    assert result == f"the schema is {newest()}, it was none"
    assert migrate().stdout.splitlines()[1:] == [f"the schema is {newest()}"]


def test_check(migrate: Callable[..., Ended]) -> None:
    """What would be done is said, and not done."""
    for _ in range(2):
        done = migrate("--check")
        assert (done.status, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == f"the schema is none, and `assay migrate` makes it {newest()}"
    migrate()
    assert migrate("--check").stdout.splitlines()[-1] == f"the schema is {newest()}"


def test_to(migrate: Callable[..., Ended]) -> None:
    """Another schema than the newest can be gone to, back too; one that is not known is refused."""
    first = next(iter(known()))
    migrate()
    assert migrate("--to", first).stdout.splitlines()[-1].startswith(f"the schema is {first}")
    refused = migrate("--to", "9999")
    assert refused.status == 2
    assert refused.stderr == f"assay: there is no schema 9999; there are {', '.join(known())}\n"


@pytest.mark.parametrize("command", [["migrate"], ["keys", "list"], ["usage"]], ids=" ".join)
def test_cannot_be_reached(
    command: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that cannot be reached is said in one line, without its password, and is exit status 2."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", "postgresql://assay:hunter2@127.0.0.1:1/assay?password=hunter2")
    assert _status(command) == 2
    said = capfd.readouterr()
    assert said.out.splitlines() == (["database postgresql://127.0.0.1:1/assay"] if command == ["migrate"] else [])
    assert "see ASSAY_DATABASE_URL" in said.err
    assert said.err.count("\n") == 1
    assert "hunter2" not in said.out + said.err
