"""What can be wrong with an import, before it becomes a finding."""

from dataclasses import dataclass, field

from assay.stage import Severity

from services.stages.semantic.imports import Guard, Place


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing wrong with one import.

    :param rule: The last part of the rule's id, "unknown-package".
    :param subject: The module or member at fault; the same subject is reported once in a file.
    :param instead: The one name that was clearly meant, in place of what stands at `place`.
    :param binds: The name in the file that changes with it; empty where none does.
    """

    rule: str
    severity: Severity
    subject: str
    place: Place
    message: str
    confidence: float = 1.0
    suggestion: str = ""
    instead: str = ""
    binds: str = ""
    evidence: dict[str, str] = field(default_factory=dict)


def softened(severity: Severity, guard: Guard) -> Severity:
    """Return how much a missing module matters where the code provides for its absence."""
    match guard:
        case Guard.OPTIONAL:
            return min(severity, Severity.LOW)
        case Guard.TYPES | Guard.CONDITION:
            return min(severity, Severity.MEDIUM)
        case _:
            return severity


def root_place(place: Place, root: str) -> Place:
    """Narrow the place of a dotted name to its first part."""
    return Place(place.start_line, place.start_column, place.start_line, place.start_column + len(root))
