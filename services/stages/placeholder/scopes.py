"""What the code of a file is divided into: scopes, the blocks of their statements, and comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from services.stages.placeholder import phrases
from services.stages.placeholder.grammar import Grammar
from services.stages.placeholder.nodes import name_node, names_in_parameter, parameter_nodes, text

if TYPE_CHECKING:
    from tree_sitter import Node

_OWN_USE = re.compile(r"\b(?:self|cls|this|@?self\.class|static)(?:\.|->|::)(\w+)|(?<![\w.>:])(\w+)\s*\(")
_PYTHON_USE = re.compile(r"\b(?:self|cls)\.(\w+)")
_BASE_NODES = frozenset({"class_heritage", "superclass", "super_interfaces", "base_class_clause", "base_clause"})
_BASE_FIELDS = ("superclass", "interfaces", "trait")
_BASE_NAME = re.compile(r"[A-Za-z_][\w.\\]*(?:::\w+)*")
_NO_BASES = frozenset({"extends", "implements", "public", "private", "protected", "virtual", "dyn"})
_IMPLICIT = frozenset({"self", "cls", "this"})
_QUALIFIED = re.compile(r"^.*(?:::|\.|\\)(?=~?\w)")
_OWNER = re.compile(r"(?:.*::)?(\w+)::")
_WORD = re.compile(r"[A-Za-z_]\w*")
_CONSTRUCTORS = frozenset({"constructor", "__construct", "__destruct", "initialize", "__init__", "init"})


@dataclass(eq=False)
class Block:
    """
    Statements that follow one another.

    :param node: The node that holds them; of a function that is one expression, the expression.
    :param is_value: Whether it is an expression, which is the answer.
    """

    node: "Node"
    scope: "Scope"
    is_value: bool = False

    @cached_property
    def statements(self) -> list["Node"]:
        """The statements, comments left out."""
        if self.is_value:
            return [self.node]
        return list(self._flat())

    def _flat(self) -> Iterator["Node"]:
        grammar = self.scope.grammar
        if self.node.type in grammar.bodies:
            return
        for child in self.node.named_children:
            for node in child.named_children if child.type in grammar.flat else (child,):
                if node.type not in grammar.comments and not grammar.silent.fullmatch(node.type):
                    yield node

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each statement starts."""
        return [node.start_byte for node in self.statements]


