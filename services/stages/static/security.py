"""Finds the dangerous calls of a file by the queries of its language. Runs in a worker process."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from assay.stage import Finding

from services.stages.rules import Rule
from services.stages.source import Source
from services.stages.static.security_queries import QUERIES
from services.stages.static.security_rules import HARD_CODED, SHELL, SQL

if TYPE_CHECKING:
    from tree_sitter import Node, Query

MAX_CALLS = 50
"""Calls of one file and query that are reported."""

MAX_STATES = 10_000
"""States that a query may keep at one time; it loses matches beyond."""

_STATEMENTS: tuple[tuple[Rule, re.Pattern[bytes]], ...] = (
    (SQL, re.compile(rb"\bexecute(?:\s+immediate)?\s+\(?\s*'[^']{0,2000}'\s*(?:\|\||\+)", re.IGNORECASE)),
    (SHELL, re.compile(rb"\bxp_cmdshell\b", re.IGNORECASE)),
    (HARD_CODED, re.compile(rb"\bidentified\s+by\s+'[^'$<{]{4,100}'|\bpassword\s+'[^'$<{]{4,100}'", re.IGNORECASE)),
)
"""Of SQL, whose tree tells too little."""


def dangerous(source: Source, root: "Node", language: str, grammar: str) -> Iterator[Finding]:
    """Yield a finding for each dangerous call."""
    if language == "sql":
        for rule, pattern in _STATEMENTS:
            for match in islice(pattern.finditer(source.data), MAX_CALLS):
                yield _finding(rule, source, match.start(), match.end())
        return
    for rule, query in _queries(grammar):
        for node in islice(_places(query, root), MAX_CALLS):
            yield _finding(rule, source, node.start_byte, min(node.end_byte, source.line_end(node.start_byte)))


def _finding(rule: Rule, source: Source, start: int, end: int) -> Finding:
    return rule.finding(rule.explanation.partition(". ")[0].rstrip(".") + ".", source.location(start, end))


@cache
def _queries(grammar: str) -> tuple[tuple[Rule, "Query"], ...]:
    from tree_sitter import Query
    from tree_sitter_language_pack import SupportedLanguage, get_language

    name: SupportedLanguage = grammar  # type: ignore[assignment]
    language = get_language(name)
    return tuple((rule, Query(language, text)) for rule, text in QUERIES.get(grammar, ()))


def _places(query: "Query", root: "Node") -> Iterator["Node"]:
    from tree_sitter import QueryCursor

    cursor = QueryCursor(query, match_limit=MAX_STATES)
    seen: set[int] = set()
    for _, captures in cursor.matches(root):
        node = captures["at"][0]
        if node.start_byte not in seen:
            seen.add(node.start_byte)
            yield node
