"""What the new version says of the schema that there is, and whether the version that runs can work on what comes."""

import re

from cli.diagnosis import Ill

_ANSWER = re.compile(r"the schema is (?P<has>\w+)(?:, and `assay migrate` makes it (?P<wants>\w+))?")
"""The last line of `assay migrate --check`."""

NONE = "none"

_DIGITS = 4
"""How many characters of a revision say what it contracts to; what follows them only adds (docs/deploying.md)."""


def looked_at(answer: str, *, running: bool) -> str:
    """
    Return what is to be said of the way from one schema to the other.

    :param answer: What `assay migrate --check` of the new version ended with.
    :param running: Whether a version runs that has to work on the new schema.
    :raises Ill: It answered something else, or the version that runs could not work on the new schema.
    """
    found = _ANSWER.fullmatch(answer.strip())
    if found is None:
        raise Ill(f"the new version said of the schema: {answer.strip()}", "see docs/database.md")
    has, wants = found["has"], found["wants"]
    if wants is None:
        return f"it is {has}, as the new version needs it"
    if running and has != NONE and has[:_DIGITS] != wants[:_DIGITS]:
        raise Ill(
            f"it would go from {has} to {wants}, on which the version that runs cannot work",
            "stop the suite first, and take a copy to go back to: docs/operations.md, Upgrade",
        )
    return f"it goes from {has} to {wants}"
