"""What the processes of a suite share when they are on many machines: a NATS of its own users, and a PostgreSQL."""

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from host import nats_conf
from host.database import Database
from host.nats_permissions import users
from host.settings import Settings
from tests.backing import Nats, Postgres, started_nats, started_postgres
from tests.certificates import Authority

CERTIFICATE, KEY = "/etc/nats/tls.crt", "/etc/nats/tls.key"


@dataclass(frozen=True)
class Backed:
    """
    Both, and how a fleet is told of them.

    :param environment: The settings of every process.
    :param own: And those of some alone, by the name of the service: who they are to NATS.
    """

    nats: Nats
    postgres: Postgres
    environment: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]]


@asynccontextmanager
async def backed(folder: Path, *, encrypted: bool = True, store_mib: int | None = None) -> AsyncIterator[Backed]:
    """
    Run both until the block is left, the database as ``assay migrate`` leaves it.

    :param encrypted: Whether NATS is spoken to in TLS.
    :param store_mib: See :func:`tests.backing.started_nats`.
    """
    with _nats(folder, encrypted, store_mib) as (nats, own), started_postgres("max_connections=300") as postgres:
        database = _database(folder, postgres)
        await _migrate(database)
        yield Backed(nats, postgres, database, own)


def _database(folder: Path, postgres: Postgres) -> Mapping[str, str]:
    password = _secret(folder / "postgres.password", postgres.password)
    url = postgres.fresh_database().replace(f":{postgres.password}@", "@")
    return {"ASSAY_DATABASE_URL": url, "ASSAY_DATABASE_PASSWORD_FILE": str(password)}


async def _migrate(environment: Mapping[str, str]) -> None:
    database = Database(
        Settings(
            database_url=environment["ASSAY_DATABASE_URL"],
            database_password_file=Path(environment["ASSAY_DATABASE_PASSWORD_FILE"]),
        )
    )
    await database.migrate("", lambda *_: None)
    await database.close()


@contextmanager
def _nats(
    folder: Path, encrypted: bool, store_mib: int | None
) -> Iterator[tuple[Nats, Mapping[str, Mapping[str, str]]]]:
    """Run NATS as a deployment has it, by the suite's own configuration, with a password for each of its users."""
    own: dict[str, dict[str, str]] = {}
    for user in users():
        (folder / user).mkdir()
        password = _secret(folder / user / "nats.password", secrets.token_urlsafe(16))
        own[user] = {"ASSAY_NATS__USER": user, "ASSAY_NATS__PASSWORD_FILE": str(password)}
    arguments, files, scheme = ["--passwords", str(folder)], dict[str, bytes](), "nats"
    if encrypted:
        authority = Authority(folder, "bus")
        pair = authority.signed("nats")
        files = dict(zip((CERTIFICATE, KEY), pair.content(), strict=True))
        arguments += ["--tls-certificate", CERTIFICATE, "--tls-key", KEY]
        scheme = "tls"
        for settings in own.values():
            settings["ASSAY_NATS__CA"] = str(authority.path)
    conf = nats_conf.rendered(nats_conf.options_of(arguments))
    with started_nats(conf, files=files, store_mib=store_mib) as nats:
        for settings in own.values():
            settings["ASSAY_NATS__URL"] = f"{scheme}://127.0.0.1:{nats.port}"
        yield nats, own


def _secret(path: Path, text: str) -> Path:
    """Write a file that its owner alone can read."""
    path.touch(mode=0o600)
    path.write_text(text)
    return path
