"""Reads orders and stores their totals."""

import json
import sqlite3


def load_orders(path: str) -> list[dict]:
    """Return the orders of a JSON file."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def process_orders(orders: list[dict]) -> dict[str, float]:
    """Return the total of each customer's orders, discounts taken off."""
    # TODO: Implement order processing logic
    pass


def save_totals(connection: sqlite3.Connection, totals: dict[str, float]) -> None:
    """Store the totals, one row a customer."""
    # Implementation needed here
    raise NotImplementedError("Saving totals is not implemented")


def main() -> None:
    with sqlite3.connect("orders.db") as connection:
        save_totals(connection, process_orders(load_orders("orders.json")))


if __name__ == "__main__":
    main()
