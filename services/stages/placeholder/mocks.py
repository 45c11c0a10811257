"""Made-up data in place of a call: a function that answers with what it names mock, fake or dummy."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.design import is_by_design
from services.stages.placeholder.tree import Module, Scope, text
from services.stages.placeholder.work import is_written_out
from services.stages.rules import Rule

if TYPE_CHECKING:
    from tree_sitter import Node

MOCK_DATA = Rule(
    "placeholder/mock-data",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A function binds made-up data, by a name that says so, and returns it where it should ask for the real thing. "
    "Tests, fixtures and test doubles may.",
    fires=(
        'def fetch_users(url):\n    mock_users = [{"id": 1, "name": "John Doe"}]\n    return mock_users\n',
        'def price(symbol):\n    dummy_data = {"EUR": 1.1}\n    print("asking")\n'
        "    return dummy_data.get(symbol, 0)\n",
    ),
    passes=(
        'def test_users():\n    mock_users = [{"id": 1}]\n    return mock_users\n',
        'def make_sample_users():\n    """Make dummy data for a demonstration."""\n    dummy_data = [{"id": 1}]\n'
        "    return dummy_data\n",
        "def head(rows):\n    dummy = Node(None)\n    dummy.next = rows\n    return dummy.next\n\n\nclass Node:\n"
        "    def __init__(self, value):\n        self.value = value\n",
        "def merge(a, b):\n    dummy = 0\n    return [dummy, *a, *b]\n",
    ),
    confidence=0.9,
)

RULES = (MOCK_DATA,)

_NAME = re.compile(
    r"_?(?:mock(?:ed)?|fake|dummy|placeholder|simulated|hard_?coded|made_up)_(?:data|response|result|results|"
    r"users?|items?|"
    r"records?|rows?|values?|output|payload|products?|orders?|posts?|scores?|api_response|db|database|\w+_data|"
    r"\w+_response)"
)
_MAKES = re.compile(
    r"(?:make|create|generate|build|get|load)_*(?:mock|fake|dummy|sample|test|example|demo|seed|fixture)|seed|demo"
)


def find(module: Module) -> Iterator[Finding]:
    """Yield the functions that answer with made-up data."""
    for function in module.functions:
        made_up = _made_up(function) if not module.is_stub_file else None
        if made_up is not None and not _MAKES.search(function.name) and not is_by_design(function, module):
            yield MOCK_DATA.finding("Made-up data stands in for the real thing.", module.place(made_up))


def _made_up(function: Scope) -> "Node | None":
    """Return the assignment of made-up data that the function's answer comes from."""
    named = {}
    for node in function.statements:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type == "assignment" and right is not None and _NAME.fullmatch(text(left)):
            if is_written_out(right, function.parameters):
                named[text(left)] = node
        elif node.type == "return_statement":
            used = [name for name in named if re.search(rf"\b{name}\b", text(node))]
            return named[used[0]] if used else None
    return None
