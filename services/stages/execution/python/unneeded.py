"""pytest, where nothing of a test file uses it any more: it takes longer to load than most tests to run."""

import ast
from collections.abc import Sequence

from services.stages.execution.harness.collect import Collection, collect

from .scope import bound_by
from .split import names_in
from .text import Text


def without_pytest(source: bytes, path: str, tests: Sequence[str]) -> Collection | None:
    """
    Return a test file without its imports of pytest; None where it needs pytest, or would have other tests without.

    :param source: What is left of the file, its checks taken out.
    :param tests: The tests that it has.
    """
    if b"__test__" in source or b"pytestmark" in source:
        return None
    tree, text = ast.parse(source), Text(source)
    used = set(names_in(tree))
    for node in tree.body:
        if _is_of_pytest(node) and not bound_by(node) & used and text.can_replace(node):
            text.replace(node, "pass")
    left = collect(text.edited(), path)
    return None if left.needs_pytest or left.problem or left.tests() != tests else left


def _is_of_pytest(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names} == {"pytest"}
    return isinstance(node, ast.ImportFrom) and node.module == "pytest"
