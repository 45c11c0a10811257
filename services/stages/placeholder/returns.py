"""Functions that promise work and return what is written in the source."""

import re
from collections.abc import Iterator

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.design import (
    is_by_design,
    is_entry,
    is_interface,
    is_plainly_decorated,
    is_template_step,
    overrides,
)
from services.stages.placeholder.nodes import text
from services.stages.placeholder.promises import is_predicate, is_whole_file, promises_by_name, promises_value
from services.stages.placeholder.scopes import Scope
from services.stages.placeholder.tree import Module
from services.stages.placeholder.values import answers, names_in
from services.stages.placeholder.work import Does, body_does
from services.stages.rules import Example, Rule

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
        'def fetch_users():\n    """Fetch all users from the database."""\n    return []\n',
        Example(
            "<?php\n/** Verify the password of a user. */\nfunction verify(string $user, string $password): bool\n"
            "{\n    return true;\n}\n",
            "php",
        ),
        Example(
            "/// Finds the position of a word.\npub fn find_word(text: &str, word: &str) -> Option<usize> {\n"
            "    None\n}\n",
            "rust",
        ),
        Example(
            "package a\n\n// Parse reads a file.\nfunc Parse(path string) (*int, error) {\n\treturn nil, nil\n}\n",
            "go",
        ),
    ),
    passes=(
        'def default_port(scheme):\n    """Return the default port, which is always 80."""\n    return 80\n',
        "def is_stable():\n    return True\n",
        'def version():\n    """Return the version."""\n    return "1.0"\n',
        'class Field:\n    def has_changed(self, old, new):\n        """Return whether it changed."""\n'
        "        return False\n",
        'def identity(value):\n    """Return the argument."""\n    return value\n',
        'def same(x):\n    """Return x unchanged."""\n    return x\n',
        Example("static int on_event(void *context) {\n    (void)context;\n    return 0;\n}\n", "c"),
        Example(
            "package a\n\ntype A struct{}\n\n// Close implements io.Closer.\nfunc (A) Close() error { return nil }\n",
            "go",
        ),
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
        "    def size(self):\n        return 0\n",
        Example(
            "/** Tells of a limit. */\nfunction limit(kind) {\n  return 10;\n}\nmodule.exports = limit;\n"
            "function f() { return g(); }\n",
            "javascript",
        ),
    ),
    passes=(
        "def is_stable():\n    return True\n",
        Example("export function isStable(): boolean {\n  return true;\n}\n", "typescript"),
    ),
    confidence=0.5,
)

ECHO = Rule(
    "placeholder/echoed-argument",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A function promises to change what it is given, and gives it back as it came. Functions that say so are not "
    "meant.",
    fires=(
        'def translate(text, language):\n    """Translate a text into a language."""\n    return text\n',
        "def encrypt(data, key):\n    return data\n",
        Example("function encrypt(data, key) {\n  return data;\n}\n", "javascript"),
    ),
    passes=(
        'def normalise(text):\n    """Return the text unchanged: this alphabet has one form."""\n    return text\n',
        "def keep(row):\n    return row\n",
        "class Plain:\n    def encode(self, data):\n        return data\n",
        Example("pub fn identity(x: i32) -> i32 {\n    x\n}\n", "rust"),
    ),
    confidence=0.9,
)

RULES = (STUB_RETURN, FIXED_ANSWER, ECHO)

_CONSTANT = re.compile(
    r"\b(?:constant|fixed|always|never|unchanged|as[ -]is|same value|by default|the default|not used|unused|ignored)\b",
    re.IGNORECASE,
)
MAX_BLANK = 200
"""Characters beyond which a value has something in it."""

_NOTHING = (
    r"(?:None|null|nil|NULL|nullptr|undefined|\[\]|\{\}|\(\)|\"\"|''|``|-?[01](?:\.0)?f?|[Ff]alse|[Tt]rue|FALSE|TRUE|"
    r"(?:new )?\w[\w:.<>, *]*(?:\(\)|\{\})|array\(\)|"
    r"(?:\[\]|map\[\w+\])[\w.*]+\{\}|vec!\[\]|(?:Ok|Some|Promise\.resolve)"
    r"\((?:\(\)|null|\[\]|\{\}|true|false|0|None|\"\")?\))"
)
_BLANK = re.compile(rf"{_NOTHING}(?:, ?{_NOTHING})*")
"""Values with nothing in them, and several of them."""


