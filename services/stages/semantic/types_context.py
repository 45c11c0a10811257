"""What stands around a place that ty finds fault with, and may mean that the code knows better."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from services.stages.semantic.imports import parse
from services.stages.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

_FAILS = re.compile(rb"\b(?:AttributeError|TypeError|ImportError|ModuleNotFoundError)\b")
_EXPECTED = re.compile(rb"raises|assertRaises|suppress|\bwarns\b")
_CONDITIONS = re.compile(
    rb"hasattr|getattr|callable\(|(?i:version|platform|\bpy2|\bpy3|pypy|windows|os\.name|implementation)"
)
_PARTIAL_NAME = re.compile(r"Mixin|MixIn|Abstract|Interface|Protocol|Base|Trait")
_PARTIAL_BODY = re.compile(
    rb"\babstractmethod\b|\bNotImplementedError\b|\bsetattr\(|__dict__|__slots__|\bvars\(|__getattr|\bexec\(|\bglobals\("
)
_ABOVE = 200
"""Nodes that are looked at above a place."""


class Context:
    """
    The sources of a candidate, as far as they say what a name may be.

    :param source: The file that is judged.
    :param others: Its other files and its context.
    """

    def __init__(self, source: Source, others: Sequence[bytes]) -> None:
        self._source = source
        self._texts = (source.data, *others)

    @cached_property
    def tree(self) -> "Tree":
        """The syntax tree of the judged file."""
        return parse(self._source.parsed)

    def node(self, start: int, end: int) -> "Node":
        """Return the smallest node that covers two offsets."""
        root = self.tree.root_node
        return root.named_descendant_for_byte_range(start, end) or root

    def is_guarded(self, node: "Node") -> bool:
        """
        Whether the code provides for what it asks for not being there.

        In a `try` that handles just this failure, in a test that expects it, or below a question for version, platform
        or the attribute itself.
        """
        below = node
        for above in _ancestors(node):
            match above.type:
                case "try_statement" if above.child_by_field_name("body") == below:
                    if any(_handles(clause) for clause in above.children):
                        return True
                case "with_statement" if _holds(_EXPECTED, _heading(above)):
                    return True
                case "if_statement" | "elif_clause" | "conditional_expression" | "while_statement":
                    if _holds(_CONDITIONS, _condition(above)):
                        return True
                case "boolean_operator" if _holds(_CONDITIONS, above.text or b""):
                    return True
                case "argument_list" if _holds(_EXPECTED, _called(above)):
                    return True
            below = above
        return False

    def is_set(self, name: str) -> bool:
        """Whether some file of the candidate gives something an attribute of this name."""
        word = re.escape(name.encode())
        return self._found(rb"\.%s\s*(?::[^=\n]{1,200})?=(?!=)" % word) or self._found(
            rb"(?:setattr|patch\.object|monkeypatch\.\w+)\([^\n]{1,200}?[\"']%s[\"']" % word
        )

    def quotes(self, name: str) -> bool:
        """Whether some file has a name as a string, as names are that are given to getattr or made by a loop."""
        return self._found(rb"[\"']%s[\"']" % re.escape(name.encode()))

    def is_partial(self, name: str) -> bool:
        """Whether a class is one to build on: named so, with methods to fill in, or built on in the candidate."""
        built_on = rb"\bclass\s+\w+\s*\([^)\n]{0,500}\b%s\b" % re.escape(name.encode())
        if _PARTIAL_NAME.search(name) or self._found(built_on):
            return True
        return any(_PARTIAL_BODY.search(body) for body in self._classes(name))

    def enclosing_class(self, node: "Node") -> str:
        """Return the name of the class that a node stands in; empty where it stands in none."""
        for above in _ancestors(node):
            if above.type == "class_definition":
                name = above.child_by_field_name("name")
                return ((name.text if name is not None else b"") or b"").decode()
        return ""

    def has_bases(self, name: str) -> bool:
        """Whether a class of the candidate is built on something but `object`."""
        head = rb"\bclass\s+%s\s*\(\s*(?!object\s*\)|\))" % re.escape(name.encode())
        return self._found(head)

    def is_remade(self, name: str) -> bool:
        """Whether a decorator makes something else of a class; those that only add what they say do not."""
        decorator = rb"@(?!(?:dataclasses\.)?dataclass\b|(?:functools\.)?total_ordering\b|(?:typing\.)?final\b)[\w.]+"
        return self._found(decorator + rb"(?:\([^\n]*\))?\s+(?:@[^\n]*\s+){0,5}class\s+%s\b" % re.escape(name.encode()))

    def is_record(self, name: str) -> bool:
        """Whether a class gets its constructor from the fields in it, as data classes and named tuples do."""
        word = re.escape(name.encode())
        if self._found(
            rb"\b%s\s*=\s*[\w.]*(?:namedtuple|NamedTuple)\(|\bclass\s+%s\s*\([^)\n]*NamedTuple" % (word, word)
        ):
            return True
        return not self.has_bases(name) and self._found(
            rb"@(?:dataclasses\.)?dataclass\b[^@]{0,300}?\sclass\s+%s\b" % word
        )

    def is_made(self, name: str) -> bool:
        """Whether an object of a class is made in the candidate."""
        return self._found(rb"(?<!class )(?<!class  )\b%s\s*\(" % re.escape(name.encode()))

    def is_rebound(self, name: str) -> bool:
        """Whether a function is replaced by something made of it, as by `staticmethod` before there were decorators."""
        return self._found(rb"\b%s\s*=\s*[\w.]+\(\s*%s\b" % ((re.escape(name.encode()),) * 2))

    def is_alias(self, name: str) -> bool:
        """Whether something is imported under a name that is not its own."""
        return self._found(rb"\bas\s+%s\b" % re.escape(name.encode()))

    def is_annotated_parameter(self, node: "Node") -> bool:
        """Whether a name is a parameter, with an annotation, of the innermost function that has one of this name."""
        for above in _ancestors(node):
            parameters = above.child_by_field_name("parameters") if above.type == "function_definition" else None
            for parameter in parameters.named_children if parameters is not None else ():
                if parameter.type in ("typed_parameter", "typed_default_parameter"):
                    name = parameter.child_by_field_name("name") or parameter.named_children[0]
                    if name.text == node.text:
                        return True
        return False

    def is_own(self, name: str) -> bool:
        """Whether a class or function of this name is defined in some file of the candidate."""
        return self._found(rb"\b(?:class|def)\s+%s\b" % re.escape(name.encode()))

    def _classes(self, name: str) -> Iterator[bytes]:
        head = rb"^([ \t]*)class\s+%s\b[^\n]*" % re.escape(name.encode())
        block = re.compile(head + rb"(?:\n(?:\1[ \t]+[^\n]*|[ \t]*))*", re.MULTILINE)
        for text in self._texts:
            yield from (match[0] for match in block.finditer(text))

    def _found(self, pattern: bytes) -> bool:
        return any(re.search(pattern, text) for text in self._texts)


def _ancestors(node: "Node") -> Iterator["Node"]:
    for _ in range(_ABOVE):
        if node.parent is None:
            return
        node = node.parent
        yield node


def _handles(clause: "Node") -> bool:
    if clause.type not in ("except_clause", "except_group_clause"):
        return False
    caught = b" ".join(child.text or b"" for child in clause.named_children if child.type not in ("block", "comment"))
    return _holds(_FAILS, caught)


def _holds(pattern: re.Pattern[bytes], text: bytes) -> bool:
    return pattern.search(text) is not None


def _heading(statement: "Node") -> bytes:
    return next((child.text or b"" for child in statement.children if child.type == "with_clause"), b"")


def _condition(statement: "Node") -> bytes:
    if statement.type == "conditional_expression":
        return statement.text or b""
    condition = statement.child_by_field_name("condition")
    return (condition.text if condition is not None else b"") or b""


def _called(arguments: "Node") -> bytes:
    call = arguments.parent
    function = call.child_by_field_name("function") if call is not None else None
    return (function.text if function is not None else b"") or b""
