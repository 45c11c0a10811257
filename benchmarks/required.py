"""What is required of the reading stages over the labelled records, and whether it is reached."""

import ast
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import tree_sitter_language_pack

from benchmarks.corpus import Record
from benchmarks.figures import false_positives, recall
from benchmarks.intervals import Proportion
from benchmarks.judged import Judged

PLACEHOLDERS = frozenset({"placeholder_stub", "placeholder_comment", "elision"})

HALLUCINATED = frozenset(
    {
        "hallucinated_package",
        "hallucinated_import_member",
        "hallucinated_attribute",
        "hallucinated_kwarg",
        "hallucinated_object",
        "wrong_attribute",
    }
)

BETTER_BY = 0.05
"""By how much the recall over what is made up is to be greater than that of the best peer."""


def does_not_parse(record: Record) -> bool:
    """
    Whether a parser refuses the code: CPython's for Python, tree-sitter's for other languages.

    Of cut-off records only these can be told by their syntax.
    """
    return _refused(record.language, record.source.content)


@cache
def _refused(language: str, content: bytes) -> bool:
    if language == "python":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                ast.parse(content)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return True
        return False
    try:
        parser = tree_sitter_language_pack.get_parser(language)  # type: ignore[arg-type]
    except LookupError:
        return False
    return parser.parse(content).root_node.has_error


@dataclass(frozen=True, slots=True)
class Group:
    """
    A figure with a bound.

    :param holds: Which records it is over.
    :param measure: Recall or the false-positive rate.
    :param bound: The least recall, or the greatest rate; None where it is relative to the peers.
    """

    name: str
    holds: Callable[[Record], bool]
    measure: Callable[[Sequence[Judged]], Proportion]
    bound: float | None

    def of(self, judged: Sequence[Judged]) -> Proportion:
        """Return the figure."""
        return self.measure([row for row in judged if self.holds(row.record)])


MADE_UP = Group("recall: packages, members, attributes, arguments", lambda r: r.kind in HALLUCINATED, recall, None)
ALARMS = Group("false positives", lambda r: not r.positive, false_positives, 0.015)

GROUPS = (
    ALARMS,
    Group("false positives: hard negatives", lambda r: r.hard_negative, false_positives, 0.02),
    Group("recall: placeholders and elisions", lambda r: r.kind in PLACEHOLDERS, recall, 0.90),
    Group("recall: syntax_error", lambda r: r.kind == "syntax_error", recall, 0.97),
    Group("recall: truncated, does not parse", lambda r: r.kind == "truncated" and does_not_parse(r), recall, 0.97),
    Group("recall: undefined_name", lambda r: r.kind == "undefined_name", recall, 0.95),
    MADE_UP,
)


def required(judged: Sequence[Judged], peers: Mapping[str, Sequence[Judged]]) -> list[dict[str, Any]]:
    """
    Return every group's figure with its bound, and whether it is met; None where nothing was measured.

    :param peers: What the peers reported, over the records that they can read, by name. Without them the group that is
        measured beside them has no bound.
    """
    rows = [_row(group, group.of(judged), group.bound) for group in GROUPS if group is not MADE_UP]
    return rows + _beside(judged, peers)


def _row(group: Group, figure: Proportion, bound: float | None, **more: object) -> dict[str, Any]:
    met = None
    if bound is not None and figure.value is not None:
        met = figure.value >= bound if group.measure is recall else figure.value <= bound
    return {"name": group.name, **figure.as_json(), "required": bound, "met": met, **more}


def _beside(judged: Sequence[Judged], peers: Mapping[str, Sequence[Judged]]) -> list[dict[str, Any]]:
    """
    Return two rows for each peer, the best first, over the records that it can read: the made-up group against its
    recall, and the false alarms against its own. What is required is both rows of the best.
    """
    if not peers:
        return [_row(MADE_UP, MADE_UP.of(judged), None)]
    rows = []
    for name in sorted(peers, key=lambda name: _merit(peers[name]), reverse=True):
        shared = {row.record.id for row in peers[name]}
        ours = [row for row in judged if row.record.id in shared]
        least = min(1.0, (MADE_UP.of(peers[name]).value or 0.0) + BETTER_BY)
        rows.append(_row(MADE_UP, MADE_UP.of(ours), round(least, 4), peer=name))
        rows.append(_row(ALARMS, ALARMS.of(ours), ALARMS.of(peers[name]).value, peer=name))
    return rows


def _merit(judged: Sequence[Judged]) -> tuple[float, float]:
    """Return what makes a peer the best: its recall over what is made up, then its fewer false alarms."""
    return MADE_UP.of(judged).value or 0.0, -(ALARMS.of(judged).value or 0.0)
