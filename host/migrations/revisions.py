"""
Which revisions of the schema there are, and which one a database has.

They make one line. A revision is a file in versions/, named NNNN_what_it_brings.py: so what is known is in the names,
and an up-to-date database is opened without Alembic, which takes half as long to load as all else that is needed.

One whose number ends in a letter, NNNNa, NNNNb, …, only adds to the ones before it: code that knows NNNN works on it as
well. So the former version runs beside a newer one, and after it where that is taken back (docs/deploying.md).
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import StoreUnavailable

from host.database import sql

if TYPE_CHECKING:
    from host.database import Connection

FOLDER = Path(__file__).parent

DIGITS = 4
"""How many characters of a revision say what it is a further one of."""

NONE = ""
"""The revision of a database that has none."""

_TABLE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL",
}


class WrongSchema(StoreUnavailable):
    """The database has another schema than this version of Assay needs; the message says what to do."""


@cache
def known() -> dict[str, str]:
    """Return what each revision brings, by its number, in their order."""
    names = sorted(path.stem for path in (FOLDER / "versions").glob("[0-9]*.py"))
    return {number: words.replace("_", " ") for number, _, words in (name.partition("_") for name in names)}


def newest() -> str:
    """Return the revision that this version of Assay needs."""
    return next(reversed(known()))


def revision_of(connection: "Connection") -> str:
    """Return the revision that a database has; :data:`NONE` where it has none."""
    if connection.execute(sql(_TABLE[connection.dialect.name])).first() is None:
        return NONE
    return connection.execute(sql("SELECT version_num FROM alembic_version")).scalar() or NONE


def only_adds(found: str, to: str) -> bool:
    """Return whether a revision, of a newer version perhaps, only adds to another one, so that its code works on it."""
    return found > to and found[:DIGITS] == to[:DIGITS]


def check(found: str) -> None:
    """
    Make sure that a database has the revision that this version needs, or one that only adds to it.

    :raises WrongSchema: It has another one, or none.
    """
    if steps(found, newest()):
        has = f"the schema {found}" if found else "no schema"
        raise WrongSchema(f"the database has {has}, and this version of Assay needs {newest()}: run `assay migrate`")


def steps(found: str, to: str = "") -> Sequence[tuple[str, str]]:
    """
    Return the steps that lie between two revisions, forward or back, each as the revisions before and after it.

    None lie between the newest that this version knows and one that only adds to it.

    :param found: That of the database, or :data:`NONE`.
    :param to: "": the newest.
    :raises WrongSchema: This version does not know one of them.
    """
    line = [NONE, *known()]
    if to in {"", newest()} and only_adds(found, newest()):
        return []
    if found not in line:
        raise WrongSchema(
            f"the database has the schema {found} of a newer version of Assay, and this version knows none after "
            f"{newest()}: run the newer version, or go back with its `assay migrate --to {newest()}`"
        )
    if to and to not in line:
        raise WrongSchema(f"there is no schema {to}; there are {', '.join(known())}")
    start, end = line.index(found), line.index(to or newest())
    way = line[start : end + 1] if start <= end else line[end : start + 1][::-1]
    return list(pairwise(way))
