"""Programs to be read: complete, of a wanted length, each different from the last, so that none is remembered."""

from collections.abc import Mapping
from dataclasses import dataclass

PYTHON_HEAD = '''"""Bank accounts with a ledger, number {n}."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path


@dataclass
class Account:
    """An account: its owner and what was booked on it."""

    owner: str
    bookings: list[Decimal] = field(default_factory=list)

    def balance(self) -> Decimal:
        """Return the sum of all bookings."""
        return sum(self.bookings, Decimal(0))


def load(path: Path) -> dict[str, Account]:
    """Return the accounts of a file, by owner."""
    accounts: dict[str, Account] = defaultdict(lambda: Account(""))
    for row in json.loads(path.read_text(encoding="utf-8")):
        account = accounts[row["owner"]]
        account.owner = row["owner"]
        account.bookings.append(Decimal(row["amount"]))
    return accounts
'''

PYTHON_PART = '''

def fee_{n}_{part}(account: Account, amount: Decimal) -> Decimal:
    """Return the fee of tariff {part} on an amount that is booked on an account."""
    if amount < 0:
        raise ValueError(f"an amount is not negative: {{amount}}")
    rate = Decimal({part}) / 1000
    fee = (amount * rate).quantize(Decimal("0.01"))  # to the cent
    least = max((booking for booking in account.bookings if booking > 0), default=Decimal(0))
    return max(fee, least / 100)
'''

JAVASCRIPT_HEAD = """// Bank accounts with a ledger, number {n}.

import {{ readFile }} from "node:fs/promises";

export class Account {{
  constructor(owner) {{
    this.owner = owner;
    this.bookings = [];
  }}

  balance() {{
    return this.bookings.reduce((sum, booking) => sum + booking, 0);
  }}
}}

export async function load(path) {{
  const accounts = new Map();
  for (const row of JSON.parse(await readFile(path, "utf8"))) {{
    const account = accounts.get(row.owner) ?? new Account(row.owner);
    account.bookings.push(Number(row.amount));
    accounts.set(row.owner, account);
  }}
  return accounts;
}}
"""

JAVASCRIPT_PART = """
// The fee of tariff {part} on an amount that is booked on an account.
export function fee_{n}_{part}(account, amount) {{
  if (amount < 0) {{
    throw new RangeError(`an amount is not negative: ${{amount}}`);
  }}
  const fee = Math.round(amount * {part}) / 1000;
  const least = Math.max(0, ...account.bookings.filter((booking) => booking > 0));
  return Math.max(fee, least / 100);
}}
"""

GO_HEAD = """// Package ledger holds bank accounts, number {n}.
package ledger

import (
	"encoding/json"
	"fmt"
	"os"
)

// Account is its owner and what was booked on it.
type Account struct {{
	Owner    string
	Bookings []float64
}}

// Balance returns the sum of all bookings.
func (a *Account) Balance() float64 {{
	sum := 0.0
	for _, booking := range a.Bookings {{
		sum += booking
	}}
	return sum
}}

// Load returns the accounts of a file.
func Load(path string) ([]Account, error) {{
	content, err := os.ReadFile(path)
	if err != nil {{
		return nil, fmt.Errorf("load: %w", err)
	}}
	var accounts []Account
	return accounts, json.Unmarshal(content, &accounts)
}}
"""

GO_PART = """
// Fee{n}x{part} returns the fee of tariff {part} on an amount that is booked on an account.
func Fee{n}x{part}(account *Account, amount float64) (float64, error) {{
	if amount < 0 {{
		return 0, fmt.Errorf("an amount is not negative: %v", amount)
	}}
	fee := amount * {part} / 1000
	for _, booking := range account.Bookings {{
		if booking/100 > fee {{
			fee = booking / 100
		}}
	}}
	return fee, nil
}}
"""


@dataclass(frozen=True, slots=True)
class Template:
    """
    How a program is made.

    :param head: Its beginning; ``n`` is the program's number.
    :param part: What is repeated, with the number of its turn as ``part``.
    :param comment: How a line of comment begins; with these a program is filled up to its length.
    """

    suffix: str
    head: str
    part: str
    comment: str


TEMPLATES: Mapping[str, Template] = {
    "python": Template(".py", PYTHON_HEAD, PYTHON_PART, "#"),
    "javascript": Template(".js", JAVASCRIPT_HEAD, JAVASCRIPT_PART, "//"),
    "go": Template(".go", GO_HEAD, GO_PART, "//"),
}


def program(language: str, lines: int, number: int) -> str:
    """Return a program of so many lines; those of different numbers differ."""
    template = TEMPLATES[language]
    text, part, turn = template.head.format(n=number), template.part, 0
    while text.count("\n") + part.count("\n") <= lines:
        turn += 1
        text += part.format(n=number, part=turn)
    return text + "".join(f"{template.comment} Tariffs end here.\n" for _ in range(lines - text.count("\n")))
