"""A list is brought up to date from an index that answers as PEP 691 says, here one of the test's own."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services.stages.semantic import refresh_catalog
from services.stages.semantic.build_catalog import read_rows
from services.stages.semantic.refresh_catalog import ACCEPT, HEADER, read_names

OLD = (
    HEADER
    + "".join(f"old-{number:02d}\t2020-01\t\t\n" for number in range(20))
    + "ranked\t2026-10\t1\t\nsquat\t\t\t1\n"
)
OLD_NAMES = [f"Old_{number:02d}" for number in range(19)] + ["ranked", "squat"]


@pytest.fixture
def index() -> Iterator[Callable[[object], str]]:
    """Give a function that serves an answer and returns the address of its index."""
    answers: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.path == "/simple/" and self.headers["Accept"] == ACCEPT
            self.send_response(200 if asked else 406)
            self.end_headers()
            self.wfile.write(answers[-1] if asked else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(answer: object) -> str:
        answers.append(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
        return f"http://127.0.0.1:{server.server_port}/simple"

    yield serve
    server.shutdown()
    server.server_close()


def projects(*names: str) -> dict[str, object]:
    """Return an index's answer."""
    return {"meta": {"api-version": "1.1"}, "projects": [{"name": name} for name in names]}


def refresh(folder: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run the command, and return what it wrote."""
    (folder / "list.tsv.gz").write_bytes(gzip.compress(OLD.encode()))
    out = folder / "new.tsv.gz"
    arguments = [str(folder / "list.tsv.gz"), "--index", address, "--month", "2026-12", "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["refresh_catalog", *arguments])
    refresh_catalog.main()
    return out


def test_list_becomes_what_the_index_has(
    tmp_path: Path, index: Callable[[object], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """New names come in with the month given, names that are gone leave, and what is known of the others stays."""
    out = refresh(tmp_path, index(projects(*OLD_NAMES, "Brand.New")), monkeypatch)
    rows = {row.name: row for row in read_rows(out)}
    assert set(rows) == {*(f"old-{number:02d}" for number in range(19)), "ranked", "squat", "brand-new"}
    assert rows["brand-new"].month == 2026 * 12 + 11
    assert (rows["ranked"].rank, rows["old-00"].month, rows["squat"].suspect) == (1, 2020 * 12, True)


def test_an_answer_that_lacks_much_is_refused(
    tmp_path: Path, index: Callable[[object], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where more than a tenth of the known names are missing nothing is written."""
    with pytest.raises(ValueError, match="no whole answer"):
        refresh(tmp_path, index(projects("old-01", "ranked")), monkeypatch)
    assert not (tmp_path / "new.tsv.gz").exists()


@pytest.mark.parametrize("answer", [b"<html></html>", [], {"projects": [1]}, {"packages": []}])
def test_what_is_no_answer_of_an_index_is_refused(answer: object, index: Callable[[object], str]) -> None:
    """An answer in another form is an error that names the form."""
    with pytest.raises(ValueError, match="does not answer in"):
        read_names(index(answer))


def test_only_addresses_of_http_are_asked(tmp_path: Path) -> None:
    """Files and other schemes are no index."""
    with pytest.raises(ValueError, match="HTTP"):
        read_names(tmp_path.as_uri())
