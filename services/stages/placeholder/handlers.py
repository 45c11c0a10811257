"""Handlers that do nothing: errors that are caught and dropped."""

from collections.abc import Iterator

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.tree import Module, text
from services.stages.placeholder.work import Does, all_do
from services.stages.rules import Rule

SWALLOWED = Rule(
    "placeholder/swallowed-error",
    Category.PLACEHOLDER,
    Severity.INFO,
    "Every error is caught and dropped, without a word on why. A handler of particular errors may well be empty.",
    fires=(
        "def f(x):\n    try:\n        x.run()\n    except:\n        pass\n",
        "def f(x):\n    try:\n        x.run()\n    except Exception as error:\n        ...\n",
    ),
    passes=(
        "def f(x):\n    try:\n        x.close()\n    except OSError:\n        pass\n",
        "def f(x):\n    try:\n        x.close()\n    except Exception:\n        pass  # it is closed in any case\n",
        "def f(x):\n    try:\n        x.run()\n    except Exception:\n        x.stop()\n",
    ),
)

RULES = (SWALLOWED,)

_BROAD = ("", "Exception", "BaseException")


def find(module: Module) -> Iterator[Finding]:
    """Yield the handlers that drop every error."""
    for node in module.captures("(except_clause) @it"):
        blocks = [child for child in node.named_children if child.type == "block"]
        caught = next((child for child in node.named_children if child.type not in ("block", "comment")), None)
        name = text(caught).split(" as ")[0].strip() if caught is not None else ""
        remarked = b"#" in module.source.data[node.start_byte : module.source.line_end(node.end_byte)]
        if name in _BROAD and blocks and not remarked and all_do(blocks[0].named_children) <= {Does.NOTHING}:
            yield SWALLOWED.finding("Every error is caught and dropped.", module.place(node))
