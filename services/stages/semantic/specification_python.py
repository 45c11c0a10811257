"""The functions of Python source, by syntax tree."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from services.stages.semantic.imports import parse
from services.stages.semantic.specification_functions import MAX_FUNCTIONS, Call, Function, Kind, Parameter, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_HOLDERS = frozenset({
    "module", "block", "class_definition", "decorated_definition", "if_statement", "else_clause", "try_statement",
    "function_definition", "ERROR", "except_clause", "with_statement",
})  # fmt: skip
_INNER = frozenset({"function_definition", "class_definition", "lambda"})
_NOTHING = frozenset({"comment", "ellipsis", "pass_statement", "string"})


def functions(data: bytes, wanted: Collection[str] = ()) -> list[Function]:
    """
    Return the functions of a source in UTF-8, in its order, those inside other functions too.

    :param wanted: Only those that are called so; empty: all.
    """
    found = []
    for node in _walk(parse(data).root_node):
        name = node.child_by_field_name("name") if node.type == "function_definition" else None
        if name is not None and (not wanted or text_of(name) in wanted):
            found.append(_function(node, name))
    return found[:MAX_FUNCTIONS]


def call(text: str) -> Call | None:
    """Return the call with which an expression begins; None where it does not, or spreads arguments."""
    node: Node | None = parse(text.encode()).root_node
    while node is not None and node.type != "call":
        node = next(iter(node.named_children), None)
    arguments = node.child_by_field_name("arguments") if node is not None else None
    function = node.child_by_field_name("function") if node is not None else None
    if arguments is None or function is None or function.type != "identifier" or arguments.has_error:
        return None
    given = [child for child in arguments.named_children if child.type != "comment"]
    if any(child.type in ("list_splat", "dictionary_splat", "for_in_clause") for child in given):
        return None
    named = [child for child in given if child.type == "keyword_argument"]
    names = frozenset(text_of(child.child_by_field_name("name")) for child in named)
    return Call(text_of(function), 1 if arguments.type != "argument_list" else len(given) - len(named), names)


def _walk(root: "Node") -> Iterator["Node"]:
    """Yield statements in the order of the source, without recursion."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if node.type in _HOLDERS:
            waiting.extend(reversed(node.named_children))


def _function(node: "Node", name: "Node") -> Function:
    decorators = _decorators(node)
    listed = tuple(_parameters(node.child_by_field_name("parameters")))
    if _is_method(node) and "@staticmethod" not in decorators:
        listed = listed[1:]
    body = node.child_by_field_name("body")
    own = [] if body is None else list(_own(body))
    return Function(
        name=text_of(name),
        range=(name.start_byte, name.end_byte),
        parameters=listed,
        is_stub=body is None or all(_says_nothing(child) for child in body.named_children),
        is_plain=not node.has_error and not set(decorators) - {"@staticmethod", "@classmethod"},
        returns=any(child.type == "yield" or _returns_value(child) for child in own),
        prints=any(
            child.type == "call" and text_of(child.child_by_field_name("function")) in _PRINTERS for child in own
        ),
        promises=_promises(node.child_by_field_name("return_type")),
    )


def _decorators(node: "Node") -> list[str]:
    above = node.parent
    if above is None or above.type != "decorated_definition":
        return []
    return [text_of(child) for child in above.children if child.type == "decorator"]


_PRINTERS = ("print", "pprint", "sys.stdout.write")


def _own(body: "Node") -> Iterator["Node"]:
    """Yield the nodes of a body but those of functions inside it."""
    waiting = [body]
    while waiting:
        node = waiting.pop()
        yield node
        if node.type not in _INNER:
            waiting.extend(node.named_children)


def _is_method(node: "Node") -> bool:
    above = node.parent
    while above is not None and above.type in ("block", "decorated_definition"):
        above = above.parent
    return above is not None and above.type == "class_definition"


def _says_nothing(node: "Node") -> bool:
    if node.type == "raise_statement":
        return b"NotImplemented" in (node.text or b"")
    return node.type in _NOTHING


def _returns_value(node: "Node") -> bool:
    return node.type == "return_statement" and any(child.type != "comment" for child in node.named_children)


def _promises(annotation: "Node | None") -> bool:
    return annotation is not None and text_of(annotation) not in ("None", "NoReturn", "Never", "typing.NoReturn")


def _parameters(listed: "Node | None") -> Iterator[Parameter]:
    kind = Kind.PLAIN
    for node in listed.named_children if listed is not None else ():
        inner = node.named_children[0] if node.type == "typed_parameter" else node
        match inner.type:
            case "identifier":
                yield Parameter(text_of(inner), kind)
            case "default_parameter" | "typed_default_parameter":
                yield Parameter(text_of(inner.child_by_field_name("name")), kind, required=False)
            case "list_splat_pattern":
                yield Parameter(text_of(inner)[1:], Kind.REST, required=False)
                kind = Kind.NAMED
            case "dictionary_splat_pattern":
                yield Parameter(text_of(inner)[2:], Kind.NAMED_REST, required=False)
            case "keyword_separator":
                kind = Kind.NAMED
