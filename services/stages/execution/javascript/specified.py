"""
The examples that a specification states, as tests: a call of the code, and the value that it gives.

Only what leaves no doubt is taken: the function is one that the code declares, and the arguments and the value are
literals. The forms are a prompt with the value in the line below it (``> f(1)``, ``>>> f(1)``), and a call with the
value behind it in the same line (``f(1) // 2``, ``f(1) => 2``, ``f(1) returns 2``).
"""

import re
from typing import TYPE_CHECKING

from .syntax import NoLiteral, arguments, literal, text_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_EXAMPLES = 50
MAX_LINE = 1_000

LEADER = re.compile(r"^\s*(?:/\*\*?|\*(?!/)|//|#)?\s*")
PROMPT = re.compile(r"^(?:>>>|>)\s*(.+)$")
BEHIND = re.compile(
    r"^(.+?\))\s*;?\s*(?:(?://|#)?\s*(?:={1,2}>|->|→|➞|⇒|={2,3}|[Rr]eturns?\b|should (?:return|be))|//|#)\s*(.+)$"
)
PYTHONS = ">>>"
"""Python's prompt: what stands in braces behind it is a dictionary, which may mean an object or a map."""

WORDS = {"True": "true", "False": "false", "None": "null"}


def specified(specification: str, declared: frozenset[str]) -> str:
    """Return assertions, one a line, for the examples of a specification; a function for the workers."""
    found: dict[str, None] = {}
    lines = [LEADER.sub("", line).rstrip() for line in specification.splitlines() if len(line) <= MAX_LINE]
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        is_pythons = line.startswith(PYTHONS)
        for call, value in _pairs(line, below):
            written = _assertion(call, value, declared, is_pythons=is_pythons)
            if written and len(found) < MAX_EXAMPLES:
                found[written] = None
    return "".join(f"{assertion}\n" for assertion in found)


def _pairs(line: str, below: str) -> list[tuple[str, str]]:
    """Return what a line may say: a call, and the value."""
    prompt = PROMPT.match(line)
    text = prompt[1] if prompt else line
    pairs = [(match[1], match[2])] if (match := BEHIND.match(text)) else []
    if prompt and not pairs:
        again = PROMPT.match(below)
        pairs.append((text, again[1] if again else below))
    return pairs


def _assertion(call: str, value: str, declared: frozenset[str], *, is_pythons: bool) -> str:
    """Return an assertion; empty where something in it is open."""
    value = WORDS.get(value.strip(), value.strip())
    asked, wanted = _expression(call.rstrip("; ")), _expression(value)
    if asked is None or wanted is None or asked.type != "call_expression":
        return ""
    function = asked.child_by_field_name("function")
    if function is None or function.type != "identifier" or text_of(function) not in declared:
        return ""
    if is_pythons and any(node.type == "object" for part in (asked, wanted) for node in walk(part)):
        return ""
    try:
        for node in (*arguments(asked), wanted):
            literal(node)
    except NoLiteral:
        return ""
    return f"assert.deepEqual({text_of(asked)}, {text_of(wanted)});"


def _expression(text: str) -> "Node | None":
    """Return the only expression of a text; None where it is something else."""
    from tree_sitter_language_pack import get_parser

    root = get_parser("javascript").parse(f"({text}\n)".encode()).root_node
    if root.has_error or root.named_child_count != 1 or root.named_children[0].type != "expression_statement":
        return None
    held = root.named_children[0].named_children
    inner = held[0].named_children if len(held) == 1 and held[0].type == "parenthesized_expression" else []
    return inner[0] if len(inner) == 1 else None
