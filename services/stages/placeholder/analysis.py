"""Judges one Python file. Runs in a worker process."""

from assay.stage import Finding

from services.stages.placeholder import bodies, comments, elisions, handlers, mocks, returns, tokens
from services.stages.placeholder.tree import parse
from services.stages.rules import in_order
from services.stages.source import UnreadableSource, decode

FAMILIES = (comments, elisions, bodies, returns, mocks, tokens, handlers)
"""Modules that each have RULES and find(module)."""


def check(content: bytes, path: str) -> tuple[Finding, ...]:
    """
    Return the placeholders of one file, in the order of the source.

    Bytes that are no text have none: that they are not source the static stage says.
    """
    try:
        source = decode(content, path)
    except UnreadableSource:
        return ()
    module = parse(source)
    return in_order(finding for family in FAMILIES for finding in family.find(module))
