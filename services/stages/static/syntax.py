"""Syntax errors, and the files that merely stop."""

from assay.stage import Category, Finding, Severity

from services.stages.lexer import Scan
from services.stages.rules import Example, Rule
from services.stages.source import Source
from services.stages.static.lint_rules import COMPILER
from services.stages.static.linter import SYNTAX, Diagnostic

SYNTAX_ERROR = Rule(
    "static/syntax-error",
    Category.SYNTAX,
    Severity.CRITICAL,
    "The file is not a program of the candidate's version of Python: it cannot be imported or run. What the compiler "
    "refuses after parsing (a return outside a function, a nonlocal name without a binding) is meant too.",
    fires=(
        "def f(x)\n    return x\n",
        "if x = 1:\n    pass\n",
        "def f():\n    x = 1\n      y = 2\n",
        "print 'hello'\n",
        "return 1\n",
        "def f():\n    nonlocal x\n",
        "def f(a, a):\n    pass\n",
        "def f(x:\n    return x\n\n\ny = 1\n",
    ),
    passes=(
        "x = 1\nmatch x:\n    case 1:\n        pass\n",
        "type X = int\n\n\ndef f[T](x: T) -> T:\n    return x\n",
        "try:\n    pass\nexcept* ValueError:\n    pass\n",
        'x = f"{\'a\' + "b"}"\n',
        "async def f(y):\n    return [x async for x in y]\n",
        "\x0cclass A:\r\n\tx = 1\r\n",
    ),
)

CUT_OFF = Rule(
    "static/cut-off",
    Category.TRUNCATION,
    Severity.CRITICAL,
    "The file ends before the program does: in the middle of a statement, a bracket or a string, or before the body "
    "of a function. This is what a generator leaves behind that ran out of its tokens.",
    fires=(
        "def f(xs):\n    return sum(\n",
        "def f():\n",
        "class A:\n    def f(self):\n        # later\n",
        'def f():\n    """Return the\n',
        'print("total is',
        "for x in",
        "x =\n",
        "rows = {\n    'a': 1,\n",
        'print(f"total {x',
        "if x:\n    y = 1\nelse:",
        "try:\n    x = 1\n",
        "@decorator\n",
        "from os import (path,\n",
    ),
    passes=("def f():\n    pass", "x = (\n    1\n)", 'x = """a\nb"""', "x = 1  # and so on ("),
)


DOUBTFUL = Rule(
    "static/possible-syntax-error",
    Category.SYNTAX,
    Severity.LOW,
    "The parser does not understand a place in a language where it need not: C and C++ have macros, the shell has its "
    "quoting, declaration files of TypeScript have forms of their own. Brackets and strings are whole, so this rejects "
    "nothing.",
    fires=(Example("int x = = 3;\n", "c"),),
    passes=(Example("int x = 3;\n", "c"),),
    confidence=0.4,
)


def compiler_errors(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Return the errors for which Python refuses the file, in the order of the source."""
    found = (item for item in diagnostics if item.code == SYNTAX or item.code in COMPILER)
    return tuple(sorted(found, key=lambda item: (item.location.start_line, item.location.start_column)))


def syntax_error(error: Diagnostic, source: Source, scan: Scan, minor: int) -> Finding:
    """Return the finding for the first error; those that follow it are mostly its echo."""
    text = error.message.rstrip(".")
    if is_cut_off(error, source, scan):
        return CUT_OFF.finding(f"The file ends before the program does: {text}.", error.location)
    return SYNTAX_ERROR.finding(f"This is not Python 3.{minor}: {text}.", error.location)


def is_cut_off(error: Diagnostic, source: Source, scan: Scan) -> bool:
    """Say whether an error means that the file stops, rather than goes wrong."""
    if error.code != SYNTAX:
        return False
    start = source.offset(error.location.start_line, error.location.start_column)
    if start >= scan.end:
        return True
    # A string that is opened last and never closed swallows the rest. Quotes with nothing after them are a slip.
    opened = scan.open_string >= 0 and bool(scan.open_text.strip())
    last = source.position(scan.end)[0]
    begins = source.position(scan.open_string)[0] if opened else -1
    runs_out = opened and (source.data.startswith((b'"""', b"'''"), scan.open_string) or begins == last)
    return runs_out and begins <= error.location.start_line
