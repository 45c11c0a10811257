"""Judges one Python file. Runs in a worker process."""

from assay.stage import Finding

from services.stages.lexer import scan
from services.stages.placeholder.catalog import FAMILIES
from services.stages.placeholder.tree import parse
from services.stages.rules import in_order
from services.stages.source import UnreadableSource, decode


def check(content: bytes, path: str, specification: str = "") -> tuple[Finding, ...]:
    """
    Return the placeholders of one file, in the order of the source.

    :param specification: What the code was asked to do: a constant that was asked for is no stub.

    Bytes that are no text, and brackets deeper than Python allows, have none: the static stage says what they are.
    """
    try:
        source = decode(content, path)
    except UnreadableSource:
        return ()
    if scan(source.data).too_deep >= 0:
        return ()
    module = parse(source, specification)
    return in_order(finding for family in FAMILIES for finding in family.find(module))
