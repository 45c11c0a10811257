"""Rules about names that nothing defines (ruff's F821), by how surely their use fails."""

from assay.stage import Category, Severity

from services.stages.rules import Rule

UNDEFINED = Rule(
    "static/undefined-name",
    Category.HALLUCINATION,
    Severity.HIGH,
    "The code uses a name that it neither defines nor imports and that Python does not have: reaching the line raises "
    "NameError. Mostly an import was forgotten, or a function is called that was never written.",
    fires=(
        "def f(x):\n    return re.sub('a', 'b', x)\n",
        "def f(xs: List[int]) -> int:\n    return sum(xs)\n",
        "def total(values):\n    return sum(valeus)\n",
        "def f():\n    return helper()\n",
        "x = 1\nprint(y)  # noqa: F821\n",
        "def last(xs):\n    for x in xs:\n        if sum_ > 3:\n            break\n        sum_ = x\n    return sum_\n",
    ),
    passes=(
        "def f():\n    return later()\n\n\ndef later():\n    return __file__\n",
        "try:\n    unicode\nexcept NameError:\n    unicode = str\n",
        "from os.path import *\n\nprint(join('a', 'b'))\n",
        "def f(n):\n    if (m := n) > 1:\n        return m\n    return [m for m in range(n)]\n",
        "class A:\n    def f(self) -> 'A':\n        return __class__()\n",
    ),
)

UNSURE = Rule(
    "static/possibly-undefined-name",
    Category.HALLUCINATION,
    Severity.INFO,
    "Nothing that can be read defines the name, but something may: a framework that injects it, code that writes to "
    "globals(), a branch for another version of Python, a definition that is deleted after its last use, an earlier "
    "turn of the loop.",
    fires=(
        "globals().update(vars(settings_module()))\n\n\ndef settings_module():\n    return DEBUG\n",
        "print(_('hello'))\n",
        "names = globals()\nfor name in ('A', 'B'):\n    names[name] = 1\n\n\ndef f():\n    return A\n",
        "day = 1\nshown = str(day)\n\n\ndef f():\n    return day\n\n\nf()\ndel day\n",
        "import enum\n\n\n@enum.global_enum\nclass Flag(enum.IntFlag):\n    DEBUG = 1\n\n\nprint(DEBUG)\n",
        "import sys\n\nif sys.version_info < (3,):\n    text = unicode\nelse:\n    text = str\n",
        "def runs(xs):\n    first = True\n    for x in xs:\n        if not first:\n            yield x - before\n"
        "        first = False\n        before = x\n",
    ),
    passes=("import gettext\n\n_ = gettext.gettext\nprint(_('hello'))\n",),
)

ANNOTATION = Rule(
    "static/undefined-annotation",
    Category.HALLUCINATION,
    Severity.LOW,
    "An annotation names a type that nothing defines, where Python never evaluates it: in quotes, on a local "
    "variable, or postponed (PEP 563, PEP 649). The code runs; a type checker or a framework that reads it does not.",
    fires=(
        "def f(x: 'Tree') -> int:\n    return x.size\n",
        "def f(x):\n    total: Decimal = x\n    return total\n",
        "from __future__ import annotations\n\n\ndef f(x: Tree) -> int:\n    return x.size\n",
    ),
    passes=("class Tree:\n    size = 1\n\n\ndef f(x: 'Tree') -> int:\n    return x.size\n",),
)

INJECTED = frozenset(
    {"_", "N_", "ngettext", "__path__", "__class__", "reveal_type", "reveal_locals", "get_ipython", "display"}
    | {"spark", "sc", "sqlContext", "dbutils", "ic", "profile", "Application"}
)
"""Names that gettext.install, type checkers, notebooks and profilers put where the file does not show it."""
