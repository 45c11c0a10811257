"""
Calls for code that came without tests and without examples: its functions, with small values of the types they state.

Such a call proves nothing. It can show that the code does not fit its own statements: that it uses what is not there,
or calls something in a way that it cannot be called.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CALLS = 5

PLAIN = {"int": "3", "float": "2.5", "str": "'abc'", "bool": "True", "bytes": "b'abc'", "complex": "2j"}
SEQUENCES = {"list", "List", "Sequence", "Iterable", "Collection", "MutableSequence"}
SETS = {"set", "Set", "frozenset", "FrozenSet"}
MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping"}

ACTING = frozenset(
    {
        *(
            "input",
            "open",
            "exit",
            "quit",
            "_exit",
            "system",
            "popen",
            "subprocess",
            "Popen",
            "socket",
            "requests",
            "urlopen",
        ),
        *(
            "httpx",
            "aiohttp",
            "urllib",
            "rmtree",
            "remove",
            "unlink",
            "rename",
            "kill",
            "fork",
            "sleep",
            "Thread",
            "Process",
        ),
        *(
            "run_forever",
            "serve_forever",
            "mainloop",
            "asyncio",
            "argparse",
            "getpass",
            "smtplib",
            "exec",
            "eval",
            "stdin",
        ),
    }
)
"""What a function names that does more than compute, or waits for somebody."""


@dataclass(frozen=True, slots=True)
class Call:
    """
    A call of a function of the entry point.

    :param function: Its name.
    :param line: Where it is defined.
    """

    function: str
    expression: str
    line: int


def calls_of(tree: ast.Module | None) -> tuple[Call, ...]:
    """Return the calls for a file: of functions whose every parameter has a simple type or a value of its own."""
    if tree is None:
        return ()
    found = (_call(node) for node in tree.body if isinstance(node, ast.FunctionDef))
    return tuple(call for call in found if call is not None)[:MAX_CALLS]


def _call(node: ast.FunctionDef) -> Call | None:
    arguments = node.args
    if node.name.startswith(("_", "test")) or node.name == "main" or node.decorator_list:
        return None
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or set(_names(node)) & ACTING:
        return None
    if any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node)):
        return None
    parameters = [*arguments.posonlyargs, *arguments.args]
    needed = parameters[: len(parameters) - len(arguments.defaults)]
    values = [_value(parameter.annotation) for parameter in needed]
    if not values or not all(values):
        return None
    return Call(node.name, f"{node.name}({', '.join(map(str, values))})", node.lineno)


def _names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr


def _value(hint: ast.expr | None) -> str | None:
    """Return a small value of a type, as an expression; None where the type does not tell one."""
    if isinstance(hint, ast.Constant) and isinstance(hint.value, str):
        hint = _parsed(hint.value)
    match hint:
        case ast.Name() | ast.Attribute():
            return PLAIN.get(_name(hint))
        case ast.BinOp(op=ast.BitOr()):
            return _value(hint.left) or _value(hint.right)
        case ast.Subscript():
            return _generic(_name(hint.value), hint.slice)
    return None


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _name(node: ast.expr) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _generic(name: str, inside: ast.expr) -> str | None:
    if name == "Optional":
        return _value(inside)
    if name in {"tuple", "Tuple"} and isinstance(inside, ast.Tuple):
        values = [_value(each) for each in inside.elts]
        return f"({', '.join(map(str, values))},)" if values and all(values) else None
    if name in MAPPINGS and isinstance(inside, ast.Tuple) and len(inside.elts) == 2:
        key, value = map(_value, inside.elts)
        return f"{{{key}: {value}}}" if key and value else None
    item = _value(inside)
    if item and name in SEQUENCES:
        return f"[{item}, {item}]"
    return f"{{{item}}}" if item and name in SETS else None
