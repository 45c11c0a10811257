"""Functions that promise work and return what is written in the source."""

import re
from collections.abc import Iterator

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.design import is_by_design, is_interface, is_plainly_decorated
from services.stages.placeholder.promises import is_whole_file, promises_by_name, promises_value
from services.stages.placeholder.tree import Module, Scope, text
from services.stages.placeholder.work import Does, body_does, names_in
from services.stages.rules import Rule

STUB_RETURN = Rule(
    "placeholder/stub-return",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A function takes arguments and promises to work on them, by its docstring or name, and returns a value that is "
    "written in the source without looking at them. Constants that say they are, predicates and methods that a class "
    "may answer in one way are not meant.",
    fires=(
        'def decode(token, secret):\n    """Verify and decode a token."""\n    return None\n',
        'def mood(text: str) -> float:\n    """Score the mood of a text between -1 and 1."""\n    return 0.5\n',
        'def dump(dsn, target):\n    """Dump the database and return the size in bytes."""\n    try:\n'
        "        return 0\n"
        "    except Exception:\n        return 0\n",
        "def parse_rows(text):\n    return []\n",
    ),
    passes=(
        'def default_port(scheme):\n    """Return the default port, which is always 80."""\n    return 80\n',
        "def is_stable():\n    return True\n",
        'def version():\n    """Return the version."""\n    return "1.0"\n',
        'class Field:\n    def has_changed(self, old, new):\n        """Return whether it changed."""\n'
        "        return False\n",
        'def identity(value):\n    """Return the argument."""\n    return value\n',
        'def same(x):\n    """Return x unchanged."""\n    return x\n',
    ),
    confidence=0.9,
)

FIXED_ANSWER = Rule(
    "placeholder/fixed-answer",
    Category.PLACEHOLDER,
    Severity.LOW,
    "A function or method answers the same whatever it is given, and may be meant to.",
    fires=(
        'class Store:\n    def find(self, key):\n        """Find a row by its key."""\n        return None\n\n'
        "    def add(self, row):\n        self.rows.append(row)\n",
    ),
    passes=("def is_stable():\n    return True\n",),
    confidence=0.5,
)

RULES = (STUB_RETURN, FIXED_ANSWER)

_CONSTANT = re.compile(
    r"\b(?:constant|fixed|always|never|unchanged|as[ -]is|same value|by default|the default|not used|unused|ignored)\b",
    re.IGNORECASE,
)
_BLANK = frozenset({"None", "[]", "{}", "()", '""', "''", "0", "0.0", "False", "True", "dict()", "list()", "set()"})
_PREDICATE = re.compile(r"_*(?:is|has|can|should|supports?|needs|allow|S_IS|are|was|must|use|want)", re.IGNORECASE)


def find(module: Module) -> Iterator[Finding]:
    """Yield the functions whose answer is written in the source."""
    for function in module.functions:
        if function.blocks and function.parameters and not module.is_stub_file:
            yield from _function(function, module)


def _function(function: Scope, module: Module) -> Iterator[Finding]:
    done = body_does(function)
    answers = [node for node in function.statements if node.type == "return_statement"]
    if Does.ANSWERS not in done or not done <= {Does.ANSWERS, Does.NOTHING, Does.TALKS} or _is_meant(function, module):
        return
    if names_in(function.statements) & set(function.parameters):
        return
    rule = _judge(function, module)
    shown = answers[-1] if answers else function.statements[-1]
    if rule is not None:
        yield rule.finding(f"{function.name!r} returns the same whatever it is given.", module.place(shown))


def _is_meant(function: Scope, module: Module) -> bool:
    return (
        is_by_design(function, module)
        or not is_plainly_decorated(function)
        or _CONSTANT.search(function.docstring) is not None
        or _says_the_value(function)
    )


def _says_the_value(function: Scope) -> bool:
    """Say whether the docstring names the very value that is returned, as that of a documented constant does."""
    values = [text(node.named_children[0]).strip("\"'") for node in function.statements if node.named_children]
    first = function.docstring[:120]
    return any(
        re.search(rf"\breturns? (?:an? )?(?:empty |literal )?{re.escape(value)}\b", first, re.I) for value in values
    )


def _is_blank(function: Scope) -> bool:
    """Say whether a function returns nothing, zero or an empty collection, as one that was never written does."""
    values = [text(node.named_children[0]) for node in function.statements if node.named_children]
    return all(value in _BLANK for value in values)


def _judge(function: Scope, module: Module) -> Rule | None:
    if function.is_method:
        quiet = bool(function.parent and function.parent.bases) or is_interface(function.parent, module)
        return None if quiet or not function.docstring or not promises_value(function) else FIXED_ANSWER
    if any(scope.kind == "function" for scope in function.around()):
        return None
    if is_whole_file(function, module):
        return STUB_RETURN
    if _PREDICATE.match(function.name):
        return FIXED_ANSWER
    promised = promises_value(function) if function.docstring else promises_by_name(function) and _is_blank(function)
    return STUB_RETURN if promised else FIXED_ANSWER
