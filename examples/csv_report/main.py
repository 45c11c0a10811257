"""Sums one column of a CSV file by the values of another: `python main.py sales.csv region amount`."""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


class BadRow(Exception):
    """A row lacks a column or has no number where one is needed."""


@dataclass
class Group:
    """The rows that share one value."""

    name: str
    count: int = 0
    total: Decimal = Decimal(0)

    @property
    def mean(self) -> Decimal:
        return self.total / self.count


def summarize(rows: Iterable[dict[str, str]], by: str, column: str) -> list[Group]:
    """Return one group for each value of `by`, the largest total first."""
    groups: dict[str, Group] = {}
    for number, row in enumerate(rows, start=1):
        try:
            name, amount = row[by], Decimal(row[column])
        except KeyError as error:
            raise BadRow(f"row {number} has no column {error}") from error
        except (InvalidOperation, TypeError) as error:
            raise BadRow(f"row {number}: {row[column]!r} is not a number") from error
        group = groups.setdefault(name, Group(name))
        group.count += 1
        group.total += amount
    return sorted(groups.values(), key=lambda group: (-group.total, group.name))


def table(groups: Sequence[Group]) -> Iterator[str]:
    """Yield the lines of a text table."""
    width = max((len(group.name) for group in groups), default=0)
    for group in groups:
        yield f"{group.name:<{width}}  {group.count:>6}  {group.total:>12.2f}  {group.mean:>10.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=argparse.FileType("r", encoding="utf-8"))
    parser.add_argument("by")
    parser.add_argument("column")
    arguments = parser.parse_args()
    try:
        groups = summarize(csv.DictReader(arguments.file), arguments.by, arguments.column)
    except BadRow as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(table(groups)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
