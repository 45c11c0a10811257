"""What the peers report of the records that they can read, as if it were a verdict."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.corpus import Record
from benchmarks.judged import Judged
from benchmarks.peers import checkers, linters, slop
from benchmarks.peers.peer import Bench, Peer, PeerFailed, Reports

PEERS: tuple[Peer, ...] = (*linters.PEERS, *checkers.PEERS, *slop.PEERS)

LANGUAGE = "python"
"""The language that all of them read."""


@dataclass(frozen=True, slots=True)
class PeerRun:
    """
    One peer over all records.

    :param seconds: Of the whole run, on a machine that may have been busy.
    :param rows: Its verdicts by name of the row; none where it failed.
    :param failure: Why there are none.
    """

    peer: Peer
    seconds: float
    rows: Mapping[str, list[Judged]] = field(default_factory=dict)
    failure: str = ""

    def __str__(self) -> str:
        said = self.failure or f"{self.peer.counts}; {self.seconds:.1f} s"
        return f"{self.peer.name} {self.peer.version}: {said}"

    def as_json(self) -> dict[str, Any]:
        """Return what tells which tool it was."""
        return {
            "name": self.peer.name,
            "version": self.peer.version,
            "counts": self.peer.counts,
            "seconds": round(self.seconds, 1),
            "failure": self.failure,
        }


def measure(records: Sequence[Record], environment: Path | None, peers: Sequence[Peer] = PEERS) -> list[PeerRun]:
    """
    Run peers over the Python records, one after the other.

    :param environment: The virtual environment in which they look packages up.
    """
    wanted = [record for record in records if record.language == LANGUAGE]
    with TemporaryDirectory(prefix="assay-peers-") as folder:
        files = Path(folder) / "records"
        names = write(wanted, files)
        runs = []
        for number, peer in enumerate(peers):
            scratch = Path(folder) / f"scratch-{number}"
            scratch.mkdir()
            print(f"running {peer.name}", file=sys.stderr, flush=True)
            runs.append(_run(peer, Bench(files, scratch, packages_of(environment)), wanted, names))
    return runs


def write(records: Sequence[Record], folder: Path) -> list[str]:
    """Write every record to a file of its own, and return their names; no name says what its record is."""
    folder.mkdir()
    names = []
    for number, record in enumerate(records):
        names.append(f"record_{number:05}{PurePosixPath(record.source.path).suffix}")
        (folder / names[-1]).write_bytes(record.source.content)
    return names


def packages_of(environment: Path | None) -> Path | None:
    """
    Return the folder of an environment's packages.

    :raises PeerFailed: It has none.
    """
    if environment is None:
        return None
    found = sorted(environment.resolve().glob("lib/python3*/site-packages"))
    if not found:
        raise PeerFailed(f"{environment} is no environment")
    return found[0]


def _run(peer: Peer, bench: Bench, records: Sequence[Record], names: Sequence[str]) -> PeerRun:
    started = time.monotonic()
    try:
        reports = peer.run(bench)
    except PeerFailed as error:
        return PeerRun(peer, time.monotonic() - started, failure=f"no figures: {error}")
    seconds = time.monotonic() - started
    rows = {peer.name: verdicts(records, names, reports)}
    if peer.imports:
        rows[f"{peer.name} without {peer.imports}"] = verdicts(records, names, reports, but=peer.imports)
    return PeerRun(peer, seconds, rows)


def verdicts(records: Sequence[Record], names: Sequence[str], reports: Reports, *, but: str = "") -> list[Judged]:
    """
    Return a record as inauthentic where anything was reported of it, and as authentic otherwise.

    :param but: A rule that does not count.
    """
    judged = []
    for record, name in zip(records, names, strict=True):
        rules = tuple(sorted(reports.get(name, frozenset()) - {but}))
        judged.append(Judged(record, "INAUTHENTIC" if rules else "AUTHENTIC", rules))
    return judged
