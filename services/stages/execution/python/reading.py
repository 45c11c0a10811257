"""What is read of a Python candidate and its tests before they run: in a worker, never in the server's own process."""

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.stage import Candidate, TestFramework, TestSuite

from services.stages.execution.harness.collect import collect

from .apart import Setting, take
from .entry import Entry, locate
from .examples import Examples, examples_of
from .scope import Given, given_by
from .smoke import Call, calls_of
from .split import names_in
from .subjects import definitions
from .taken import Place, Taken
from .unneeded import without_pytest

NOT_PYTHON = "the test file is not Python"


@dataclass(frozen=True, slots=True)
class Suite:
    """
    A test file that was read.

    :param tests: What it holds, for the harness; None where it is of a later Python than this one, so that the harness
        reads it.
    :param modules: The names by which it may import the candidate's modules.
    """

    tests: Mapping[str, Any] | None
    taken: Taken
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What was read.

    :param definitions: The line of each function and class of the entry point, by name.
    :param calls: What is called where there are neither tests nor examples.
    :param suites: The test files, in the order of the suites that have any.
    """

    entry: Entry
    definitions: Mapping[str, int]
    examples: tuple[Examples, ...]
    calls: tuple[Call, ...]
    suites: tuple[Suite | None, ...]

    def sealed(self, candidate: Candidate, suite: TestSuite | None) -> frozenset[str]:
        """Return the tests and examples of which all is decided outside, by id."""
        tests = self.of(candidate, suite).taken.sealed if suite is not None else frozenset()
        return tests | {each.test for each in self.examples}

    def of(self, candidate: Candidate, suite: TestSuite) -> Suite:
        """Return what was read of one of the candidate's suites, which has files."""
        read = self.suites[candidate.tests.index(suite)]
        assert read is not None
        return read


def read(candidate: Candidate, kept: Sequence[Collection[Place]] = ()) -> Reading:
    """
    Read a candidate and its tests.

    :param kept: For each suite the checks that are not taken apart; none where it is empty.
    """
    tree = _tree(candidate.entry().content)
    paths = [file.path for file in (*candidate.context_files, *candidate.files)]
    entry = locate(candidate.entry().path, paths, tree)
    modules = entry.aliases | {path.removesuffix(".py").replace("/", ".") for path in paths}
    given = given_by(tree)
    wanted = frozenset(names_in(tree)) if tree else frozenset()
    suites = tuple(
        _suite(suite, modules, given, kept[index] if kept else (), wanted=wanted) if suite.files else None
        for index, suite in enumerate(candidate.tests)
    )
    examples = examples_of(tree, candidate.specification)
    calls = () if examples or candidate.tests else calls_of(tree)
    return Reading(entry, definitions(tree), examples, calls, suites)


def _suite(
    suite: TestSuite, modules: frozenset[str], given: Given, kept: Collection[Place], *, wanted: Collection[str]
) -> Suite:
    first = suite.files[0]
    found = collect(first.content, first.path)
    if found.problem.startswith(NOT_PYTHON):
        return Suite(None, Taken(first.content), tuple(sorted(modules)))
    appended = suite.framework is TestFramework.ASSERTS or not found.imported & modules
    taken = take(first.content, found, Setting(modules, given, appended, wanted, kept))
    if found.needs_pytest and (left := without_pytest(taken.source, first.path, found.tests())) is not None:
        found, taken = left, replace(taken, source=left.source)
    return Suite(found.as_job(), taken, tuple(sorted(modules)))


def _tree(source: bytes) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
