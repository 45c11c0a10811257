"""What each rule of ruff weighs here."""

from assay.stage import Category, Severity

from services.stages.static.security_rules import PYTHON

SELECTED = ("F", "E9", "PLE0115", "PLE0117", "PLE0118", "PLE1142", "PLE1700", *PYTHON)
"""Pyflakes, the errors of Python's compiler that ruff has under names of their own, and what informs about security."""

COMPILER = frozenset(
    {"F404", "F406", "F407", "F621", "F622", "F701", "F702", "F704", "F706", "F707"}
    | {"PLE0115", "PLE0117", "PLE0118", "PLE1142", "PLE1700"}
)
"""Rules that say what Python's compiler refuses: the file cannot be used at all."""

_BEHAVIOR, _RUNTIME, _HALLUCINATION = Category.BEHAVIOR, Category.RUNTIME, Category.HALLUCINATION

WEIGHTS: dict[str, tuple[Category, Severity]] = {
    # Tidiness: complete code is full of it.
    "F401": (_BEHAVIOR, Severity.INFO),
    "F402": (_BEHAVIOR, Severity.INFO),
    "F403": (_BEHAVIOR, Severity.INFO),
    "F405": (_BEHAVIOR, Severity.INFO),
    "F504": (_BEHAVIOR, Severity.INFO),
    "F522": (_BEHAVIOR, Severity.INFO),
    "F541": (_BEHAVIOR, Severity.INFO),
    "F601": (_BEHAVIOR, Severity.INFO),
    "F602": (_BEHAVIOR, Severity.INFO),
    "F811": (_BEHAVIOR, Severity.INFO),
    "F822": (_HALLUCINATION, Severity.INFO),
    "F841": (_BEHAVIOR, Severity.INFO),
    "F842": (_BEHAVIOR, Severity.INFO),
    # Slips that change nothing, or little, of what the code does.
    "F523": (_BEHAVIOR, Severity.LOW),
    "F632": (_BEHAVIOR, Severity.LOW),
    "F722": (_BEHAVIOR, Severity.LOW),
    # Statements that are always true, or always raise once they are reached.
    "F501": (_RUNTIME, Severity.MEDIUM),
    "F502": (_RUNTIME, Severity.MEDIUM),
    "F503": (_RUNTIME, Severity.MEDIUM),
    "F505": (_RUNTIME, Severity.MEDIUM),
    "F506": (_RUNTIME, Severity.MEDIUM),
    "F507": (_RUNTIME, Severity.MEDIUM),
    "F508": (_RUNTIME, Severity.MEDIUM),
    "F509": (_RUNTIME, Severity.MEDIUM),
    "F521": (_RUNTIME, Severity.MEDIUM),
    "F524": (_RUNTIME, Severity.MEDIUM),
    "F525": (_RUNTIME, Severity.MEDIUM),
    "F631": (_BEHAVIOR, Severity.MEDIUM),
    "F633": (_RUNTIME, Severity.MEDIUM),
    "F634": (_BEHAVIOR, Severity.MEDIUM),
    "F823": (_RUNTIME, Severity.HIGH),
    "F901": (_RUNTIME, Severity.MEDIUM),
}
"""Category and severity by ruff's code; F821 has a module of its own, the compiler's errors are CRITICAL."""

UNLISTED = (Category.BEHAVIOR, Severity.INFO)
"""What a rule weighs that a later ruff adds."""
