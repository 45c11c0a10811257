"""Template tokens that were to be replaced: keys and names to fill in, braces of a template in the code."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.design import is_double, is_test_file
from services.stages.placeholder.grammar import Grammar
from services.stages.placeholder.nodes import MAX_DEPTH, call_of, text
from services.stages.placeholder.tree import Module
from services.stages.rules import Example, Rule

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
        Example('const key = "YOUR_API_KEY";\n', "javascript"),
        Example('{"api_key": "YOUR_API_KEY"}\n', "json"),
        Example("token: <your-token>\n", "yaml"),
        Example('API_KEY="your-api-key-here"\n', "bash"),
        Example('<img src="a?key=YOUR_API_KEY">\n', "html"),
    ),
    passes=(
        'def f(key):\n    if key == "YOUR_API_KEY":\n        raise ValueError("set the key")\n    return key\n',
        'def f(key):\n    """Call it with "YOUR_API_KEY"."""\n    return key + 1\n',
        'import os\n\nkey = os.environ.get("KEY", "your-api-key")\n',
        'def box(placeholder="Search..."):\n    return f"<input placeholder={placeholder}>"\n',
        'html = "<your name>, please"\n',
        'help_text = "Usage: run <file>"\n',
        'x = "<YOUR>"[1:-1].lower()\n',
        Example('<input placeholder="YOUR_API_KEY">\n', "html"),
        Example('{"description": "YOUR_API_KEY"}\n', "json"),
        Example('const isDefault = key === "YOUR_API_KEY";\n', "javascript"),
    ),
    confidence=0.9,
)

BRACES = Rule(
    "placeholder/template-braces",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A template's braces stand in the code itself. In Python that is a set of a set, which raises TypeError wherever "
    "it is reached; in YAML a mapping as the key of a mapping, which loaders refuse; in Rust a block in a block.",
    fires=(
        "name = {{ project_name }}\nproject_name = 1\n",
        Example("name: {{ project_name }}\nversion: 1\n", "yaml"),
        Example("pub const LIMIT: usize = {{ limit }};\n", "rust"),
    ),
    passes=(
        'x = "{{ name }}"\n',
        "x = {(1, 2)}\n",
        "x = f'{{name}}'\n",
        Example("key: ${{ secrets.KEY }}\n", "yaml"),
        Example('const a = <p style={{ color: "red" }}>{name}</p>;\n', "javascript"),
        Example("pub fn f(x: u8) -> u8 { { x + 1 } }\n", "rust"),
    ),
)

TEMPLATE_VALUE = Rule(
    "placeholder/template-value",
    Category.PLACEHOLDER,
    Severity.MEDIUM,
    "A value of a JSON file is a template's name in braces. A file that a template engine fills is right so; one that "
    "is used as it is has kept what was to be replaced.",
    fires=(Example('{"name": "{{ project_name }}"}\n', "json"),),
    passes=(
        Example('{"text": "Hello {{ name }}, welcome"}\n', "json"),
        Example('name: "{{ package_name }}"\nkey: ${{ secrets.KEY }}\nimage: {{ .Values.image }}\n', "yaml"),
    ),
    confidence=0.7,
)

RULES = (FILL_IN, BRACES, TEMPLATE_VALUE)

_WHAT = r"(?:api|app|access|secret|private|public|auth|client|account|project|bot|user|db|database|aws|openai|github)"
_THING = (
    r"(?:key|token|secret|password|passwd|pass|username|user|name|email|domain|host|hostname|url|uri|endpoint|id|"
    r"credentials?|bucket|region|path|webhook|address|server|database|project|tenant|organization)"
)
_TOKENS = (
    r"<(?:YOUR|INSERT|ENTER|ADD|REPLACE)[_ -][\w -]+>",
    rf"\b(?:YOUR|INSERT|REPLACE|ENTER)(?:_[A-Z0-9]+)*_(?i:{_THING})(?:_HERE)?\b",
    r"\bYOUR_[A-Z0-9_]+_HERE\b",
    r"<(?:insert|enter|add|put|replace|paste)[-_ ](?:with[-_ ])?your[-_ ][\w -]+>",
    rf"<your[-_](?:\w+[-_])*{_THING}>",
    rf"^your[-_ ](?:{_WHAT}[-_ ])*{_THING}(?:[-_ ]here)?$",
    r"^(?:REPLACE_?ME|CHANGE_?ME|INSERT_HERE|replace[-_]me|change[-_]?me|sk-x{4,}|x{8,})$",
    r"^sk-(?:your|\.\.\.|<)[-\w.>]*$",
    r"^(?:insert|enter|add|put|replace|paste)[-_ ](?:with[-_ ])?your[-_ ][-\w ]+$",
    r"^\{\{ ?[A-Z_]+ ?\}\}$",
)
_TOKEN = re.compile("|".join(_TOKENS))

MAX_STRING = 200
"""Bytes beyond which a string is a text."""

MAX_TOKENS = 500
"""Strings with a token of which it is asked what they are for."""

_HINT = re.compile(
    rb"YOUR[_ -]|your[-_ ]|INSERT_|REPLACE|ENTER_|<(?:INSERT|ENTER|ADD)|CHANGE_?ME|change[-_]?me|replace[-_]me|"
    rb"sk-|x{8}|\{\{"
)

_BRACED = re.compile(r"\"?\{\{ ?[A-Za-z_]\w* ?\}\}\"?")

_DATA = frozenset({"json", "yaml", "html"})

_PREFIX = re.compile(r"^[rbfuRBFUL@$]*")

_UP = frozenset(
    {"pair", "dictionary", "list", "tuple", "parenthesized_expression", "concatenated_string", "binary_operator"}
    | {"binary_expression", "array", "object", "flow_node", "block_node", "argument", "binary", "expression_list"}
    | {"literal_element", "initializer_list", "array_initializer", "as_expression", "quoted_attribute_value"}
    | {"interpreted_string_literal", "literal_value", "composite_literal", "array_creation_expression", "term"}
    | {"array_element_initializer", "keyed_element", "jsx_expression", "initializer_pair", "hash", "logical_expression"}
)
"""Nodes inside of a value."""

_GIVEN = frozenset({"argument_list", "arguments", "command", "token_tree"})

_OPERATORS = frozenset({"binary_expression", "binary", "binary_operator", "logical_expression"})

_BINDS = frozenset(
    {"assignment", "assignment_expression", "variable_declarator", "init_declarator", "short_var_declaration"}
    | {"var_spec", "const_spec", "let_declaration", "const_item", "static_item", "property_element", "const_element"}
    | {"variable_assignment"}
)

_NAME_FIELDS = ("left", "name", "pattern", "declarator", "property")

_TO_SHOW = re.compile(
    r"help|usage|doc|message|example|place|default|metavar|description|comment|title|label|hint|summary|prompt|alt\b"
)
"""Names of texts that are there to be shown, or to be overridden."""

_LOOKUPS = re.compile(
    r"getenv|environ|\.get|setdefault|add_argument|[oO]ption|help|Field|config|replace|print|[lL]og|echo|puts|assert|"
    r"expect|equal|Error|Exception|includes|startsWith|indexOf|contains|test|match|grep|sed|usage|read|fail|warn"
)
"""What takes a token to look for it, to show it, or to fall back to it."""

_SAMPLE_NAME = re.compile(r"[._-](?:example|examples|sample|template|tmpl|dist|default|postman\w*)(?:[._-]|$)", re.I)
_SAMPLE_FOLDERS = frozenset({"docs", "doc", "examples", "example", "samples", "templates", "locales", "i18n", "lang"})


def find(module: Module) -> Iterator[Finding]:
    """Yield the tokens that were not replaced."""
    if not _HINT.search(module.source.data) or _is_sample(module):
        return
    for node in _with_token(module):
        if _is_value(node, module.grammar) and not _in_double(node, module):
            yield FILL_IN.finding("A token that was to be replaced stands as a value.", module.place(node))
    if module.grammar.braces and b"{{" in module.source.data:
        for node in module.captures(module.grammar.braces):
            if module.grammar.parser != "yaml" or _BRACED.fullmatch(text(node)):
                yield BRACES.finding("The braces of a template stand in the code.", module.place(node))
    for node in _template_values(module):
        yield TEMPLATE_VALUE.finding("A template's name stands as a value.", module.place(node))


def _template_values(module: Module) -> "list[Node]":
    """Return the values of JSON that are a name in braces."""
    if b"{{" not in module.source.data or module.grammar.parser != "json":
        return []
    named = (node for node in module.strings() if node.end_byte - node.start_byte <= MAX_STRING)
    return [node for node in named if _BRACED.fullmatch(text(node)) and _is_value(node, module.grammar)]


def _is_sample(module: Module) -> bool:
    """Say whether a file is there to be copied and filled in, or tests something."""
    path = module.path
    folders = any(part.lower() in _SAMPLE_FOLDERS for part in path.parts[:-1])
    return is_test_file(module) or folders or _SAMPLE_NAME.search(path.name) is not None


def _with_token(module: Module) -> "list[Node]":
    source, found = module.source.data, []
    for node in module.strings():
        string = source[node.start_byte : min(node.end_byte, node.start_byte + MAX_STRING + 1)]
        is_template = string[1:3] == b"{{" and module.grammar.parser in _DATA
        if len(string) <= MAX_STRING and not is_template and _has_token(string):
            found.append(node)
            if len(found) == MAX_TOKENS:
                break
    return found


def _has_token(string: bytes) -> bool:
    return _TOKEN.search(_PREFIX.sub("", string.decode("utf-8", "replace")).strip("\"'`")) is not None


def _in_double(node: "Node", module: Module) -> bool:
    inner = (scope for scope in module.functions if scope.node.start_byte <= node.start_byte < scope.node.end_byte)
    return any(is_double(scope, module) for scope in inner)


def _is_value(node: "Node", grammar: Grammar) -> bool:
    """Say whether a string is bound, passed by name, or a member of a collection that is, and not a text to show."""
    inside, above, key = node, node.parent, ""
    for _ in range(MAX_DEPTH):
        if above is None or _compares(above) or _is_key(above, inside, grammar):
            return False
        key = key or _key(above, grammar)
        if above.type not in _UP:
            break
        inside, above = above, above.parent
    if above is None or _TO_SHOW.search(key.lower()):
        return False
    if above.type in _GIVEN:
        called = above if above.type == "command" else above.parent
        return called is not None and not _LOOKUPS.search(call_of(called).callee)
    return bool(key) or grammar.parser == "sql"


def _compares(node: "Node") -> bool:
    """Say whether a node is an operator that compares with a value, or falls back to it."""
    operator = text(node.child_by_field_name("operator")) if node.type in _OPERATORS else ""
    return operator not in ("", "+", ".", "..", "<<", "=")


def _is_key(above: "Node", inside: "Node", grammar: Grammar) -> bool:
    return above.child_by_field_name(grammar.keys.get(above.type) or "key") == inside


def _key(node: "Node", grammar: Grammar) -> str:
    """Return the name that a node gives to a value; empty where it gives none."""
    if node.type not in grammar.keys and node.type not in _BINDS:
        return ""
    field = grammar.keys.get(node.type)
    fields = (field,) if field else _NAME_FIELDS
    found = next((one for name in fields if (one := node.child_by_field_name(name)) is not None), None)
    return text(found or node.named_children[0])[:200] or "_"
