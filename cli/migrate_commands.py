"""`assay migrate`: the command and its options."""

from typing import Annotated

import typer


def migrate(
    *,
    to: Annotated[
        str,
        typer.Option(
            metavar="REVISION", help="Another schema than the newest. Going back loses what only the newer one holds."
        ),
    ] = "",
    check: Annotated[bool, typer.Option("--check", help="Say what would be done, and change nothing.")] = False,
) -> int:
    """
    Bring the database of the suite to the schema that this version needs: that of ASSAY_DATABASE_URL.

    All steps are one transaction: where one fails, the database is as it was. Of several commands at one time one
    migrates, and the others wait and find it done. A SQLite database is also brought up to date by whoever opens it.

    Exit status: 0 if the database has the schema; with --check if it has it or can be brought to it. 2 if not: it
    cannot be reached, or is a newer version's.
    """
    from cli.migrate import migrate as run_migrate

    return run_migrate(to, check=check)
