"""Rules about what was asked for: that it is there, can be called as it was shown, and answers."""

from assay.stage import Category, Severity

from services.stages.rules import Example, Rule

_STUB = (
    'def mean(values: list[float]) -> float:\n    """Return the mean.\n\n    >>> mean([1.0, 3.0])\n    2.0\n    """\n'
)
_NAMED = "Write a function `slug(text)` that turns a title into a slug."


def _py(text: str, specification: str) -> Example:
    return Example(text, "python", specification=specification)


def _js(text: str, specification: str) -> Example:
    return Example(text, "javascript", specification=specification)


MISSING_ENTRY = Rule(
    "semantic/missing-entry-point",
    Category.SPECIFICATION,
    Severity.HIGH,
    "The specification shows the function that is to be written, as code without a body, and nothing in the candidate "
    "has that name: it is neither defined, nor assigned, nor imported. Code that only continues what the "
    "specification began is not meant.",
    fires=(
        _py("def average(values):\n    return sum(values) / len(values)\n", _STUB),
        _js(
            "const addAll = (numbers) => numbers.reduce((a, b) => a + b, 0);\n",
            "/** Adds. */\nfunction sumOf(numbers) {\n",
        ),
    ),
    passes=(
        _py("def mean(values):\n    return sum(values) / len(values)\n", _STUB),
        _py("    total = sum(values)\n    return total / len(values)\n", _STUB),
        _py("from statistics import fmean as mean\n", _STUB),
        _py("class Maths:\n    def mean(self, values):\n        return sum(values) / len(values)\n", _STUB),
        _js("exports.sumOf = (numbers) => numbers.length;\n", "/** Adds. */\nfunction sumOf(numbers) {\n"),
    ),
    confidence=0.9,
)

MISSING_NAME = Rule(
    "semantic/missing-named-function",
    Category.SPECIFICATION,
    Severity.MEDIUM,
    "The specification asks in words for a function, class or method of a name that nothing in the candidate has.",
    fires=(
        _py("def make_slug(text):\n    return text.lower().replace(' ', '-')\n", _NAMED),
        _js("const one = (text) => text.trim();\n", "Implement a function called slugify."),
    ),
    passes=(
        _py("def slug(text):\n    return text.lower().replace(' ', '-')\n", _NAMED),
        _py("def total(xs):\n    return sum(xs)\n", "Write a function that returns the sum of a list."),
        _py("import sys\nprint(sum(map(int, sys.stdin.read().split())))\n", "Write a program that adds numbers."),
    ),
    confidence=0.7,
)

CANNOT_BE_CALLED = Rule(
    "semantic/uncallable-as-specified",
    Category.SPECIFICATION,
    Severity.HIGH,
    "The specification shows how the function is called, and the function as it is written cannot be called so: every "
    "such call raises a TypeError. Where the specification's own signature does not fit its examples, nothing is "
    "said.",
    fires=(
        _py("def mean(values, weights):\n    return sum(values) / sum(weights)\n", _STUB),
        _py("def slug():\n    return input().lower()\n", _NAMED + "\n\nassert slug('A b') == 'a-b'\n"),
    ),
    passes=(
        _py("def mean(values, weights=None):\n    return sum(values) / len(weights or values)\n", _STUB),
        _py("def mean(*values):\n    return sum(values[0]) / len(values[0])\n", _STUB),
        _py("import functools\n\n\n@functools.cache\ndef mean(values, n):\n    return values[n]\n", _STUB),
        _js(
            "const mean = (values, weights) => values.length;\n",
            "/*\n>>> mean([1])\n1\n*/\nconst mean = (values) => {\n",
        ),
    ),
    confidence=0.9,
)

OTHER_SIGNATURE = Rule(
    "semantic/other-signature",
    Category.SPECIFICATION,
    Severity.MEDIUM,
    "The function takes another number of arguments than the specification's signature gives it, or, in JavaScript, "
    "fewer than the specification passes to it.",
    fires=(
        _py(
            "def slug(text, language):\n    return text.lower() + language\n",
            "```python\ndef slug(text):\n    ...\n```",
        ),
        _js("function area(side) {\n  return side * side;\n}\n", "/** >>> area(2, 3)\n6 */\nfunction area(w, h) {\n"),
    ),
    passes=(
        _py("def slug(title):\n    return title.lower()\n", "```python\ndef slug(text):\n    ...\n```"),
        _js("function area(...sides) {\n  return sides[0] * sides[1];\n}\n", "/** Area. */\nfunction area(w, h) {\n"),
    ),
    confidence=0.7,
)

NEVER_RETURNS = Rule(
    "semantic/never-returns",
    Category.SPECIFICATION,
    Severity.HIGH,
    "The specification shows what comes out of the function, by its annotation or by an example, and the function has "
    "no way to return a value. A function that prints is not judged by examples that may show what it prints, and a "
    "body that only says that it is missing is another rule's.",
    fires=(
        _py("def mean(values):\n    total = 0\n    for value in values:\n        total += value\n", _STUB),
        _js(
            "function area(w, h) {\n  const size = w * h;\n}\n",
            "Write `area(w, h)`.\n\n```js\nfunction area(w, h) {}\n```\n\n`area(2, 3) === 6`\n",
        ),
    ),
    passes=(
        _py("def mean(values):\n    yield sum(values) / len(values)\n", _STUB),
        _py("def mean(values):\n    pass\n", _STUB),
        _py("def show(text):\n    print(text)\n", 'def show(text):\n    """\n    >>> show(1)\n    1\n    """\n'),
        _js("const area = (w, h) => w * h;\n", "/** >>> area(2, 3)\n6 */\nconst area = (w, h) => {\n"),
    ),
    confidence=0.9,
)

MAY_NEVER_RETURN = Rule(
    "semantic/asked-to-return",
    Category.SPECIFICATION,
    Severity.MEDIUM,
    "The specification speaks of what is to be returned, and the function has no way to return a value.",
    fires=(_py("def slug(text):\n    text = text.lower()\n", "Write a function `slug(text)` that returns a slug."),),
    passes=(
        _py("def slug(text):\n    return text.lower()\n", "Write a function `slug(text)` that returns a slug."),
        _py("def mix(xs):\n    xs.reverse()\n", "Write a function `mix(xs)`. Sort in place, do not return anything."),
    ),
    confidence=0.6,
)

RULES = (MISSING_ENTRY, MISSING_NAME, CANNOT_BE_CALLED, OTHER_SIGNATURE, NEVER_RETURNS, MAY_NEVER_RETURN)