_ASKS = re.compile(
    r"_*(?:fetch|load|download|query|retrieve|send|upload|scrape|crawl|train|predict|backup|restore|authenticate|sync)"
    r"(?:_\w+|[A-Z]\w*|$)"
)
"""Names of functions that ask something outside, so that no answer of theirs can stand in the source."""
_CHANGES = re.compile(
    r"_*(?:translate|convert|encrypt|decrypt|compress|decompress|sort|encode|decode|clean|optimi[sz]e|shorten|"
    r"summari[sz]e|reverse|rotate|resize|blur|shuffle|transpose|invert|minify|sanitize|redact|anonymi[sz]e|merge)"
    r"(?:_\w+|[A-Z]\w*|$)"
)
"""Names of functions that give back something else than they are given."""


def find(module: Module) -> Iterator[Finding]:
    """Yield the functions whose answer is written in the source."""
    for function in module.functions:
        if not function.blocks or module.is_stub_file or not _is_fixed(function):
            continue
        values = [text(value).strip() if value is not None else "None" for value in answers(function)]
        rule = None if _is_meant(function, values, module) else _judge(function, values, module)
        if rule is not None:
            said = "gives back what it is given" if rule is ECHO else "returns the same whatever it is given"
            shown = function.statements[-1] if values and function.statements else function.name_node
            yield rule.finding(f"{function.name!r} {said}.", module.place(shown))


def _is_meant(function: Scope, values: list[str], module: Module) -> bool:
    return (
        is_by_design(function, module)
        or is_entry(function)
        or not is_plainly_decorated(function)
        or _CONSTANT.search(f"{function.docstring} {module.specification[:2000]}") is not None
        or _says_the_value(function, values)
    )


def _says_the_value(function: Scope, values: list[str]) -> bool:
    """Say whether the docstring names the very value that is returned, as that of a documented constant does."""
    plain = [re.escape(value[:100].strip("\"'")) for value in values]
    first = function.docstring[:120]
    return any(re.search(rf"\breturns? (?:an? )?(?:empty |literal )?{value}\b", first, re.I) for value in plain)


def _judge(function: Scope, values: list[str], module: Module) -> Rule | None:
    used = names_in(function.statements, function.grammar) & set(function.parameters)
    if function.is_method:
        return None if used else _judge_method(function, module)
    if any(scope.kind == "function" for scope in function.around()):
        return None
    if used:
        return ECHO if _CHANGES.match(function.plain_name) and set(values) <= used else None
    return _judge_constant(function, values, module)


def _judge_method(function: Scope, module: Module) -> Rule | None:
    owner = function.parent
    typed = function.grammar.typed
    if owner is None or overrides(function) or is_interface(owner, module):
        return None
    if not promises_value(function, by_type=not typed) or not function.parameters:
        return None
    if not (function.docstring or (function.returns and not typed)):
        return None
    # Several methods that answer alike are the defaults of a base; so is a step that the class itself calls.
    alike = [child for child in owner.children if child.kind == "function" and _is_fixed(child)]
    single = len(alike) == 1 and not is_template_step(function) and not is_predicate(function)
    return STUB_RETURN if single else FIXED_ANSWER


def _is_fixed(function: Scope) -> bool:
    done = body_does(function)
    return Does.ANSWERS in done and done <= {Does.ANSWERS, Does.NOTHING, Does.TALKS}


def _judge_constant(function: Scope, values: list[str], module: Module) -> Rule | None:
    """Judge a function of a module that does not look at its arguments, if it has any."""
    blank = all(len(value) <= MAX_BLANK and _BLANK.fullmatch(value) for value in values)
    asks = _ASKS.match(function.plain_name) is not None
    if not function.parameters:
        return STUB_RETURN if asks and blank and function.docstring else None
    if is_whole_file(function, module):
        return STUB_RETURN
    if is_predicate(function):
        return FIXED_ANSWER
    by_type = not function.grammar.typed
    promised = promises_value(function, by_type=by_type) if function.docstring else promises_by_name(function) and blank
    return STUB_RETURN if promised or asks else FIXED_ANSWER
