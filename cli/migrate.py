"""`assay migrate`: which schema the suite's database has, and the way to another."""

from urllib.parse import urlsplit

from cli.printable import printable
from cli.suite import run


def migrate(to: str, *, check: bool) -> int:
    """
    Take the database to a revision of its schema, and say each step. The last line says what became of it.

    :param to: The revision; "": the newest.
    :param check: Only say what would be done.
    :raises assay.errors.StoreUnavailable: The database cannot be used, or there is no way from what it has.
    """
    run(_migrate(to, check=check))
    return 0


async def _migrate(to: str, *, check: bool) -> None:
    from host.database import url_of, using
    from host.migrations.revisions import steps
    from host.settings import read

    settings = read()
    async with using(settings) as database:
        _say(f"database {_shown(url_of(settings))}")
        found = await database.revision()
        todo = steps(found, to)
        wanted = todo[-1][1] if todo else found
        if not todo:
            _say(f"the schema is {wanted}")
        elif check:
            for step in todo:
                _say(_step(*step))
            _say(f"the schema is {found or 'none'}, and `assay migrate` makes it {wanted}")
        else:
            await database.migrate(to, lambda before, after: _say(_step(before, after)))
            _say(f"the schema is {wanted}, it was {found or 'none'}")


def _step(before: str, after: str) -> str:
    from host.migrations.revisions import known

    # Forward a step brings what the revision after it is called by; back it takes that of the one before away.
    sign, brought = ("+", after) if after > before else ("-", before)
    return f"{before or 'none'} -> {after or 'none'}: {sign} {known()[brought]}"


def _shown(url: str) -> str:
    """Return a URL without the password, which stands before its host, or among its parameters."""
    if url.startswith("sqlite"):
        return url
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _say(line: str) -> None:
    print(printable(line), flush=True)  # noqa: T201 this is the command's output
