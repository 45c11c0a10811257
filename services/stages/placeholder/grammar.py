"""What this stage needs to know of a language, as data: the names that its tree-sitter grammar gives to things."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

NEVER = re.compile(r"(?!)")
"""Matches nothing: what a language does not have."""


class Kind(Enum):
    """What a node is where a statement can stand, whatever the language calls it."""

    NOTHING = auto()
    """Has no effect of its own: `pass`, an import, a lone semicolon."""
    DOTS = auto()
    """An ellipsis that stands for code, where the language has one."""
    WRAPS = auto()
    """Stands for what it holds: an expression statement, `await`, parentheses."""
    RETURN = auto()
    BIND = auto()
    THROW = auto()
    ASSERT = auto()
    CALL = auto()
    """A call, a command, or what makes an object."""
    STREAM = auto()
    """An operator by which a text may be written to a stream."""
    VOID = auto()
    """A cast, which to nothing is how C says that a name is unused."""
    TRY = auto()
    """Holds blocks that run one after the other: what they do, it does."""
    HOLDS = auto()
    """A loop or a branch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grammar:
    """
    One language. Node types are those of tree-sitter's grammar; patterns are matched against source text.

    :param parser: The grammar's name in tree-sitter-language-pack.
    :param scopes: What opens a scope: "function", "class", or "interface" for a class that others fill in.
    :param members: Functions that are methods wherever they stand.
    :param blocks: Nodes whose children are statements.
    :param block_query: More of the query for blocks, where a node's type alone does not tell.
    :param flat: Nodes between a block and its statements.
    :param declared: Functions that make or end an object where they state no type.
    :param bodies: Scopes and handlers that have a body even where the tree shows none.
    :param binders: Nodes that give their name to a function bound in them, with the field of the name.
    :param marks: Decorators, annotations and attributes before or in a scope.
    :param branches: Nodes in which a definition is one of several.
    :param statements: What a node means as a statement.
    :param silent: Children of a block that are no statements though they are named.
    :param values: Literals.
    :param collections: What a value written into the source may be made of.
    :param types: Nodes inside of a value that only say its type.
    :param names: Identifiers.
    :param constants: Names that are values of the language, such as Rust's None.
    :param makers: What is called to make a value of its arguments, or an empty one.
    :param keys: Members with a key and a value, with the field of the key.
    :param talk: What prints or logs.
    :param sleep: What waits for a time.
    :param idle: What is called to do nothing.
    :param stops: What ends the program.
    :param refuses: Errors and calls that say by their name that something is not implemented.
    :param errors: What makes or raises an error with a message of its own.
    :param aborts: What is called to raise or to panic, as a function.
    :param refusal_values: Values that say so when returned.
    :param braces: The query for what a template's braces around a name are in it, where nobody writes that.
    :param unfinished: The query for calls among which are those of the language's own word for unwritten code.
    :param static: Matches the header of a function of a class that needs no object.
    :param handlers: Handlers of errors, with the pattern of the header of one that takes every error.
    :param implicit: Whether a value is returned by standing last.
    :param inner_docs: Whether a function's documentation is a string inside of it, not a comment above.
    :param typed: Whether every function states its type, so that stating one promises nothing.
    :param loose: Whether a name alone promises nothing: functions are empty by design more often than not.
    :param indented: Whether indentation tells what a comment belongs to.
    """

    parser: str
    scopes: Mapping[str, str] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    block_query: str = ""
    flat: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    binders: Mapping[str, str] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset({"comment"})
    strings: frozenset[str] = frozenset({"string"})
    statements: Mapping[str, Kind] = field(default_factory=dict)
    silent: re.Pattern[str] = NEVER
    values: frozenset[str] = frozenset()
    collections: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset({"identifier"})
    constants: frozenset[str] = frozenset()
    makers: re.Pattern[str] = NEVER
    keys: Mapping[str, str] = field(default_factory=dict)
    talk: re.Pattern[str] = NEVER
    sleep: re.Pattern[str] = NEVER
    idle: re.Pattern[str] = NEVER
    stops: re.Pattern[str] = NEVER
    refuses: re.Pattern[str] = NEVER
    errors: re.Pattern[str] = NEVER
    aborts: re.Pattern[str] = NEVER
    refusal_values: frozenset[str] = frozenset()
    braces: str = ""
    unfinished: str = ""
    static: re.Pattern[str] = NEVER
    handlers: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    implicit: bool = False
    inner_docs: bool = False
    typed: bool = False
    loose: bool = False
    indented: bool = False

    def kind(self, node: "Node") -> Kind | None:
        """Return what a node is as a statement; None where that is work, or a value."""
        return self.statements.get(node.type)


def words(text: str) -> frozenset[str]:
    """Return the words of a text: how a grammar writes a set of names."""
    return frozenset(text.split())


def kinds(**named: str) -> dict[str, Kind]:
    """Return what nodes are as statements, given the names of kinds, in lower case, and the words of each."""
    return {node: Kind[kind.upper()] for kind, nodes in named.items() for node in nodes.split()}


MAX_TREE_DEPTH = 1_000
"""Nodes above one another in a tree that are looked at: a query takes the square of the depth that it goes to."""


def captured(made: "Query", root: "Node") -> "dict[str, list[Node]]":
    """Return what a query captures, by name, as deep as MAX_TREE_DEPTH."""
    from tree_sitter import QueryCursor

    cursor = QueryCursor(made)
    cursor.set_max_start_depth(MAX_TREE_DEPTH)
    return cursor.captures(root)


STRUCTURE = ("block", "branch", "binder", "scope")
"""What other things stand in. Of two that begin and end at the same places, the one named first holds the other."""


@lru_cache(maxsize=32)
def structure_query(grammar: Grammar) -> "Query":
    """Return the query for all that the structure of a file is made of."""
    captured = {
        "scope": grammar.scopes,
        "block": grammar.blocks,
        "binder": grammar.binders,
        "branch": grammar.branches,
        "mark": grammar.marks,
        "comment": grammar.comments,
        "handler": grammar.handlers,
    }
    alternatives = [_alternatives(nodes, name) for name, nodes in captured.items() if nodes]
    return query(grammar, "\n".join([*alternatives, grammar.block_query]))


@lru_cache(maxsize=32)
def strings_query(grammar: Grammar) -> "Query":
    """Return the query for strings."""
    return query(grammar, _alternatives(grammar.strings, "it"))


@lru_cache(maxsize=64)
def query(grammar: Grammar, text: str) -> "Query":
    """Return a query, made once in a process: making one takes longer than reading a file."""
    from tree_sitter import Query
    from tree_sitter_language_pack import SupportedLanguage, get_language

    name: SupportedLanguage = grammar.parser  # type: ignore[assignment]
    return Query(get_language(name), text)


@lru_cache(maxsize=32)
def parser(grammar: Grammar) -> "Parser":
    """Return the parser of a language."""
    from tree_sitter_language_pack import SupportedLanguage, get_parser

    name: SupportedLanguage = grammar.parser  # type: ignore[assignment]
    return get_parser(name)


def _alternatives(nodes: Collection[str], name: str) -> str:
    return f"[{' '.join(f'({node})' for node in sorted(nodes))}] @{name}"
