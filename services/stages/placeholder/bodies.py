"""Bodies without work: empty ones, and those that raise or print that they were not written."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.design import (
    is_by_design,
    is_double,
    is_entry,
    is_fallback,
    is_full_of_refusals,
    is_hook,
    is_plainly_decorated,
    is_template_step,
    overrides,
    says_subclass,
    says_unsupported,
)
from services.stages.placeholder.grammar import Kind
from services.stages.placeholder.promises import is_whole_file, promises_value
from services.stages.placeholder.refusals import UNWRITTEN, refusal, told
from services.stages.placeholder.scopes import Scope
from services.stages.placeholder.tree import Module
from services.stages.placeholder.values import unwrapped
from services.stages.placeholder.work import Does, body_does
from services.stages.rules import Example, Rule

if TYPE_CHECKING:
    from tree_sitter import Node

EMPTY_BODY = Rule(
    "placeholder/empty-body",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A function promises work by its docstring, its return type or its name, and its body is `pass`, `...` or the "
    "docstring alone. What is empty by design is not meant: abstract methods, protocols, overloads, hooks, test "
    "doubles, fallbacks, functions that say they do nothing.",
    fires=(
        'def area(shape):\n    """Return the area of a shape."""\n    pass\n',
        "def parse(line: str) -> dict:\n    ...\n",
        'def send(message, address):\n    """Send a message to an address."""\n',
        "def compute_total(rows):\n    pass\n",
        "class Store:\n    def load(self, key):\n        pass\n\n    def save(self, key, value):\n        pass\n",
        'class Money:\n    def convert(self, rate):\n        """Return it at a rate."""\n\n    def __str__(self):\n'
        "        return '1'\n",
        "async def fetch(url: str) -> bytes:\n    ...\n",
        Example("/** Calculates the total of an order. */\nfunction total(order) {}\n", "javascript"),
        Example(
            "package a\n\n// Send delivers a message to an address.\nfunc Send(message, address string) {\n}\n",
            "go",
        ),
        Example("<?php\nfunction parse_rows(string $text): array\n{\n}\n", "php"),
    ),
    passes=(
        'def size(n):\n    """Return the next size that is quick."""\n\n\nsize = cached(quick_size)\n',
        'def _solve_newton_doc():\n    """\n    Options of the method: tol, a float.\n    """\n',
        "def _total_dummy(*args):\n    raise NotImplementedError('call one of the overloads')\n",
        "from abc import ABC, abstractmethod\n\n\nclass Shape(ABC):\n    @abstractmethod\n"
        "    def area(self) -> float:\n"
        '        """Return the area."""\n',
        "from typing import Protocol\n\n\nclass Reader(Protocol):\n    def read(self, size: int) -> bytes: ...\n",
        "from typing import overload\n\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\n"
        "def f(x):\n    return x * 2\n",
        'class ParseError(ValueError):\n    """A line that does not parse."""\n',
        "def ignore(*args):\n    pass\n",
        "class Walker:\n    def visit(self, node):\n        self.visit_name(node)\n\n    def visit_name(self, node):\n"
        "        pass\n",
        "class Server:\n    def __enter__(self):\n        return self\n\n    def __exit__(self, *exc):\n        pass\n",
        "try:\n    from fast import join\nexcept ImportError:\n    def join(a, b):\n        pass\n",
        "class NullWriter:\n    def write(self, text: str) -> int:\n        pass\n",
        "class BaseTask:\n    def get_result(self):\n        pass\n",
        'import click\n\n\n@click.group()\ndef cli():\n    """Manage the store."""\n',
        "class Shape:\n    def area(self) -> float:\n        ...\n\n\nclass Square(Shape):\n"
        "    def area(self) -> float:\n"
        "        return 4.0\n",
        'def close(handle):\n    """Does nothing: the handle closes itself."""\n',
        Example("interface Visitor {\n    default void leave(Object node) {}\n}\n", "java"),
        Example("struct A {\n    A() {}\n    virtual void resized(int width) {}\n};\n", "cpp"),
        Example("function noop() {}\nexport const on = (f = () => {}) => f ?? noop;\n", "javascript"),
        Example("static void ignore(int signal) { (void)signal; }\n", "c"),
    ),
)

NOT_IMPLEMENTED = Rule(
    "placeholder/not-implemented",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "All that a function does is to raise NotImplementedError, or another error that says it was not written. "
    "Methods that a derived class fills in, the base of a single dispatch, and operations that are refused for good "
    "are not meant.",
    fires=(
        "def invert(matrix):\n    raise NotImplementedError\n",
        'def save(rows):\n    raise NotImplementedError("Saving is not implemented")\n',
        'def load(path):\n    raise Exception("not implemented yet")\n',
        'def load(path):\n    assert False, "TODO"\n',
        'def parse(text):\n    print("parsing")\n    raise NotImplementedError()\n',
        "class Bank:\n    def __init__(self):\n        self.rows = []\n\n    def pay(self, amount):\n"
        '        raise NotImplementedError("pay is not implemented yet")\n\n    def total(self):\n'
        "        return sum(self.rows)\n",
        Example('function debounce(f, wait) {\n  throw new Error("Not implemented");\n}\n', "javascript"),
        Example('package a\n\nfunc Encode(data []byte) []byte {\n\tpanic("not implemented")\n}\n', "go"),
        Example("pub fn invert(x: &[f64]) -> Vec<f64> {\n    todo!()\n}\n", "rust"),
        Example(
            "class A {\n"
            '    static int f(int x) { throw new UnsupportedOperationException("Not implemented yet"); }\n}\n',
            "java",
        ),
        Example("def convert(amount)\n  raise NotImplementedError\nend\n", "ruby"),
        Example(
            '<?php\nfunction load(string $path): array\n{\n    throw new Exception("Not implemented");\n}\n',
            "php",
        ),
    ),
    passes=(
        "class Shape:\n    def area(self):\n        raise NotImplementedError\n",
        "class Codec:\n    def decode(self, data):\n"
        '        raise NotImplementedError("subclasses must provide decode()")\n'
        "\n    def name(self):\n        return 'codec'\n",
        "class Filter:\n    def run(self, rows):\n        return [self._keep(row) for row in rows]\n\n"
        "    def _keep(self, row):\n        raise NotImplementedError\n",
        "from functools import singledispatch\n\n\n@singledispatch\ndef show(value):\n    raise NotImplementedError\n",
        "def root(n, k):\n    if k > 2:\n        raise NotImplementedError\n    return n ** (1 / k)\n",
        "class A:\n    def __lt__(self, other):\n        return NotImplemented\n",
        'def fork():\n    raise NotImplementedError("fork is not supported on this platform")\n',
        Example(
            "class Fixed extends java.util.AbstractList<String> {\n"
            '    public String get(int index) { return "x" + index; }\n\n    public int size() { return 3; }\n\n'
            "    public void clear() { throw new UnsupportedOperationException(); }\n}\n",
            "java",
        ),
        Example(
            "pub fn f(x: u8) -> u8 {\n    match x % 2 {\n        0 => 1,\n        1 => 2,\n"
            "        _ => unreachable!(),\n    }\n}\n",
            "rust",
        ),
        Example(
            'package a\n\nimport "errors"\n\ntype UnimplementedServer struct{}\n\n'
            'func (UnimplementedServer) Hello() error { return errors.New("method Hello not implemented") }\n',
            "go",
        ),
    ),
)

ONLY_TALK = Rule(
    "placeholder/only-talk",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "All that a function does is to print or log that its work is still to be done.",
    fires=(
        'def encode(text):\n    """Encode a text."""\n    print("TODO: encode")\n',
        'import logging\n\n\ndef pay(order):\n    logging.warning("pay is not implemented")\n',
        Example('function save(rows) {\n  console.log("TODO: save the rows");\n}\n', "javascript"),
        Example(
            '#include <iostream>\nvoid save(const char* path) {\n    std::cout << "TODO: save" << std::endl;\n}\n',
            "cpp",
        ),
        Example('restore() {\n    echo "restore is not implemented" >&2\n    return 1\n}\n', "bash"),
    ),
    passes=(
        'def greet():\n    print("hello")\n',
        'def show(todo):\n    print(f"TODO: {todo.title}")\n',
        Example('class A {\n    void greet() { System.out.println("hello"); }\n}\n', "java"),
    ),
)

QUIET_BODY = Rule(
    "placeholder/quiet-body",
    Category.PLACEHOLDER,
    Severity.LOW,
    "A function or method is empty, or refuses, and nothing says whether that is meant.",
    fires=(
        "def refresh():\n    pass\n\n\ndef one():\n    return 1\n",
        "class Panel(Widget):\n    def paint(self, canvas):\n        pass\n",
        Example("class Panel extends Widget {\n  paint(canvas) {}\n}\n", "javascript"),
    ),
    passes=(
        "def ignore(event):\n    pass\n",
        Example("<?php\nfunction noop(): void {}\n", "php"),
    ),
    confidence=0.5,
)

RULES = (EMPTY_BODY, NOT_IMPLEMENTED, ONLY_TALK, QUIET_BODY)

TELLING = 25
"""Characters from which a docstring says something of its function."""

_LATER = re.compile(
    r"\byet\b|\bTODO\b|\bFIXME\b|\bimplement(?:ation)? (?:me|this|needed|required|pending)\b", re.IGNORECASE
)
"""Words with which a refusal says that it is to be replaced; a derived class may refuse an operation for good."""

_OF_WORK = re.compile(r"^\W*TODO\b|\bunimplemented\b|\bnot (?:yet )?implemented\b|\bimplement me\b")


def find(module: Module) -> Iterator[Finding]:
    """Yield what the bodies of functions lack."""
    for function in module.functions:
        if function.blocks:
            yield from _function(function, module)


def _function(function: Scope, module: Module) -> Iterator[Finding]:
    done = body_does(function)
    rule, message, talk = None, "", None
    if done <= {Does.NOTHING}:
        rule = _judge_empty(function, module)
        message = f"The body of {function.name!r} is empty."
    elif Does.REFUSES in done and Does.WORKS not in done:
        rule = _judge_refusal(function, module)
        message = f"All that {function.name!r} does is to say that it is not implemented."
    elif Does.TALKS in done and Does.WORKS not in done:
        talk = _talk_of_work(function, module)
        rule = ONLY_TALK if talk is not None else None
        message = f"All that {function.name!r} does is to print that its work is to be done."
    if rule is not None:
        shown = talk or (function.statements[-1] if function.statements else function.name_node)
        yield rule.finding(message, module.place(shown), suggestion="Write the body, or remove it.")


def _judge_empty(function: Scope, module: Module) -> Rule | None:
    if is_by_design(function, module) or is_entry(function):
        return None
    if not is_plainly_decorated(function):
        return QUIET_BODY
    promised = promises_value(function)
    if function.is_method:
        return EMPTY_BODY if promised and not _is_step(function) else QUIET_BODY
    nested = any(scope.kind == "function" for scope in function.around())
    explained = not function.docstring or len(function.docstring) >= TELLING
    given = bool(function.parameters) and not function.grammar.loose
    expected = (given or bool(function.docstring)) and explained and not is_hook(function)
    if _is_quiet_on_purpose(function, module) or (
        function.bound and not given and not (promised and function.docstring)
    ):
        return QUIET_BODY
    if promised or is_whole_file(function, module) or (expected and not nested):
        return EMPTY_BODY
    return QUIET_BODY


def _is_quiet_on_purpose(function: Scope, module: Module) -> bool:
    """
    Say whether an empty function is a callback: handed on under the name of a hook, or with a body that says of its
    arguments that they are not used, as C does with a cast.
    """
    grammar = function.grammar
    casts = any(grammar.kind(unwrapped(node, grammar)) is Kind.VOID for node in function.statements)
    return casts or (is_hook(function) and function.name in module.handed_on)


def _is_step(function: Scope) -> bool:
    """Say whether an empty method may be left to derived classes, though only the shape of its class says so."""
    return overrides(function) or is_template_step(function)


def _judge_refusal(function: Scope, module: Module) -> Rule | None:
    refusals = (refusal(statement, function.grammar) for statement in function.statements)
    message = next((message for message in refusals if message is not None), "")
    if is_by_design(function, module) or (function.is_method and says_subclass(message)) or says_unsupported(message):
        return None
    if not is_plainly_decorated(function):
        return QUIET_BODY
    return _judge_refusing_method(function, message, module) if function.is_method else NOT_IMPLEMENTED


def _judge_refusing_method(function: Scope, message: str, module: Module) -> Rule | None:
    step, heir = is_template_step(function), overrides(function)
    later = not step and (_LATER if heir else UNWRITTEN).search(f"{message} {module.comments_of(function)}")
    promised = not heir and promises_value(function)
    if later or (promised and function.docstring and is_whole_file(function, module)):
        return NOT_IMPLEMENTED
    if step or is_full_of_refusals(function.parent):
        return None
    return NOT_IMPLEMENTED if promised else QUIET_BODY


def _talk_of_work(function: Scope, module: Module) -> "Node | None":
    """Return what prints, if a function does, a text that speaks of work to be done."""
    if is_double(function, module) or is_fallback(function):
        return None
    for node in function.statements:
        text = told(node, function.grammar)
        if _OF_WORK.search(text) and not says_unsupported(text):
            return node
    return None
