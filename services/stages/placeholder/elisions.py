"""Code that was left out: "rest of the code unchanged", "... existing code ...", "handle the others similarly"."""

from collections.abc import Iterator

from assay.stage import Category, Finding, Severity

from services.stages.placeholder import phrases
from services.stages.placeholder.grammar import Kind
from services.stages.placeholder.scopes import Comment, Scope
from services.stages.placeholder.tree import Module
from services.stages.placeholder.work import Does, all_do, body_does
from services.stages.rules import Example, Rule

ELIDED = Rule(
    "placeholder/elided-code",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A comment stands for code that exists elsewhere, as in an answer that shows only what it changed. The file is "
    "not whole.",
    fires=(
        "def f(x):\n    y = x + 1\n    # ... existing code ...\n    return y\n",
        "def f(x):\n    y = x + 1\n    # rest of the code stays as before\n    return y\n",
        "def f(x):\n    y = x + 1\n    # [... snip ...]\n    return y\n",
        "class A:\n    x = 1\n\n    # ... other methods remain unchanged\n",
        "def f(x):\n    return x\n\n\n# The rest of the file is unchanged\n",
        'names = {\n    "DE": "Germany",\n    # ... add the remaining countries\n}\n',
        "def f(x):\n    # implementation omitted for brevity\n    return x + 1\n",
        Example("const a = 1;\n// ... existing code ...\nexport const b = a + 1;\n", "javascript"),
        Example("class A {\n  x = 1;\n\n  /* ... other methods remain unchanged ... */\n}\n", "typescript"),
        Example("<body>\n<!-- ... rest of the code remains the same ... -->\n</body>\n", "html"),
        Example("services:\n  web:\n    image: a\n  # ... rest of the services unchanged ...\n", "yaml"),
    ),
    passes=(
        "# Other methods\n\n\ndef f(x):\n    return x\n",
        "def f(x):\n    # The rest of the code relies on x being positive.\n    return x + 1\n",
        "# Read the header first ...\n# ... and the rest of the body below.\nx = 1\n",
        "def f(x):\n    # keep the existing entries\n    return x + 1\n",
        'x = "# ... existing code ..."\n',
        Example('export const join = (...parts) => [...parts].join("/");\n', "javascript"),
        Example("/* other standards ... */\nint a = 1;\n", "c"),
    ),
    confidence=0.95,
)

AND_SO_ON = Rule(
    "placeholder/and-so-on",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A comment says that more of the same should follow, and leaves it to the reader.",
    fires=(
        "def f(kind):\n    if kind == 'a':\n        return 1\n    # etc.\n\n\nx = 1\n",
        "def f(tokens):\n    for token in tokens:\n        if token == '+':\n            yield token\n"
        "        # handle the other tokens similarly\n",
        Example(
            "pub fn f(x: i32) -> i32 {\n    let y = x + 1;\n    // handle the other cases similarly\n    y\n}\n",
            "rust",
        ),
    ),
    passes=(
        "def f(x):\n    # numbers, strings, etc.\n    return x + 1\n",
        "def f(x):\n    # same as above\n    return x + 1\n",
        Example("package a\n\n// F sums numbers, strings, etc.\nfunc F(x int) int { return x + 1 }\n", "go"),
    ),
    confidence=0.9,
)

DOTS = Rule(
    "placeholder/dots",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "An ellipsis stands as a statement, or as a comment of its own, among statements that work: something was left "
    "out there. As the only body, as a value and in annotations it is not meant.",
    fires=(
        "def f(x):\n    y = x + 1\n    ...\n    return y * g(x)\n\n\ndef g(x):\n    return x * 2\n",
        "def f(x):\n    y = x + 1\n    # ...\n    return y * x\n",
        Example("export function f(x) {\n  const y = x + 1;\n  // ...\n  return y * x;\n}\n", "javascript"),
    ),
    passes=(
        "from typing import Callable\n\nx: Callable[..., int] = len\ny = [...]\nz = x[..., 0]\n",
        "def f(x):\n    if x:\n        ...\n    return x + 1\n",
        Example("export const f = (...xs: number[]): number[] => [...xs];\n", "typescript"),
    ),
    confidence=0.9,
)

MAX_WORDS = 120
"""Characters beyond which a comment tells something, rather than stands for something."""

RULES = (ELIDED, AND_SO_ON, DOTS)


def find(module: Module) -> Iterator[Finding]:
    """Yield where code was left out."""
    for comment in module.telling:
        rule = _rule(comment)
        if rule is not None:
            yield rule.finding("Code was left out here.", module.place(comment.node), suggestion="Write out all of it.")
    if not module.is_stub_file:
        for function in module.functions:
            yield from _dots(function, module)


def _rule(comment: Comment) -> Rule | None:
    words = comment.bare
    if len(words) > MAX_WORDS or comment.continues:
        return None
    if phrases.is_one_of(phrases.ELIDED, words) and not (comment.continued and _goes_on(comment)):
        return ELIDED
    return None if comment.continued else _rule_alone(comment, words)


def _rule_alone(comment: Comment, words: str) -> Rule | None:
    """Return the rule that a comment breaks which is no part of a longer one."""
    dotted = phrases.has_dots(comment.words)
    if phrases.is_one_of(phrases.OMITTED, words) or phrases.names_code_after_dots(comment.words):
        return ELIDED
    if dotted and not _is_heading(comment) and phrases.is_one_of(phrases.ELIDED_WITH_DOTS, words):
        return ELIDED
    if comment.beside:
        return None
    if phrases.is_one_of(phrases.LIKEWISE, words):
        return AND_SO_ON
    if all_do(comment.following, comment.scope.grammar) <= {Does.NOTHING} and phrases.is_one_of(
        phrases.AND_SO_ON, words
    ):
        return AND_SO_ON
    return DOTS if phrases.is_only_dots(comment.words) and comment.scope.kind == "function" else None


def _goes_on(comment: Comment) -> bool:
    """Say whether a comment only ends the sentence of the line above."""
    told = phrases.has_dots(comment.words) or phrases.STAYS.search(comment.bare)
    return comment.words[:1].islower() and not told


def _is_heading(comment: Comment) -> bool:
    """Say whether dots only end a title of what stands on the next line."""
    if comment.beside or not comment.following or phrases.leads_with_dots(comment.words):
        return False
    return comment.following[0].start_point.row == comment.node.end_point.row + 1


def _dots(function: Scope, module: Module) -> Iterator[Finding]:
    dots = [node for node in function.statements if function.grammar.kind(node) is Kind.DOTS]
    if dots and Does.WORKS in body_does(function):
        yield DOTS.finding("An ellipsis stands among the statements.", module.place(dots[0]))
