"""What was checked before: when a result is taken for the same, what is kept, and within which bounds."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, validation_pb2

from cli import cache
from host.settings import Settings
from tests.cli.conftest import Program
from tests.cli.test_check import FINE, HOLLOW


def request(content: bytes = b"x = 1\n", **policy: Any) -> validation_pb2.ValidateRequest:
    """Return a request to judge one file."""
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=content)])
    return validation_pb2.ValidateRequest(candidate=candidate, policy=validation_pb2.ValidationPolicy(**policy))


def validation(identifier: str = "v", **statuses: str) -> validation_pb2.Validation:
    """Return a validation by stages with a status each."""
    results = [
        stage_pb2.StageResult(stage=stage, status=f"STAGE_STATUS_{status}") for stage, status in statuses.items()
    ]
    return validation_pb2.Validation(id=identifier, stage_results=results)


DONE = validation(static="COMPLETED", semantic="NOT_APPLICABLE", execution="SKIPPED")


def test_known(settings: Settings) -> None:
    """A result is there for an equal request, in this process and in the next."""
    with cache.opened(settings) as held:
        key = held.key(request())
        assert held.get(key) is None
        held.put(key, DONE)
    with cache.opened(settings) as held:
        assert held.key(request()) == key
        assert held.get(key) == DONE


def test_what_makes_another_request(settings: Settings, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Other code, another policy, other settings and another environment are another request."""
    keys = []
    with cache.opened(settings) as held:
        keys += [held.key(request()), held.key(request(b"y = 1\n")), held.key(request(inline_ignores=True))]
    options = {"semantic": {"python": str(folder)}}
    with cache.opened(settings.model_copy(update={"stage_options": options})) as held:
        keys.append(held.key(request()))
    (folder / "lib" / "python3.11" / "site-packages" / "x-1.dist-info").mkdir(parents=True)
    with cache.opened(settings.model_copy(update={"stage_options": options})) as held:
        keys.append(held.key(request()))
    monkeypatch.setattr(cache, "_stamps", lambda folder: iter(["another suite"]))
    with cache.opened(settings) as held:
        keys.append(held.key(request()))
    assert len(set(keys)) == 6


@pytest.mark.parametrize(
    "made",
    [
        validation(static="FAILED"),
        validation(static="SKIPPED"),
        validation(static="COMPLETED", execution="COMPLETED"),
        validation(static="COMPLETED", execution="FAILED"),
    ],
)
def test_what_is_not_kept(settings: Settings, made: validation_pb2.Validation) -> None:
    """What failed may succeed another time, and what was run may go otherwise: neither is kept."""
    with cache.opened(settings) as held:
        held.put(held.key(request()), made)
    with cache.opened(settings) as held:
        assert held.get(held.key(request())) is None


def test_stages_that_lacked_something(settings: Settings) -> None:
    """A stage that could not look at everything is asked again."""
    made = validation(static="COMPLETED")
    made.stage_results[0].details["not_available"] = "no compiler"
    with cache.opened(settings) as held:
        held.put(held.key(request()), made)
    with cache.opened(settings) as held:
        assert held.get(held.key(request())) is None


def test_bounds(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not asked for longest goes first, by number and by bytes; one result that is too large is not kept."""
    monkeypatch.setattr(cache, "MAX_ENTRIES", 3)
    requests = [request(f"x = {number}\n".encode()) for number in range(4)]
    with cache.opened(settings) as held:
        for one in requests[:3]:
            held.put(held.key(one), DONE)
    with cache.opened(settings) as held:
        assert held.get(held.key(requests[0])) is not None
        held.put(held.key(requests[3]), DONE)
    with cache.opened(settings) as held:
        there = [held.get(held.key(one)) is not None for one in requests]
        assert (there[0], there[3], sum(there)) == (True, True, 3)
    monkeypatch.setattr(cache, "MAX_BYTES", len(DONE.SerializeToString()))
    with cache.opened(settings):
        pass
    with cache.opened(settings) as held:
        assert sum(held.get(held.key(one)) is not None for one in requests) == 1
    monkeypatch.setattr(cache, "MAX_ENTRY_BYTES", 1)
    with cache.opened(settings) as held:
        held.put(held.key(request(b"z\n")), DONE)
    with cache.opened(settings) as held:
        assert held.get(held.key(request(b"z\n"))) is None


def test_a_file_that_cannot_be_used(settings: Settings, folder: Path) -> None:
    """A broken file, or a folder that cannot be made, is done without."""
    (folder / "state").mkdir()
    (folder / "state" / "checked-1.db").write_bytes(b"no database at all" * 100)
    (folder / "file").write_text("")
    for bad in (settings, settings.model_copy(update={"state_dir": folder / "file" / "state"})):
        with cache.opened(bad) as held:
            held.put(held.key(request()), DONE)
            assert held.get(held.key(request())) is None


def test_two_processes(settings: Settings) -> None:
    """Several processes write at one time, and lose nothing."""
    code = (
        "import sys; from pathlib import Path\n"
        "from host.settings import Settings; from cli import cache; from tests.cli.test_cache import *\n"
        "settings = Settings(state_dir=Path(sys.argv[1]), sandbox_enabled=False)\n"
        "with cache.opened(settings) as held:\n"
        "    for number in range(200):\n"
        "        held.put(held.key(request(f'{sys.argv[2]} = {number}'.encode())), DONE)\n"
    )
    names = ("a", "b", "c")
    command = [sys.executable, "-c", code, str(settings.state_dir)]
    started = [subprocess.Popen([*command, name]) for name in names]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    with sqlite3.connect(settings.state_dir / "checked-1.db") as connection:
        assert connection.execute("SELECT count(*) FROM results").fetchone() == (600,)
    connection.close()


def test_checked_again(program: Program, folder: Path) -> None:
    """A tree that was checked is known at the second time, with the same results; --no-cache reads it again."""
    for number in range(3):
        (folder / f"m{number}.py").write_text(HOLLOW if number == 1 else FINE)
    documents = [
        json.loads(
            program("check", "--no-sandbox", "--format", "json", *more, folder, ASSAY_STATE_DIR=f"{folder}/s").stdout
        )
        for more in ((), (), ("--no-cache",))
    ]
    assert [document["summary"]["known"] for document in documents] == [0, 3, 0]
    verdicts = [[result["exit_status"] for result in document["results"]] for document in documents]
    assert verdicts == [[0, 1, 0]] * 3
    ids = [[result["validation"]["id"] for result in document["results"]] for document in documents]
    assert ids[0] == ids[1] != ids[2]
    assert not any(result["validation"].get("reused_from") for result in documents[2]["results"])
    (folder / "m0.py").write_text(HOLLOW)
    ended = program("check", "--no-sandbox", "--format", "json", folder, ASSAY_STATE_DIR=f"{folder}/s")
    assert [result["known"] for result in json.loads(ended.stdout)["results"]] == [False, True, True]
