"""Made-up data in place of a call: a function that answers with what it names mock, fake or dummy."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.design import is_by_design, snake
from services.stages.placeholder.grammar import Kind
from services.stages.placeholder.nodes import MAX_TEXT, text
from services.stages.placeholder.scopes import Scope
from services.stages.placeholder.tree import Module
from services.stages.placeholder.values import bindings, is_written_out, unwrapped
from services.stages.rules import Example, Rule

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
        Example(
            "async function fetchUsers(url) {\n  const mockUsers = [{ id: 1 }];\n  return mockUsers;\n}\n",
            "javascript",
        ),
        Example("def fetch_weather(city)\n  fake_response = { celsius: 21 }\n  fake_response\nend\n", "ruby"),
    ),
    passes=(
        'def test_users():\n    mock_users = [{"id": 1}]\n    return mock_users\n',
        'def make_sample_users():\n    """Make dummy data for a demonstration."""\n    dummy_data = [{"id": 1}]\n'
        "    return dummy_data\n",
        "def head(rows):\n    dummy = Node(None)\n    dummy.next = rows\n    return dummy.next\n\n\nclass Node:\n"
        "    def __init__(self, value):\n        self.value = value\n",
        "def merge(a, b):\n    dummy = 0\n    return [dummy, *a, *b]\n",
        Example(
            "package a\n\nfunc Head(rows []int) []int {\n\tdummy := make([]int, 1)\n"
            "\treturn append(dummy, rows...)\n}\n",
            "go",
        ),
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
_HINT = re.compile(rb"mock|fake|dummy|placeholder|simulated|hard_?coded|made_?up", re.IGNORECASE)
_MAKES = re.compile(
    r"(?:make|create|generate|build|get|load)_*(?:mock|fake|dummy|sample|test|example|demo|seed|fixture)|seed|demo"
)


def find(module: Module) -> Iterator[Finding]:
    """Yield the functions that answer with made-up data."""
    if module.is_stub_file or not _HINT.search(module.source.data):
        return
    for function in module.functions:
        made_up = _made_up(function)
        if (
            made_up is not None
            and not _MAKES.search(snake(function.name).lower())
            and not is_by_design(function, module)
        ):
            yield MOCK_DATA.finding("Made-up data stands in for the real thing.", module.place(made_up))


def _made_up(function: Scope) -> "Node | None":
    """Return the assignment of made-up data that the function's answer comes from."""
    grammar = function.grammar
    named: dict[str, Node] = {}
    known = {*function.parameters, *grammar.constants}
    for statement in function.statements:
        node = unwrapped(statement, grammar)
        if grammar.kind(node) is Kind.BIND:
            bound = bindings(node, grammar) or []
            named |= {
                one.name: node for one in bound if _is_made_up(one.name) and is_written_out(one.value, known, grammar)
            }
        elif grammar.kind(node) is Kind.RETURN or (grammar.implicit and statement == function.statements[-1]):
            used = [name for name in named if re.search(rf"{re.escape(name)}\b", text(node)[:MAX_TEXT])]
            return named[used[0]] if used else None
    return None


def _is_made_up(name: str) -> bool:
    return _NAME.fullmatch(snake(name.lstrip("$@")).lower()) is not None
