"""What can be wrong with an import, before it becomes a finding."""

from dataclasses import dataclass, field

from services.stages.rules import Rule
from services.stages.semantic.imports import Range


@dataclass(frozen=True, slots=True)
class Correction:
    """
    What was clearly meant.

    :param name: Stands in place of the name at fault.
    :param binds: The name that the rest of the file uses and that changes too, to `bound`; empty where none does.
    """

    name: str
    binds: str = ""
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing wrong with one import.

    :param subject: The module or member at fault; the same subject is reported once in a file.
    :param evidence: Entries without a value are left out of the finding.
    """

    rule: Rule
    subject: str
    range: Range
    message: str
    suggestion: str = ""
    correction: Correction | None = None
    evidence: dict[str, str] = field(default_factory=dict)
