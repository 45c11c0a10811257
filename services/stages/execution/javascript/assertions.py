"""Which expressions of the tests are assertions, and what each says, in the terms of :mod:`.expression`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .expression import Expression, Known, Operation, Thrown
from .reading import Entangled, Reading
from .syntax import FUNCTIONS, NoLiteral, arguments, bare, body_of, callee, dotted, literal, statements, text_of
from .values import UNDEFINED, Thing

if TYPE_CHECKING:
    from tree_sitter import Node

EQUALITIES = {
    "equal": ("assert.equal", "Object.is"),
    "strictEqual": ("Object.is", "Object.is"),
    "deepEqual": ("deep-loose", "deep-strict"),
    "deepStrictEqual": ("deep-strict", "deep-strict"),
}
"""Node's assertions of equality: what they compare by, and what those of the strict mode do."""

NEGATIONS = {
    "notEqual": "equal",
    "notStrictEqual": "strictEqual",
    "notDeepEqual": "deepEqual",
    "notDeepStrictEqual": "deepStrictEqual",
}
MATCHERS = {
    "toBe": "Object.is",
    "toEqual": "deep-jest",
    "toStrictEqual": "deep-strict",
    "toBeGreaterThan": ">",
    "toBeGreaterThanOrEqual": ">=",
    "toBeLessThan": "<",
    "toBeLessThanOrEqual": "<=",
    "toContain": "contains",
    "toContainEqual": "contains-equal",
}
"""Jest's and Vitest's matchers with one argument."""

CHAI = {"equal": "===", "equals": "===", "eq": "===", "eql": "deep-strict", "eqls": "deep-strict"}
CHAI_WORDS = {
    "to",
    "be",
    "been",
    "is",
    "that",
    "which",
    "and",
    "has",
    "have",
    "with",
    "at",
    "of",
    "same",
    "but",
    "does",
}
CONSTANTS = {"toBeNull": None, "toBeUndefined": UNDEFINED, "true": True, "false": False, "null": None}
CONSTANTS |= {"undefined": UNDEFINED}
PLAIN_PATTERN = re.compile(r"[\w ,;:'\"@%&=<>~`!#-]+", re.ASCII)
THROWERS = {"assert.throws": True, "assert.doesNotThrow": False}


@dataclass(frozen=True)
class Said:
    """What an assertion says; see :class:`services.stages.execution.javascript.expression.Site`."""

    condition: Expression | None = None
    thrown: Thrown | None = None


def is_assertion(node: "Node", known: Mapping[str, str]) -> bool:
    """Whether a call is an assertion of Node's, of Jest's or of Chai's, whatever it says."""
    name = path_of(node, known)
    return name.split(".")[0] == "assert" or name == "console.assert" or _expected(node, known) is not None


def path_of(node: "Node", known: Mapping[str, str]) -> str:
    """Return what a call calls, as a dotted path from a module."""
    first, dot, rest = callee(node).partition(".")
    return f"{known.get(first, first)}{dot}{rest}".replace("assert.strict.strict", "assert.strict")


def read(node: "Node", reading: Reading, known: Mapping[str, str]) -> Said | None:
    """
    Return what an assertion says; None where the node is none.

    :raises Entangled: It is one, and cannot be taken apart.
    """
    if node.type == "if_statement":
        return _guard(node, reading)
    if node.type != "call_expression":
        return None
    if (own := _own_function(node, reading, known)) is not None:
        return own
    if not is_assertion(node, known):
        return None
    given = arguments(node)
    if any(argument.type == "spread_element" for argument in given):
        raise Entangled
    chain = _expected(node, known)
    return _matched(chain, given, reading) if chain is not None else _asserted(path_of(node, known), given, reading)


