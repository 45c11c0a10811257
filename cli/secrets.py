"""
`assay secrets`: what the services of a suite prove themselves with, each made once, in files.

    authority/             signs the certificates below; no service gets its key
    identity/SERVICE/      tls.key, tls.crt, ca.crt, token.key and, of those that use NATS, nats.password
    trusted/SERVICE.pub    whose tokens can be trusted; which are, the settings of each service say
    door/                  tls.key and tls.crt of the gateway towards clients; put your own there, before or after
    database/              password, ca.crt: with which services enter the database
    grafana/               the administrator's password
    postgres/, nats/       what the servers of those names need: tls.key, tls.crt; the superuser's password, roles.sql

Private files are their owner's alone (0600), in folders of mode 0700. What is there stays as it is: what was removed is
made anew, which is how one is changed.
"""

import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from cli.sources import BadSource

SECRET, PUBLIC = 0o600, 0o644

LOCAL_NAMES = ("localhost", "127.0.0.1", "gateway")
"""What the gateway's own certificate is always for: this machine, and the other containers."""

PASSWORD_BYTES = 24

Make = Callable[[], bytes]


def secrets_in(folder: Path, names: Sequence[str]) -> int:
    """
    Make what is missing and print the path of each file that was made.

    :param names: Host names and addresses by which clients call the gateway, besides those of this machine.
    :raises BadSource: A file cannot be written, or one that another is made of cannot be read.
    """
    from host.catalog import entries
    from host.edges import NATS

    kept = Kept(folder)
    _authority(kept)
    for service in entries():
        _identity(kept, service)
        if service in NATS:
            kept.have(f"identity/{service}/nats.password", SECRET, _password)
    _door(kept, [*dict.fromkeys([*names, *LOCAL_NAMES])])
    # Servers of a NATS cluster also call one another, by names below that of them all.
    _certificate(kept, "nats", ["nats", "*.nats"], calls=True)
    _certificate(kept, "postgres", ["postgres"])
    _database(kept)
    kept.have("grafana/password", SECRET, _password)
    for path in kept.made:
        print(path)  # noqa: T201 this is the command's output
    return 0


class Kept:
    """
    A folder of files, each of which is made once.

    :ivar made: Those that were made now.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[Path] = []

    def have(self, name: str, mode: int, make: Make) -> None:
        """
        Make a file unless it is there; it appears whole, with its mode, or not at all.

        :raises BadSource: It cannot be written.
        """
        path = self._folder / name
        if os.path.lexists(path):
            return
        try:
            self._make_folder(path.parent)
            _write(path, mode, make())
        except OSError as error:
            raise BadSource(f"{path}: {(error.strerror or 'it cannot be written').lower()}") from None
        self.made.append(path)

    def _make_folder(self, folder: Path) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        for above in reversed((folder, *folder.parents)):
            if above == self._folder or self._folder in above.parents:
                above.mkdir(mode=0o700, exist_ok=True)

    def read(self, name: str) -> bytes:
        """
        Return what is in a file.

        :raises BadSource: It cannot be read.
        """
        path = self._folder / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise BadSource(
                f"{path}: {(error.strerror or 'it cannot be read').lower()}, and what is missing is made of it; run "
                "this as root, or remove the whole folder to have everything anew"
            ) from None


def _write(path: Path, mode: int, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, SECRET)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        # Not by renaming: another call may have made it in the meantime, and somebody may have used that one.
        os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _authority(kept: Kept) -> None:
    from cli.certificates import new_key, of_authority

    kept.have("authority/ca.key", SECRET, new_key)
    kept.have("authority/ca.crt", PUBLIC, lambda: of_authority(kept.read("authority/ca.key"), "assay inside"))


def _certificate(kept: Kept, folder: str, names: Sequence[str], *, calls: bool = False) -> None:
    from cli.certificates import Authority, new_key

    def signed() -> bytes:
        authority = Authority(kept.read("authority/ca.crt"), kept.read("authority/ca.key"))
        return authority.signed(kept.read(f"{folder}/tls.key"), names, calls=calls)

    kept.have(f"{folder}/tls.key", SECRET, new_key)
    kept.have(f"{folder}/tls.crt", PUBLIC, signed)


def _authority_beside(kept: Kept, folder: str) -> None:
    kept.have(f"{folder}/ca.crt", PUBLIC, lambda: kept.read("authority/ca.crt"))


def _identity(kept: Kept, service: str) -> None:
    from host.token_keys import new_key_pair, public_of

    folder = f"identity/{service}"
    _certificate(kept, folder, [service])
    _authority_beside(kept, folder)
    kept.have(f"{folder}/token.key", SECRET, lambda: new_key_pair()[0])
    kept.have(f"trusted/{service}.pub", PUBLIC, lambda: public_of(kept.read(f"{folder}/token.key")))


def _door(kept: Kept, names: Sequence[str]) -> None:
    from cli.certificates import new_key, self_signed

    kept.have("door/tls.key", SECRET, new_key)
    kept.have("door/tls.crt", PUBLIC, lambda: self_signed(kept.read("door/tls.key"), names))


def _database(kept: Kept) -> None:
    _authority_beside(kept, "database")
    kept.have("database/password", SECRET, _password)
    kept.have("postgres/password", SECRET, _password)
    kept.have("postgres/roles.sql", SECRET, lambda: _roles(kept.read("database/password").decode()))


def _password() -> bytes:
    return secrets.token_urlsafe(PASSWORD_BYTES).encode()


def _roles(password: str) -> bytes:
    """Return what makes the services' own user, who is no superuser and owns the database; run once, at its making."""
    lines: Iterable[str] = (
        f"CREATE ROLE assay LOGIN PASSWORD '{password}';",
        "ALTER DATABASE assay OWNER TO assay;",
        "ALTER SCHEMA public OWNER TO assay;",
        "REVOKE ALL ON DATABASE assay FROM PUBLIC;",
    )
    return ("\n".join(lines) + "\n").encode()
