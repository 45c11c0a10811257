"""`assay keys`: the keys with which the suite is called from outside, in its database."""

import json
import re
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from assay.errors import InvalidArgument

from cli.printable import printable
from cli.suite import run

if TYPE_CHECKING:
    from gateway.key_store import KeyStore
    from gateway.keys import Key

T = TypeVar("T")

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def create(*, tenant: str, scopes: Sequence[str], expires: str, name: str, as_json: bool) -> int:
    """
    Make a key and print it.

    :param expires: For how long, for example "90d"; empty: until it is revoked.
    :raises assay.errors.AssayError: It cannot be made, or not be kept.
    """
    from gateway.keys import new_key
    from gateway.scopes import granted

    now = time.time()
    allowed, until = granted(scopes, "--scope"), now + _seconds(expires) if expires else None

    async def work(store: "KeyStore") -> tuple[str, "Key"]:
        text, key = new_key(await store.root(), tenant=tenant, scopes=allowed, now=now, name=name, expires=until)
        await store.add(key)
        return text, key

    text, key = _with_store(work)
    if as_json:
        print(json.dumps({"key": text, **_facts(key)}, indent=2))  # noqa: T201 this is the command's output
    else:
        print(text)  # noqa: T201 this is the command's output
        print(f"assay: key {key.id} of {key.tenant}; it is shown this once", file=sys.stderr)  # noqa: T201 as above
    return 0


def list_keys(tenant: str, *, as_json: bool) -> int:
    """
    List the keys.

    :param tenant: Only those of this one; empty: all.
    :raises assay.errors.AssayError: The database cannot be read.
    """

    async def work(store: "KeyStore") -> Sequence["Key"]:
        return await store.every()

    keys = [key for key in _with_store(work) if tenant in {"", key.tenant}]
    if as_json:
        print(json.dumps([_facts(key) for key in keys], indent=2))  # noqa: T201 this is the command's output
    else:
        _print_table(keys)
    return 0


def revoke(identifier: str, *, as_json: bool) -> int:
    """
    Take a key back.

    :raises assay.errors.NotFound: There is no such key.
    """

    async def work(store: "KeyStore") -> "Key":
        return await store.revoke(identifier, time.time())

    key = _with_store(work)
    if as_json:
        print(json.dumps(_facts(key), indent=2))  # noqa: T201 this is the command's output
    else:
        print(f"{key.id} of {key.tenant} is revoked; every gateway refuses it within five seconds")  # noqa: T201 as above
    return 0


def _with_store(work: "Callable[[KeyStore], Awaitable[T]]") -> T:
    async def opened() -> T:
        from gateway.key_store import key_store
        from host.settings import read

        async with key_store(read()) as store:
            return await work(store)

    return run(opened())


def _seconds(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None or not int(found[1]):
        raise InvalidArgument("--expires", "a number and s, m, h or d, for example 90d")
    return int(found[1]) * _UNITS[found[2]]


def _facts(key: "Key") -> dict[str, object]:
    return {
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "state": _state(key),
        "created": _moment(key.created),
        "expires": _moment(key.expires),
        "revoked": _moment(key.revoked),
        "used": _moment(key.used),
    }


def _state(key: "Key") -> str:
    if key.revoked is not None:
        return "revoked"
    return "valid" if key.is_valid(time.time()) else "expired"


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def _print_table(keys: Sequence["Key"]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("ID", "TENANT", "STATE", "SCOPES", "EXPIRES", "LAST USED", "NAME"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"ID", "STATE", "EXPIRES"})
    for key in keys:
        times = [(_moment(moment) or "never")[:10] for moment in (key.expires, key.used)]
        cells = (key.id, key.tenant, _state(key), " ".join(sorted(key.scopes)), *times, printable(key.name))
        table.add_row(*(Text(cell) for cell in cells))
    Console(markup=False, highlight=False).print(table)