def _asserted(path: str, given: "Sequence[Node]", reading: Reading) -> Said:
    name = path.rpartition(".")[2]
    if path in {"assert", "assert.strict", "assert.ok", "assert.strict.ok", "console.assert"} and given:
        return Said(reading.expression(given[0]))
    is_strict = path.startswith("assert.strict.")
    plain = NEGATIONS.get(name, name)
    if plain in EQUALITIES and len(given) >= 2:
        operands = map(reading.expression, given[:2])
        condition = reading.operation(EQUALITIES[plain][is_strict], *operands)
        return Said(Operation("!", (condition,)) if name in NEGATIONS else condition)
    if name in {"throws", "rejects"} and given:
        wanted = given[1] if len(given) > 1 else None
        return _throws(given[0], wanted, reading, is_promise=name == "rejects")
    raise Entangled


def _throws(function: "Node", wanted: "Node | None", reading: Reading, *, is_promise: bool = False) -> Said:
    function = bare(function)
    is_async = any(child.type == "async" for child in function.children)
    if not is_promise and (function.type not in FUNCTIONS or is_async):
        raise Entangled
    if is_promise and function.type == "identifier":
        # A function that is to be called, or a promise: only the run knows.
        raise Entangled
    thrown = _wanted(bare(wanted)) if wanted is not None else Thrown()
    reading.called(function, is_promise=is_promise)
    return Said(thrown=thrown)


def _wanted(node: "Node") -> Thrown:
    """Return which error is wanted: a class, an object of properties, or a pattern that is a plain text."""
    if node.type in {"identifier", "member_expression"} and dotted(node).rpartition(".")[2][:1].isupper():
        return Thrown(name=dotted(node).rpartition(".")[2])
    try:
        value = literal(node)
    except NoLiteral:
        raise Entangled from None
    if isinstance(value, str):
        # Node takes a text for what is said when nothing is thrown.
        return Thrown()
    if isinstance(value, Thing) and value.kind == "RegExp":
        return _pattern(value)
    if isinstance(value, Thing) and value.kind == "Object":
        held = dict(value.properties)
        name, message = held.pop("name", ""), held.pop("message", None)
        if not held and isinstance(name, str) and isinstance(message, str | None):
            return Thrown(name, message, exact=True)
    raise Entangled


def _pattern(value: Thing) -> Thrown:
    pattern, flags = str(value.items[0]), str(value.items[1])
    if not PLAIN_PATTERN.fullmatch(pattern) or flags not in {"", "i"}:
        raise Entangled
    return Thrown(message=pattern, folded=flags == "i")


def _guard(node: "Node", reading: Reading) -> Said | None:
    """Read ``if (…) throw …``: what must not be."""
    condition, then = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    if condition is None or then is None or node.child_by_field_name("alternative") is not None:
        return None
    held = statements(then) if then.type == "statement_block" else [then]
    if not any(_ends_badly(statement) for statement in held):
        return None
    return Said(Operation("!", (reading.expression(condition),)))


def _ends_badly(statement: "Node") -> bool:
    if statement.type == "throw_statement":
        return True
    call = (
        statement.named_children[0] if statement.type == "expression_statement" and statement.named_children else None
    )
    return (
        call is not None and callee(call) == "process.exit" and [text_of(a) for a in arguments(call)] not in ([], ["0"])
    )


def _own_function(node: "Node", reading: Reading, known: Mapping[str, str]) -> Said | None:
    """Look into a function of the tests' own that is one assertion about what it is given."""
    function = reading.function_of(node)
    body = body_of(function) if function is not None else None
    if function is None or body is None or any(child.type == "async" for child in function.children):
        return None
    held = statements(body) if body.type == "statement_block" else [body]
    if len(held) != 1 or not function.child_by_field_name("parameters"):
        return None
    inner = held[0].named_children[0] if held[0].type == "expression_statement" else held[0]
    if inner.type not in {"if_statement", "call_expression"} or not _is_about(function, inner):
        return None
    with reading.bound(function, arguments(node)):
        return read(inner, reading, known)