@dataclass(eq=False)
class Scope:
    """
    A module, class or function.

    :param kind: "module", "namespace", "class", "interface" for a class that others fill in, or "function".
    :param bound: The name of what a function without one is bound to; "" where it has its own, or none.
    :param decorators: Their source, without the mark before it.
    :param conditional: Whether it is defined in a branch of its parent, as a fallback is.
    :param is_member: Whether it is bound to a key of an object, or to a field of a class.
    :param docs: The comments above it, where its language documents functions so.
    """

    node: "Node"
    kind: str
    grammar: Grammar
    bound: str = ""
    parent: "Scope | None" = None
    decorators: tuple[str, ...] = ()
    conditional: bool = False
    children: list["Scope"] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    docs: str = ""
    is_member: bool = False

    @cached_property
    def full_name(self) -> str:
        """Its name with what qualifies it; empty for a module and for a function without one."""
        return "" if self.kind == "module" else self.bound or text(self._named)[:200]

    @cached_property
    def name(self) -> str:
        """Its name, without what qualifies it."""
        return _QUALIFIED.sub("", self.full_name)

    @cached_property
    def plain_name(self) -> str:
        """Its name as languages without a rule of capitals would write it."""
        name = self.name
        return name[:1].lower() + name[1:] if name[1:2].islower() else name

    @cached_property
    def _named(self) -> "Node | None":
        return name_node(self.node)

    @property
    def name_node(self) -> "Node":
        """The node of its name, or of all of it where it has none."""
        return self._named or self.node

    @property
    def column(self) -> int:
        """The column of its keyword, from 0, in bytes."""
        return self.node.start_point.column

    @cached_property
    def header(self) -> str:
        """The source from its start to its body, at most 400 characters."""
        end = self.blocks[0].node.start_byte if self.blocks else self.node.end_byte
        return (self.node.text or b"")[: min(end - self.node.start_byte, 400)].decode("utf-8", "replace")

    @cached_property
    def statements(self) -> list["Node"]:
        """The statements of its own body, without the docstring."""
        own = self.blocks[0].statements if self.blocks else []
        return own[1:] if self._inner_docs is not None else own

    @property
    def _inner_docs(self) -> "Node | None":
        own = self.blocks[0].statements if self.blocks and self.grammar.inner_docs else []
        return own[0] if own and own[0].type in self.grammar.strings else None

    @cached_property
    def docstring(self) -> str:
        """What it says of itself: the text of its docstring, or of the comments above; empty where there is none."""
        if self._inner_docs is not None:
            return text(self._inner_docs).lstrip("rRuUbB").strip("\"'").strip()
        return self.docs.removeprefix(self.name).strip() if self.name else self.docs

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of a function's parameters, without those of the object itself."""
        names = [name for node in parameter_nodes(self.node) for name in names_in_parameter(node, self.grammar)]
        return tuple(name for name in names if name and name not in _IMPLICIT)

    @cached_property
    def returns(self) -> str:
        """The source of the type that a function says it returns; empty where it says none."""
        fields = ("return_type", "result", "type") if self.kind == "function" else ()
        found = next((node for field in fields if (node := self.node.child_by_field_name(field)) is not None), None)
        return text(found).lstrip(":-> ").strip()

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """What a class derives from or implements; in Python the source of its bases and keywords."""
        if self.grammar.inner_docs:
            found = self.node.child_by_field_name("superclasses")
            return tuple(text(child) for child in found.named_children) if found is not None else ()
        told = [node for field in _BASE_FIELDS if (node := self.node.child_by_field_name(field)) is not None]
        told += [
            node for node in self.node.named_children if node.type in _BASE_NODES or "interface_clause" in node.type
        ]
        names = [name for node in told for name in _BASE_NAME.findall(text(node)[:1000])]
        return tuple(dict.fromkeys(name for name in names if name not in _NO_BASES))

    @cached_property
    def defined(self) -> dict[str, list["Scope"]]:
        """The functions and classes that it defines, by name."""
        found: dict[str, list[Scope]] = {}
        for child in self.children:
            found.setdefault(child.name, []).append(child)
        return found

    @cached_property
    def own_uses(self) -> frozenset[str]:
        """The names that the code of a class takes of its own object."""
        if self.grammar.inner_docs:
            return frozenset(_PYTHON_USE.findall(text(self.node)))
        uses = (first or second for first, second in _OWN_USE.findall(self._code_of_functions()))
        return frozenset(uses)

    def _code_of_functions(self) -> str:
        return "\n".join(text(block.node) for child in self.children for block in child.blocks[:1])

    @cached_property
    def is_method(self) -> bool:
        """Whether it is a function of a class, and not one that needs no object."""
        if self.kind != "function":
            return False
        owned = self.parent is not None and self.parent.kind in ("class", "interface")
        if self.grammar.inner_docs:
            return owned
        owned = owned or self.is_member or self.node.type in self.grammar.members or "::" in self.full_name
        return owned and not self.is_static

    @cached_property
    def is_static(self) -> bool:
        """Whether it is a function of a class that needs no object."""
        return self.parent is not None and self.grammar.static.search(self.header) is not None

    @property
    def is_constructor(self) -> bool:
        """Whether it makes or ends an object, which may take no code."""
        owner = self.parent.name if self.parent is not None else ""
        qualified = re.fullmatch(r"(?:.*::)?(\w+)::~?\1", self.full_name) is not None
        untyped = self.node.type in self.grammar.declared and self.node.child_by_field_name("type") is None
        initializes = any(child.type == "field_initializer_list" for child in self.node.named_children)
        named = self.name in _CONSTRUCTORS or (bool(owner) and self.name.lstrip("~") == owner)
        return named or qualified or untyped or initializes

    @cached_property
    def owner(self) -> str:
        """The name of the class that a function belongs to, where the function itself or its receiver tells it."""
        receiver = _WORD.findall(text(self.node.child_by_field_name("receiver"))[:200])
        qualified = _OWNER.match(self.full_name)
        return receiver[-1] if receiver else qualified[1] if qualified else ""

    def around(self) -> Iterator["Scope"]:
        """Yield the scopes that it stands in, the innermost first."""
        scope = self.parent
        while scope is not None:
            yield scope
            scope = scope.parent


@dataclass(frozen=True, eq=False)
class Comment:
    """
    A comment.

    :param words: Its text without the marks of a comment and the spaces around, at most MAX_COMMENT bytes of it.
    :param scope: What it belongs to.
    :param following: The statements that it stands over, or beside, in their block, at most MAX_FOLLOWING.
    :param beside: Whether it stands behind a statement.
    :param continued: Whether a comment stands on the line above.
    :param continues: Whether one stands on the line below.
    :param over: The function or class that begins on the line below.
    :param alone: Whether it is all that stands in a block within a function's own.
    """

    node: "Node"
    words: str
    scope: Scope
    following: list["Node"]
    beside: bool
    continued: bool
    continues: bool
    over: Scope | None = None
    alone: bool = False

    @cached_property
    def bare(self) -> str:
        """Its words with single spaces and without the marks around them."""
        return phrases.bare(self.words)
