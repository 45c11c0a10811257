import csv
import io
from decimal import Decimal

from main import BadRow, summarize, table

SALES = "region,amount\nnorth,10.50\nsouth,3\nnorth,4.50\n"


def rows(text):
    return csv.DictReader(io.StringIO(text))


def test_sums_by_group_with_the_largest_first():
    groups = summarize(rows(SALES), "region", "amount")
    assert [(group.name, group.count, group.total) for group in groups] == [
        ("north", 2, Decimal("15.00")),
        ("south", 1, Decimal("3")),
    ]


def test_mean_is_exact():
    assert summarize(rows(SALES), "region", "amount")[0].mean == Decimal("7.5")


def test_names_the_row_that_is_no_number():
    try:
        summarize(rows("region,amount\nnorth,1\nsouth,many\n"), "region", "amount")
    except BadRow as error:
        assert str(error) == "row 2: 'many' is not a number"
    else:
        raise AssertionError("a row without a number was taken")


def test_table_aligns_names():
    lines = list(table(summarize(rows(SALES), "region", "amount")))
    assert lines[1].startswith("south       1          3.00")


def test_nothing_gives_nothing():
    assert list(table(summarize([], "region", "amount"))) == []
