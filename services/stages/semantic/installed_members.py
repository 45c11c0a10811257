"""
Judges what is taken from installed modules that answer to names by a function of their own (PEP 562).

Of such a module a type checker takes any name. Most of them answer to a few, which stand in their source: a name that
does not is refused when the code runs.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from services.stages.rules import Rule
from services.stages.semantic.environment import Environment
from services.stages.semantic.imports import Guard, Import, Range
from services.stages.semantic.problem import Problem
from services.stages.semantic.types_rules import UNKNOWN_ATTRIBUTE, UNKNOWN_PACKAGE_MEMBER

if TYPE_CHECKING:
    from tree_sitter import Tree

MAX_USES = 1_000
"""Attributes of one module that are looked at in one file."""


class InstalledMembers:
    """Judges by what is installed."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def problems(self, imports: Iterable[Import], tree: "Tree", data: bytes) -> Iterator[Problem]:
        """Yield what is taken from modules that surely refuse it; guarded imports may be meant for another version."""
        for found in imports:
            if found.level or found.guard is not Guard.NONE or not self._environment.answers_by_name(found.module):
                continue
            for member in found.members:
                if self._refuses(found.module, member.name):
                    yield self._problem(UNKNOWN_PACKAGE_MEMBER, found.module, member.name, member.range)
            if not found.members and found.binds and "." not in found.module:
                for name, place in _attributes(found.module, tree, data):
                    if self._refuses(found.module, name):
                        yield self._problem(UNKNOWN_ATTRIBUTE, found.module, name, place)

    def _refuses(self, module: str, name: str) -> bool:
        environment = self._environment
        if name.startswith("_") or environment.may_have(module, name):
            return False
        return environment.lacks(f"{module}.{name}")

    def _problem(self, rule: Rule, module: str, name: str, place: Range) -> Problem:
        evidence = {"module": module, "distribution": self._environment.distribution(module)}
        message = f"The module '{module}' has no '{name}'."
        return Problem(rule, f"{module}.{name}", place, message, evidence=evidence)


def _attributes(name: str, tree: "Tree", data: bytes) -> Iterator[tuple[str, Range]]:
    """Yield the attributes that a file takes of a module that it knows by its own name."""
    pattern = re.compile(rb"(?<![\w.])%s\.([A-Za-z]\w*)" % re.escape(name.encode()))
    for match in islice(pattern.finditer(data), MAX_USES):
        node = tree.root_node.named_descendant_for_byte_range(match.start(1), match.end(1))
        above = node.parent if node is not None and node.type == "identifier" else None
        if above is not None and above.type == "attribute":
            yield match[1].decode(), match.span(1)
