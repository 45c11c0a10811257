"""Which tests decide nothing inside the sandbox, once their checks were taken out."""

import ast
from collections.abc import Collection, Iterable

from services.stages.execution.harness.collect import FunctionNode

from .checks import is_checking
from .split import names_in
from .units import Unit


def sealed(
    units: Iterable[Unit], tree: ast.Module, outside: Collection[ast.AST], tests: Collection[str]
) -> frozenset[str]:
    """
    Return the tests whose every check is decided outside.

    :param outside: The nodes that were taken out.
    :param tests: The tests that have checks which are decided outside.
    """
    found = list(units)
    own = {unit.function for unit in found if unit.function is not None}
    functions = [node for node in ast.walk(tree) if isinstance(node, FunctionNode) and node not in own]
    deciding = {node.name for node in functions if _decides(node, outside)}
    open_ones = set()
    for unit in found:
        for root in unit.roots:
            if _decides(root, outside) or deciding & {*names_in(root), *_members_in(root)}:
                open_ones.add(unit.test)
    return frozenset(set(tests) - open_ones)


def _decides(root: ast.AST, outside: Collection[ast.AST]) -> bool:
    """Return whether something below a node decides inside the sandbox."""
    if root in outside and isinstance(root, ast.stmt):
        return False
    if is_checking(root) and root not in outside:
        return True
    return any(_decides(child, outside) for child in ast.iter_child_nodes(root))


def _members_in(root: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(root) if isinstance(node, ast.Attribute)}
