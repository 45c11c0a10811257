"""`assay jobs`: queued validations that were given up, in the suite's database, and how they are queued again."""

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from assay.errors import InvalidArgument, NotFound

from cli.printable import printable
from cli.suite import run

if TYPE_CHECKING:
    from services.validation.dead import Dead, DeadJobs

T = TypeVar("T")

FAILED = 2
"""The exit status where something could not be queued again."""


def list_dead(tenant: str, *, as_json: bool) -> int:
    """
    List the dead jobs, the newest first.

    :param tenant: Only those of this one; empty: of all.
    :raises assay.errors.StoreUnavailable: The database cannot be read.
    """
    found = _with_dead(lambda dead: dead.every(tenant))
    if as_json:
        print(json.dumps([_facts(one) for one in found], indent=2))  # noqa: T201 this is the command's output
    else:
        _print_table(found)
    return 0


def show(identifier: str, *, as_json: bool) -> int:
    """
    Tell all that is kept of a dead job, but for its request.

    :raises assay.errors.NotFound: There is no such dead job.
    """
    facts = _facts(_with_dead(lambda dead: dead.get(identifier)))
    if as_json:
        print(json.dumps(facts, indent=2))  # noqa: T201 this is the command's output
        return 0
    for name, value in facts.items():
        print(f"{name:<9} {printable(str(value))}")  # noqa: T201 as above
    return 0


def requeue(identifiers: Sequence[str], tenant: str, *, every: bool, as_json: bool) -> int:
    """
    Have dead jobs made again, and tell which.

    :param identifiers: Those of their validations.
    :param tenant: With ``every``, only those of this one; empty: of all.
    :returns: FAILED where one could not be: standard error says why.
    :raises assay.errors.InvalidArgument: It is not said which.
    """
    if every == bool(identifiers) or (tenant and not every):
        raise InvalidArgument("", "name dead jobs by their ids, or take --all, with --tenant if need be")
    done, failures = _with_dead(lambda dead: _requeued(dead, identifiers, tenant))
    if as_json:
        print(json.dumps([one.id for one in done], indent=2))  # noqa: T201 this is the command's output
    else:
        for one in done:
            print(f"{one.id} of {one.tenant} is queued again")  # noqa: T201 as above
    for failure in failures:
        print(f"assay: {printable(failure)}", file=sys.stderr)  # noqa: T201 for whoever called it
    return FAILED if failures else 0


async def _requeued(dead: "DeadJobs", identifiers: Sequence[str], tenant: str) -> "tuple[list[Dead], list[str]]":
    done: list[Dead] = []
    failures: list[str] = []
    for identifier in identifiers or [one.id for one in reversed(await dead.every(tenant))]:
        try:
            done.append(await dead.requeue(identifier))
        except NotFound as error:
            failures.append(f"{identifier}: {error.message}")
    return done, failures


def _with_dead(work: "Callable[[DeadJobs], Awaitable[T]]") -> T:
    async def opened() -> T:
        from host.database import using
        from host.settings import read
        from services.validation.dead import DeadJobs

        async with using(read()) as database:
            return await work(DeadJobs(database))

    return run(opened())


def _facts(dead: "Dead") -> dict[str, object]:
    return {
        "id": dead.id,
        "tenant": dead.tenant,
        "died": _moment(dead.died),
        "attempts": dead.attempts,
        "reason": dead.reason,
        "error": dead.error,
        "size": dead.size,
        "digest": dead.digest,
        "trace": dead.trace,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def _print_table(found: "Sequence[Dead]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("ID", "TENANT", "DIED", "ATTEMPTS", "REASON", "ERROR"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"ID", "DIED", "REASON"})
    for dead in found:
        cells = (dead.id, dead.tenant, _moment(dead.died), str(dead.attempts), dead.reason, printable(dead.error))
        table.add_row(*(Text(cell) for cell in cells))
    Console(markup=False, highlight=False).print(table)
