"""Template tokens that were to be replaced: keys and names to fill in, braces of a template in the code."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.design import is_double
from services.stages.placeholder.tree import Module, text
from services.stages.rules import Rule

if TYPE_CHECKING:
    from tree_sitter import Node

FILL_IN = Rule(
    "placeholder/fill-in-token",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A value is a token that somebody was to replace, such as a key's name in capitals. The code cannot work as it "
    "is. In documentation, in help texts, in comparisons and as the default of a setting it is not meant.",
    fires=(
        'API_KEY = "YOUR_API_KEY_HERE"\n',
        'client = connect(token="<your-token>")\n\n\ndef connect(token):\n    return token.split()\n',
        "key = 'your-api-key-here'\n",
        'headers = {"Authorization": "Bearer YOUR_TOKEN"}\n',
        'url = "https://YOUR_DOMAIN.example.com/api"\n',
        'password = "<INSERT_PASSWORD>"\n',
    ),
    passes=(
        'def f(key):\n    if key == "YOUR_API_KEY":\n        raise ValueError("set the key")\n    return key\n',
        'def f(key):\n    """Call it with "YOUR_API_KEY"."""\n    return key + 1\n',
        'import os\n\nkey = os.environ.get("KEY", "your-api-key")\n',
        'def box(placeholder="Search..."):\n    return f"<input placeholder={placeholder}>"\n',
        'html = "<your name>, please"\n',
        'help_text = "Usage: run <file>"\n',
        'x = "<YOUR>"[1:-1].lower()\n',
    ),
    confidence=0.9,
)

BRACES = Rule(
    "placeholder/template-braces",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A template's braces stand in the code itself: a set of a set, which raises TypeError wherever it is reached.",
    fires=("name = {{ project_name }}\nproject_name = 1\n",),
    passes=('x = "{{ name }}"\n', "x = {(1, 2)}\n", "x = f'{{name}}'\n"),
)

RULES = (FILL_IN, BRACES)

_WHAT = r"(?:api|app|access|secret|private|public|auth|client|account|project|bot|user|db|database|aws|openai|github)"
_THING = (
    r"(?:key|token|secret|password|passwd|pass|username|user|name|email|domain|host|hostname|url|uri|endpoint|id|"
    r"credentials?|bucket|region|path|webhook|address|server|database|project|tenant|organization)"
)
_TOKENS = (
    r"<(?:YOUR|INSERT|ENTER|ADD|REPLACE)[_ -][\w -]+>",
    rf"\b(?:YOUR|INSERT|REPLACE|ENTER)(?:_[A-Z0-9]+)*_(?i:{_THING})(?:_HERE)?\b",
    r"\bYOUR_[A-Z0-9_]+_HERE\b",
    rf"<your[-_](?:\w+[-_])*{_THING}>",
    rf"^your[-_ ](?:{_WHAT}[-_ ])*{_THING}(?:[-_ ]here)?$",
    r"^(?:REPLACE_?ME|CHANGE_?ME|INSERT_HERE|replace[-_]me|change[-_]me|sk-x{4,}|x{8,})$",
    r"^sk-(?:your|\.\.\.|<)[-\w.>]*$",
    r"^(?:insert|enter|add|put|replace|paste)[-_ ](?:with[-_ ])?your[-_ ][-\w ]+$",
    r"^\{\{ ?[A-Z_]+ ?\}\}$",
)
_TOKEN = re.compile("|".join(_TOKENS))

_LOOKUPS = re.compile(
    r"(?:getenv|environ|\.get|setdefault|add_argument|Option|option|help|Field|config|replace|print|log)"
)


def find(module: Module) -> Iterator[Finding]:
    """Yield the tokens that were not replaced."""
    if module.source.path.rsplit("/", 1)[-1].startswith("test_"):
        return
    for node in module.captures("(string) @it"):
        if (
            _TOKEN.search(text(node).strip("rbfRBFuU").strip("\"'"))
            and _is_value(node)
            and not _in_double(node, module)
        ):
            yield FILL_IN.finding("A token that was to be replaced stands as a value.", module.place(node))
    for node in module.captures("(set . (set . (_) .) .) @it"):
        yield BRACES.finding("The braces of a template stand in the code.", module.place(node))


def _in_double(node: "Node", module: Module) -> bool:
    inner = (scope for scope in module.functions if scope.node.start_byte <= node.start_byte < scope.node.end_byte)
    return any(is_double(scope, module) for scope in inner)


def _is_value(node: "Node") -> bool:
    """Say whether a string is bound, passed by name, or a member of a collection that is, and not a text to show."""
    inside = node
    while inside.parent is not None and inside.parent.type in (
        "pair", "dictionary", "list", "tuple", "parenthesized_expression", "concatenated_string", "binary_operator",
    ):  # fmt: skip
        inside = inside.parent
    above = inside.parent
    if above is None or len(text(node)) > 200:
        return False
    if above.type == "assignment":
        left = text(above.child_by_field_name("left")).lower()
        return above.child_by_field_name("right") == inside and not re.search(
            r"help|usage|doc|message|example|place", left
        )
    if above.type == "keyword_argument":
        return not re.search(
            r"help|default|metavar|doc|example|description|placeholder", text(above.child_by_field_name("name"))
        )
    if above.type == "argument_list" and above.parent is not None:
        return not _LOOKUPS.search(text(above.parent.child_by_field_name("function")))
    return False
