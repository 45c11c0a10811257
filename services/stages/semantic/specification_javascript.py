"""The functions of JavaScript and TypeScript source, by syntax tree."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from services.stages.semantic.javascript_grammar import Grammar
from services.stages.semantic.specification_functions import MAX_FUNCTIONS, Call, Function, Kind, Parameter, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset({
    "function_declaration", "generator_function_declaration", "function_expression", "generator_function",
    "arrow_function", "method_definition",
})  # fmt: skip
_INNER = _FUNCTIONS | {"class_declaration", "class"}
_NAMING = {
    "variable_declarator": "name",
    "assignment_expression": "left",
    "pair": "key",
    "public_field_definition": "name",
}


def functions(data: bytes, grammar: Grammar, wanted: Collection[str] = ()) -> list[Function]:
    """
    Return the functions of a source in UTF-8 that have names, in its order, those inside other functions too.

    :param wanted: Only those that are called so; empty: all.
    """
    found = []
    for node in _walk(_parse(data, grammar), frozenset()):
        name = _name(node) if node.type in _FUNCTIONS else None
        if name is not None and (not wanted or text_of(name) in wanted):
            found.append(_function(node, name))
    return found[:MAX_FUNCTIONS]


def begun(data: bytes, grammar: Grammar) -> list[Function]:
    """Return the functions of a source whose last one may have been left open."""
    return functions(data + b"\n}\n" if data.rstrip().endswith(b"{") else data, grammar)


def call(text: str, grammar: Grammar) -> Call | None:
    """Return the call with which an expression begins; None where it does not, or spreads arguments."""
    node: Node | None = _parse(text.encode(), grammar)
    while node is not None and node.type != "call_expression":
        node = next(iter(node.named_children), None)
    arguments = node.child_by_field_name("arguments") if node is not None else None
    function = node.child_by_field_name("function") if node is not None else None
    if arguments is None or function is None or function.type != "identifier" or arguments.has_error:
        return None
    given = [child for child in arguments.named_children if child.type != "comment"]
    if arguments.type != "arguments" or any(child.type == "spread_element" for child in given):
        return None
    return Call(text_of(function), len(given))


def _parse(data: bytes, grammar: Grammar) -> "Node":
    from tree_sitter_language_pack import get_parser

    return get_parser(grammar).parse(data).root_node


def _walk(root: "Node", without: frozenset[str]) -> Iterator["Node"]:
    """Yield nodes in the order of the source, without recursion, and without looking into some."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if node.type not in without:
            waiting.extend(reversed(node.named_children))


def _name(node: "Node") -> "Node | None":
    own = node.child_by_field_name("name")
    above = node.parent
    if own is not None or above is None or above.type not in _NAMING:
        return own
    named = above.child_by_field_name(_NAMING[above.type])
    return named.child_by_field_name("property") if named is not None and named.type == "member_expression" else named


def _function(node: "Node", name: "Node") -> Function:
    body = node.child_by_field_name("body")
    own = [] if body is None else list(_walk(body, _INNER))
    short = body is not None and body.type != "statement_block"
    return Function(
        name=text_of(name),
        range=(name.start_byte, name.end_byte),
        parameters=tuple(_parameters(node)),
        is_stub=body is None or (not short and all(child.type == "comment" for child in body.named_children)),
        is_plain=not node.has_error and not any(text_of(child) == "arguments" for child in own),
        is_strict=False,
        returns=short or any(_returns_value(child) for child in own),
        prints=any(child.type == "member_expression" and text_of(child).startswith(_PRINTERS) for child in own),
        promises=_promises(node.child_by_field_name("return_type")),
    )


_PRINTERS = ("console.", "process.stdout.", "document.write")


def _returns_value(node: "Node") -> bool:
    if node.type == "yield_expression":
        return True
    return node.type == "return_statement" and any(child.type != "comment" for child in node.named_children)


def _promises(annotation: "Node | None") -> bool:
    kinds = ("", "void", "never", "undefined", "any", "unknown", "Promise<void>")
    return text_of(annotation).lstrip(": ") not in kinds


def _parameters(node: "Node") -> Iterator[Parameter]:
    single = node.child_by_field_name("parameter")
    if single is not None:
        yield Parameter(text_of(single))
        return
    listed = node.child_by_field_name("parameters")
    for child in listed.named_children if listed is not None else ():
        if child.type != "comment":
            yield _parameter(child)


def _parameter(node: "Node") -> Parameter:
    pattern = node.child_by_field_name("pattern") or node
    if pattern.type == "rest_pattern":
        return Parameter(text_of(pattern)[3:], Kind.REST, required=False)
    if pattern.type == "assignment_pattern":
        return Parameter(text_of(pattern.child_by_field_name("left")), required=False)
    optional = node.type == "optional_parameter" or node.child_by_field_name("value") is not None
    return Parameter(text_of(pattern) if pattern.type == "identifier" else "", required=not optional)
