"""
Bring the list that the catalog is built from up to date with an index.

    python -m services.stages.semantic.refresh_catalog LIST.tsv.gz --index URL --month 2026-12 --out NEW.tsv.gz

Asks the index for the names of all its projects, by the JSON of the simple repository API (PEP 691). Names that are new
get the month given as that of their release, names that are gone are left out, and what is known of the others stays.
`build_catalog` then builds from NEW. Nothing here knows an index: it is the caller's to name one.
"""

import argparse
import gzip
import json
import re
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from services.stages.semantic.build_catalog import Row, read_rows
from services.stages.semantic.names import normalised

ACCEPT = "application/vnd.pypi.simple.v1+json"
SECONDS = 120.0
MAX_BYTES = 512 * 1024 * 1024
KEPT = 0.9
"""The least share of the known names that an answer must have: one that lacks more is no whole answer."""

HEADER = "name\tlatest_month\tdownload_rank\tsuspect\n"
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def read_names(index: str) -> frozenset[str]:
    """
    Return the normalised names of all projects of an index.

    :param index: The address of its simple repository API.
    :raises ValueError: The address is not one of HTTP, or the answer is not that of the API.
    :raises OSError: The index did not answer.
    """
    if not index.startswith(("https://", "http://")):
        raise ValueError("an index has an address of HTTP")
    request = urllib.request.Request(f"{index.rstrip('/')}/", headers={"Accept": ACCEPT})  # noqa: S310 - checked above
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        body = answer.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise ValueError("the index's answer is too long")
    try:
        names = frozenset(normalised(str(project["name"])) for project in json.loads(body)["projects"])
    except (KeyError, TypeError, json.JSONDecodeError):
        raise ValueError(f"the index does not answer in {ACCEPT}") from None
    return names


def refreshed(rows: Iterable[Row], names: frozenset[str], month: int) -> list[Row]:
    """
    Return the rows of a list as an index has them now, in the order of their names.

    :param month: Of names that are new, as :class:`Row` counts.
    :raises ValueError: So many known names are gone that the index's answer cannot be whole.
    """
    known = {row.name: row for row in rows}
    kept = known.keys() & names
    if len(kept) < KEPT * len(known):
        raise ValueError(f"the index has {len(kept)} of {len(known)} known names: that is no whole answer")
    return [known.get(name) or Row(name, month, None, suspect=False) for name in sorted(names)]


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write a list; the same rows give the same bytes."""
    text = HEADER + "".join(_line(row) for row in rows)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _line(row: Row) -> str:
    month = "" if row.month is None else f"{row.month // 12:04d}-{row.month % 12 + 1:02d}"
    return f"{row.name}\t{month}\t{'' if row.rank is None else row.rank}\t{'1' if row.suspect else ''}\n"


def _month(text: str) -> int:
    match = _MONTH.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError("a month is written like 2026-12")
    return int(match[1]) * 12 + int(match[2]) - 1


def main() -> None:
    """Refresh a list from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0] if __doc__ else None)
    parser.add_argument("list", type=Path, help="the gzipped list of distribution names")
    parser.add_argument("--index", required=True, help="address of the index's simple repository API")
    parser.add_argument("--month", type=_month, required=True, help="the month of names that are new, like 2026-12")
    parser.add_argument("--out", type=Path, required=True, help="the file to write to")
    arguments = parser.parse_args()
    rows = read_rows(arguments.list)
    write_rows(refreshed(rows, read_names(arguments.index), arguments.month), arguments.out)


if __name__ == "__main__":
    main()
