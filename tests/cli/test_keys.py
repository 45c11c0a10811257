"""`assay keys`: keys that are made, listed and taken back in the suite's database."""

import asyncio
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.main import _status
from gateway.key_ring import KeyRing
from gateway.key_store import key_store
from gateway.keys import Key
from host.settings import Settings
from tests.cli.conftest import Ended, Program

Keys = Callable[..., Ended]


@pytest.fixture
def state(folder: Path) -> Path:
    """Give a state folder of the test's own."""
    return folder / "state"


@pytest.fixture
def keys(state: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Give a function that calls a subcommand in this process."""
    monkeypatch.setenv("ASSAY_STATE_DIR", str(state))

    def run(*arguments: str | Path) -> Ended:
        capfd.readouterr()
        status = _status(["keys", *map(str, arguments)])
        sys.stdout.flush()
        return Ended(status, *capfd.readouterr())

    return run


def asked(keys: Keys, *arguments: str) -> Any:
    """Call a subcommand that succeeds with --json, and return what it prints."""
    ended = keys(*arguments, "--json")
    assert ended.status == 0, ended.stderr
    return json.loads(ended.stdout)


def opened_with(state: Path, text: str) -> Key | None:
    """Return the key that a gateway over the same database finds."""

    async def find() -> Key | None:
        async with key_store(Settings(state_dir=state)) as store:
            return await KeyRing(store).find(text)

    return asyncio.run(find())


def test_its_life(keys: Keys, state: Path) -> None:
    """A key is printed once, opens the door of a gateway, is listed without its secret, and is refused once revoked."""
    made = keys("create", "--tenant", "acme", "--scope", "events:read", "--scope", "audit:read", "--expires", "90d",
        "--name", "ci",
    )  # fmt: skip
    assert made.status == 0, made.stderr
    (text,) = made.stdout.split()
    key = opened_with(state, text)
    assert key is not None
    assert (key.tenant, key.name, key.scopes) == ("acme", "ci", frozenset({"events:read", "audit:read"}))
    assert key.expires is not None
    assert round(key.expires - key.created) == 90 * 86_400
    (listed,) = asked(keys, "list")
    assert (listed["id"], listed["tenant"], listed["state"]) == (key.id, "acme", "valid")
    assert asked(keys, "list", "--tenant", "other") == []
    shown = keys("list").stdout
    assert key.id in shown
    assert text.rpartition("_")[2] not in f"{shown}{listed}{made.stderr}"
    assert asked(keys, "revoke", key.id)["state"] == "revoked"
    assert opened_with(state, text) is None


def test_whole(keys: Keys, state: Path) -> None:
    """As JSON a new key is there with all that is kept of it."""
    made = asked(keys, "create", "--tenant", "acme", "--scope", "*")
    key = opened_with(state, made.pop("key"))
    assert key is not None
    assert {name: made[name] for name in ("id", "tenant", "scopes", "state", "expires", "used")} == {
        "id": key.id, "tenant": "acme", "scopes": ["*"], "state": "valid", "expires": None, "used": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tenant", "acme", "--scope", "all"), "there is no scope 'all'"),
        (("--tenant", "system", "--scope", "*"), "'system' is reserved"),
        (("--tenant", "a b", "--scope", "*"), "tenant: it has 1 to 64"),
        (("--tenant", "acme", "--scope", "*", "--expires", "90"), "--expires: a number and"),
        (("--tenant", "acme", "--scope", "*", "--expires", "0d"), "--expires: a number and"),
        (("--tenant", "acme", "--scope", "*", "--name", "a\x1b[1m"), "name: it has at most"),
        (("--tenant", "acme"), "--scope"),
        (("--scope", "*"), "--tenant"),
    ],
)
def test_not_made(keys: Keys, state: Path, arguments: tuple[str, ...], said: str) -> None:
    """A key that cannot be is not made, and the refusal names what is wrong."""
    ended = keys("create", *arguments)
    assert (ended.status, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert asked(keys, "list") == []


def test_revoke_unknown(keys: Keys, state: Path) -> None:
    """A key that is not there cannot be taken back."""
    ended = keys("revoke", "0" * 20)
    assert (ended.status, ended.stdout, ended.stderr) == (2, "", "assay: there is no key with this id\n")


def test_pair(keys: Keys, folder: Path) -> None:
    """A key pair is two files, the private one for its owner alone; files that are there stay as they are."""
    ended = keys("pair", "gateway", "--out", str(folder))
    assert ended.status == 0, ended.stderr
    private, public = folder / "gateway.key", folder / "gateway.pub"
    assert ended.stdout.split() == [str(private), str(public)]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (private, public)] == [0o600, 0o644]
    before = private.read_bytes()
    assert b"PRIVATE KEY" in before
    assert b"PUBLIC KEY" in public.read_bytes()
    again = keys("pair", "gateway", "--out", str(folder))
    assert again.status == 2
    assert "file exists" in again.stderr
    assert private.read_bytes() == before


@pytest.mark.parametrize("name", ["../gateway", "a/b", "", ".hidden", "a b"])
def test_no_pair(keys: Keys, folder: Path, name: str) -> None:
    """The name of a pair is a plain one: nothing is written elsewhere."""
    ended = keys("pair", name, "--out", str(folder))
    assert ended.status == 2
    assert list(folder.iterdir()) == []


def test_by_itself(program: Program, state: Path) -> None:
    """The command makes the database where there is none, in a process of its own."""
    made = program("keys", "create", "--tenant", "acme", "--scope", "*", ASSAY_STATE_DIR=str(state))
    assert made.status == 0, made.stderr
    assert opened_with(state, made.stdout.strip())
