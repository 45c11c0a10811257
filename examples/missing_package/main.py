"""Fetches exchange rates and converts amounts of money."""

from dataclasses import dataclass

import requests
from fastcurrency_converter_pro import RateTable


@dataclass(frozen=True)
class Money:
    """An amount in a currency."""

    amount: float
    currency: str


def fetch_rates(base: str) -> RateTable:
    """Return today's rates against a base currency."""
    answer = requests.get("https://rates.example.com/latest", params={"base": base}, timeout=10)
    answer.raise_for_status()
    return RateTable.from_json(answer.json())


def convert(money: Money, target: str, rates: RateTable) -> Money:
    """Return the same value in another currency."""
    return Money(round(money.amount * rates.rate(money.currency, target), 2), target)
