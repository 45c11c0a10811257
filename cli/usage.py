"""`assay usage`: what tenants used, as the suite's database has it."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli.printable import printable
from cli.suite import run

if TYPE_CHECKING:
    from host.usage import Used

Table = dict[tuple[int, str], dict[str, float]]
"""What was used by day and tenant, and then by kind."""


def usage(*, tenant: str, days: int, as_json: bool) -> int:
    """
    Tell what was used, the newest day first.

    :param tenant: By whom; empty: by all.
    :param days: Of how many days of UTC, today included.
    :raises assay.errors.StoreUnavailable: The database cannot be read.
    """
    table = _by_day(run(_read(tenant, days)))
    if as_json:
        print(json.dumps([_facts(*key, kinds) for key, kinds in table.items()], indent=2))  # noqa: T201 the output
    else:
        _print_table(table)
    return 0


async def _read(tenant: str, days: int) -> "Sequence[Used]":
    from host.database import using
    from host.settings import read
    from host.usage import day_of, since

    first = day_of(time.time()) - days + 1
    async with using(read()) as database:
        return await database.read(lambda connection: since(connection, first, tenant))


def _by_day(used: "Sequence[Used]") -> Table:
    table: Table = {}
    for one in used:
        table.setdefault((one.day, one.tenant), {})[one.kind] = one.amount
    return table


def _facts(day: int, tenant: str, kinds: dict[str, float]) -> dict[str, object]:
    amounts = {kind.replace("-", "_"): _exact(kinds[kind]) for kind in sorted(kinds)}
    return {"day": _date(day), "tenant": tenant, **amounts}


def _exact(amount: float) -> float:
    return int(amount) if amount.is_integer() else round(amount, 6)


def _date(day: int) -> str:
    from host.usage import DAY_SECONDS

    return datetime.fromtimestamp(day * DAY_SECONDS, UTC).date().isoformat()


def _print_table(table: Table) -> None:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    from host import tally

    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("DAY (UTC)", no_wrap=True)
    grid.add_column("TENANT", overflow="fold")
    for heading in ("CALLS", "SANDBOX SECONDS", "MIB", "AI $"):
        grid.add_column(heading, justify="right", no_wrap=True)
    for (day, tenant), kinds in table.items():
        money = kinds.get(tally.AI_MICRO_USD, 0.0) / 1e6
        cells = (
            f"{kinds.get(tally.CALLS, 0.0):.0f}",
            f"{kinds.get(tally.SANDBOX_SECONDS, 0.0):.1f}",
            f"{kinds.get(tally.BYTES, 0.0) / 1024**2:.1f}",
            f"{money:.2f}",
        )
        grid.add_row(*(Text(cell) for cell in (_date(day), printable(tenant), *cells)))
    Console(markup=False, highlight=False).print(grid)