def _is_about(function: "Node", inner: "Node") -> bool:
    """Whether a function has parameters, so that what it says differs from call to call, and no default values."""
    parameters = function.child_by_field_name("parameters")
    return parameters is not None and parameters.named_child_count > 0 and inner.parent is not None


def _expected(node: "Node", known: Mapping[str, str]) -> "tuple[Node, list[str]] | None":
    """Return what ``expect`` is given and the words after it; None where the call is something else."""
    words: list[str] = []
    at = node.child_by_field_name("function") if node.type == "call_expression" else None
    while at is not None and at.type == "member_expression":
        words.insert(0, text_of(at.child_by_field_name("property") or at))
        at = at.child_by_field_name("object")
    if at is None or not words or at.type != "call_expression":
        return None
    name, given = path_of(at, known), arguments(at)
    return (given[0], words) if name.rpartition(".")[2] == "expect" and len(given) == 1 else None


def _matched(chain: "tuple[Node, list[str]]", given: "Sequence[Node]", reading: Reading) -> Said:
    subject, words = chain
    negated = words.count("not") % 2 == 1
    words = [word for word in words if word != "not"]
    is_rejection = words[:1] == ["rejects"]
    if "toThrow" in words or "toThrowError" in words:
        return _matched_throw(subject, given, reading, negated=negated, is_promise=is_rejection)
    if is_rejection:
        raise Entangled
    matched = _chai(subject, words, given, reading) if words[0] in CHAI_WORDS else _jest(subject, words, given, reading)
    return Said(Operation("!", (matched,)) if negated else matched)


def _matched_throw(
    subject: "Node", given: "Sequence[Node]", reading: Reading, *, negated: bool, is_promise: bool
) -> Said:
    if negated:
        raise Entangled
    if given and bare(given[0]).type in {"string", "template_string"}:
        _throws(subject, None, reading, is_promise=is_promise)
        return Said(thrown=Thrown(message=str(literal(given[0]))))
    return _throws(subject, given[0] if given else None, reading, is_promise=is_promise)


def _jest(subject: "Node", words: Sequence[str], given: "Sequence[Node]", reading: Reading) -> Expression:
    *before, word = words
    if before not in ([], ["resolves"]):
        raise Entangled
    mine = reading.called(subject, is_promise=True) if before else reading.expression(subject)
    special: dict[str, Callable[[], Expression]] = {
        "toBeTruthy": lambda: mine,
        "toBeFalsy": lambda: Operation("!", (mine,)),
        "toBeDefined": lambda: Operation("!==", (mine, Known(UNDEFINED))),
        "toBeNaN": lambda: Operation("Number.isNaN", (mine,)),
        "toBeCloseTo": lambda: Operation("close", (mine, *_close(given, reading))),
        "toHaveLength": lambda: Operation("===", (Operation("length", (mine,)), reading.expression(given[0]))),
    }
    if word in special:
        return special[word]()
    if word in CONSTANTS:
        return Operation("===", (mine, Known(CONSTANTS[word])))
    if word in MATCHERS and len(given) == 1:
        return reading.operation(MATCHERS[word], mine, reading.expression(given[0]))
    raise Entangled


def _close(given: "Sequence[Node]", reading: Reading) -> tuple[Expression, Expression]:
    if not given:
        raise Entangled
    return reading.expression(given[0]), reading.expression(given[1]) if len(given) > 1 else Known(2.0)


def _chai(subject: "Node", words: Sequence[str], given: "Sequence[Node]", reading: Reading) -> Expression:
    is_deep = "deep" in words
    rest = [word for word in words if word not in CHAI_WORDS and word != "deep"]
    if len(rest) != 1:
        raise Entangled
    (word,) = rest
    if word in CHAI and len(given) >= 1:
        name = "deep-strict" if is_deep else CHAI[word]
        return reading.operation(name, reading.expression(subject), reading.expression(given[0]))
    raise Entangled
