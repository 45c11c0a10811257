"""Migrations of both kinds of database: they make what the schema modules say, and lose nothing on the way."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from assay.errors import StoreUnavailable
from sqlalchemy import Column, Float, Integer, LargeBinary, column, inspect, select, table

from host.database import Database, sql
from host.migrations.migrating import _config
from host.migrations.revisions import FOLDER, NONE, known, newest, only_adds
from host.settings import Settings
from tests.host.migrations.schemas import differences, whole

Columns = dict[str, list[str]]


def unheard(before: str, after: str) -> None:
    """Take what is told of a step."""


@pytest.fixture
def database(empty_database_url: str) -> Database:
    """Give a database that has no schema yet; to be closed."""
    return Database(Settings(database_url=empty_database_url))


def sample(one: Column[Any]) -> object:
    """Return a value that a column takes, the same for all that refer to one another."""
    kinds = {Integer: 7, Float: 0.25, LargeBinary: b"\x00body"}
    return next((value for kind, value in kinds.items() if isinstance(one.type, kind)), "name")


def fill(connection: Any) -> None:
    """Put a row into each table."""
    for made in whole().sorted_tables:
        connection.execute(made.insert().values({one.name: sample(one) for one in made.columns}))


def columns(connection: Any) -> Columns:
    """Return the columns of each table that is there."""
    found = inspect(connection)
    names = set(found.get_table_names()) - {"alembic_version"}
    return {name: sorted(column["name"] for column in found.get_columns(name)) for name in names}


def rows(connection: Any, wanted: Columns) -> dict[str, list[tuple[Any, ...]]]:
    """Return what some tables have in some columns."""
    return {
        name: [tuple(row) for row in connection.execute(select(*map(column, names)).select_from(table(name)))]
        for name, names in wanted.items()
    }


async def test_what_the_modules_say(database: Database) -> None:
    """The newest schema is exactly what the schema modules of all services say together."""
    told: list[tuple[str, str]] = []
    await database.migrate("", lambda *step: told.append(step))
    assert [after for _, after in told] == list(known())
    assert await database.revision() == newest()
    assert await database.read(differences) == []
    await database.close()


async def test_forward_and_back(database: Database) -> None:
    """Back to the first schema and forward again everything is there that both have a place for."""
    await database.migrate("", unheard)
    last = await database.read(columns)
    await database.write(fill)
    for number in [*known()][-2::-1]:
        await database.migrate(number, unheard)
        assert await database.revision() == number
    found = await database.read(columns)
    first = {name: [one for one in names if one in last[name]] for name, names in found.items()}
    kept = await database.read(lambda connection: rows(connection, first))
    assert all(len(found) == 1 for found in kept.values())
    await database.migrate("", unheard)
    assert await database.read(differences) == []
    assert await database.read(lambda connection: rows(connection, first)) == kept
    await database.close()


async def test_to_nothing_and_back(database: Database, empty_database_url: str) -> None:
    """Every step has a way back, the first one too, which leaves nothing."""
    await database.migrate("", unheard)
    await database.write(fill)
    await database.write(lambda connection: command.downgrade(_config(connection, unheard), "base"))
    await database.close()
    again = Database(Settings(database_url=empty_database_url))
    assert await again.revision() == NONE
    await again.migrate("", unheard)
    assert await again.read(differences) == []
    assert not any((await again.read(lambda connection: rows(connection, columns(connection)))).values())
    await again.close()


async def test_several_at_one_time(empty_database_url: str) -> None:
    """Of several that migrate at one time one does it, and all find it done."""
    several = [Database(Settings(database_url=empty_database_url)) for _ in range(4)]
    told: list[tuple[str, str]] = []
    await asyncio.gather(*(one.migrate("", lambda *step: told.append(step)) for one in several))
    assert [after for _, after in told] == list(known())
    for one in several:
        await one.open()
        await one.close()


async def test_all_or_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a migration fails, the database is as it was before the first step."""

    def fail(before: str, after: str) -> None:
        raise StoreUnavailable("the disk is full")

    with pytest.raises(StoreUnavailable, match="the disk is full"):
        await database.migrate("", fail)
    assert await database.revision() == NONE
    await database.migrate("", unheard)
    assert await database.revision() == newest()
    await database.close()


@pytest.mark.parametrize("revision", ["9999", "0000"])
async def test_unknown_revision(database: Database, empty_database_url: str, revision: str) -> None:
    """A database of a version that is not known is neither opened nor migrated, and left as it is."""
    await database.migrate("", unheard)
    change = sql("UPDATE alembic_version SET version_num = :revision")
    await database.write(lambda connection: connection.execute(change, {"revision": revision}))
    await database.close()
    again = Database(Settings(database_url=empty_database_url))
    for attempt in (again.open(), again.migrate("", unheard)):
        with pytest.raises(StoreUnavailable, match="newer version of Assay"):
            await attempt
    assert await again.revision() == revision
    await again.close()


async def test_what_only_adds(database: Database, empty_database_url: str) -> None:
    """A schema of a newer version that only adds to this one's is used as it is: the former version works beside it."""
    await database.migrate("", unheard)
    change = sql("UPDATE alembic_version SET version_num = :revision")
    await database.write(lambda connection: connection.execute(change, {"revision": f"{newest()}z"}))
    await database.close()
    again = Database(Settings(database_url=empty_database_url))
    await again.open()
    await again.write(fill)
    await again.migrate("", unheard)
    assert await again.revision() == f"{newest()}z"
    await again.close()


@pytest.mark.parametrize(
    ("found", "to", "adds"),
    [
        ("0001a", "0001", True),
        ("0001b", "0001a", True),
        ("0001", "0001", False),
        ("0001a", "0001b", False),
        ("0002", "0001", False),
        ("0002a", "0001", False),
        (NONE, "0001", False),
    ],
)
def test_numbers(found: str, to: str, adds: bool) -> None:
    """What only adds has the same digits and a later letter."""
    assert only_adds(found, to) == adds


def scripts() -> Iterator[Any]:
    """Yield the revisions as Alembic has them, the first one first."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    yield from reversed(list(ScriptDirectory.from_config(config).walk_revisions()))


def test_one_line() -> None:
    """Revisions follow one another in one line, and are numbered as their files are named."""
    found = [(script.revision, script.down_revision) for script in scripts()]
    assert [revision for revision, _ in found] == list(known())
    assert [before for _, before in found] == [None, *known()][:-1]
