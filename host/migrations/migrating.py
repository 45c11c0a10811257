"""Taking a database from the revision that it has to another, in the transaction of whoever calls; by Alembic."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config

from host.migrations.revisions import FOLDER, revision_of, steps

if TYPE_CHECKING:
    from host.database import Connection

Told = Callable[[str, str], None]
"""Hears of each step that was made: the revision before it and the one after; "" is none."""


def migrate(connection: "Connection", to: str, told: Told) -> None:
    """
    Take a database to a revision, forward or back, by every step that lies between; where it is there, do nothing.

    :param to: "": the newest.
    :raises host.migrations.revisions.WrongSchema: This version does not know what the database has, or ``to``.
    """
    way = steps(revision_of(connection), to)
    if not way:
        return
    (start, _), (_, end) = way[0], way[-1]
    step = command.upgrade if start < end else command.downgrade
    step(_config(connection, told), end)


def _config(connection: "Connection", told: Told) -> Config:
    """Return what env.py reads."""

    def on_step(*, step: Any, **_: Any) -> None:
        told(*(next(iter(ids), "") for ids in (step.source_revision_ids, step.destination_revision_ids)))

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes |= {"connection": connection, "told": on_step}
    return config
