"""
Build the catalog that the semantic stage ships.

    python -m services.stages.semantic.build_catalog LIST.tsv.gz --modules pigar/.db.sqlite3 --out DIR

LIST has a header and four columns: normalised distribution name, month of the latest release ("2026-11" or empty), rank
among the most downloaded (or empty), "1" where the summary itself says squat or reservation (or empty). The modules
that each distribution installs come from the database inside the `pigar` wheel (BSD-3-Clause). The same input gives the
same bytes.
"""

import argparse
import gzip
import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.stages.semantic.catalog import (
    MANIFEST,
    MAX_AGE,
    MODULES,
    NAMES,
    PROVIDERS,
    RANKED,
    RECORDS,
    SUSPECT_BIT,
)
from services.stages.semantic.names import normalised

TRIES = 5
"""Nested tries in the file: from three on the size hardly changes, and look-ups get slower."""
MAX_PROVIDERS = 12
"""Distributions kept for a module: one that more install ("tests", "src") says little about any of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: `month` is a count of months, None where it is not known."""

    name: str
    month: int | None
    rank: int | None
    suspect: bool


def read_rows(path: Path) -> list[Row]:
    """
    Read the list, in the order of its names.

    :raises ValueError: A line has not four columns, or names one twice.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()[1:]
    rows = sorted((_row(line) for line in lines), key=lambda row: row.name)
    if len({row.name for row in rows}) != len(rows):
        raise ValueError("the list names a distribution twice")
    return rows


def _row(line: str) -> Row:
    name, month, rank, suspect = line.split("\t")
    return Row(name, _months(month) if month else None, int(rank) if rank else None, suspect == "1")


def _months(text: str) -> int:
    year, month = text.split("-")
    return int(year) * 12 + int(month) - 1


def write_names(rows: list[Row], out: Path) -> str:
    """Write the names, their records and the ranked ones; return the list's date."""
    import marisa_trie

    newest = max(row.month for row in rows if row.month is not None)
    trie = marisa_trie.Trie([row.name for row in rows], num_tries=TRIES)
    trie.save(str(out / NAMES))
    records = bytearray(len(rows))
    for row in rows:
        age = MAX_AGE if row.month is None else min(newest - row.month, MAX_AGE)
        records[trie[row.name]] = age | (SUSPECT_BIT if row.suspect else 0)
    (out / RECORDS).write_bytes(records)
    ranked = sorted((row for row in rows if row.rank is not None), key=lambda row: (row.rank, row.name))
    (out / RANKED).write_text("".join(f"{row.name}\n" for row in ranked))
    return f"{newest // 12}-{newest % 12 + 1:02d}"


def read_modules(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each importable module name of the database with the normalised name of a distribution that has it."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        pairs = database.execute(
            "SELECT t.name, d.name FROM top_level_module_names t JOIN distributions d ON d.id = t.distribution_id"
        )
        for module, distribution in pairs:
            if module.isascii() and all(part.isidentifier() for part in module.split(".")):
                yield module, normalised(distribution)


def write_modules(pairs: Iterable[tuple[str, str]], rows: list[Row], out: Path) -> None:
    """Write the modules whose distribution has another name, and which of the ranked distributions have them."""
    import marisa_trie

    ranks = {row.name: row.rank for row in rows}
    holders: dict[str, set[str]] = defaultdict(set)
    for module, distribution in pairs:
        if distribution in ranks:
            holders[module].add(distribution)
    foreign = sorted(module for module in holders if normalised(module) not in ranks)
    marisa_trie.Trie(foreign, num_tries=TRIES).save(str(out / MODULES))
    (out / PROVIDERS).write_text("".join(_provider_lines(holders, ranks)))


def _provider_lines(holders: Mapping[str, set[str]], ranks: Mapping[str, int | None]) -> Iterator[str]:
    for module in sorted(holders):
        ranked = sorted((rank, name) for name in holders[module] if (rank := ranks[name]) is not None)
        if ranked and {name for _, name in ranked} != {normalised(module)}:
            yield f"{module}\t{','.join(name for _, name in ranked[:MAX_PROVIDERS])}\n"


def write_manifest(date: str, count: int, out: Path) -> None:
    """Write the manifest over what the other steps wrote."""
    files = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in _FILES}
    (out / MANIFEST).write_text(json.dumps({"date": date, "count": count, "files": files}, indent=2) + "\n")


_FILES = (NAMES, RECORDS, RANKED, MODULES, PROVIDERS)


def main() -> None:
    """Build a catalog from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0] if __doc__ else None)
    parser.add_argument("list", type=Path, help="the gzipped list of distribution names")
    parser.add_argument("--modules", type=Path, required=True, help="the SQLite database inside the pigar wheel")
    parser.add_argument("--out", type=Path, required=True, help="the directory to write to")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = read_rows(arguments.list)
    date = write_names(rows, arguments.out)
    write_modules(read_modules(arguments.modules), rows, arguments.out)
    write_manifest(date, len(rows), arguments.out)


if __name__ == "__main__":
    main()
