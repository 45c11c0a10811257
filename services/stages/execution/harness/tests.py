"""The tests of one file, as the job says them."""

from __future__ import annotations

import _ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ONLY_AST = 0x400
"""The flag of ``compile`` that gives a syntax tree; ``ast.PyCF_ONLY_AST``, from a module that takes long to load."""


class Tests:
    """
    The tests of one file; see :class:`services.stages.execution.harness.collect.Collection`.

    :param job: What that class's ``as_job`` gives.
    :param source: The text that is run.
    :param path: The file name that its frames carry.
    """

    __test__ = False

    def __init__(self, job: dict[str, Any], source: bytes, path: str) -> None:
        self.functions: list[str] = job["functions"]
        self.classes: dict[str, list[str]] = job["classes"]
        self.conditional = set(job["conditional"])
        self.bound = set(job["bound"])
        self.imported = set(job["imported"])
        self.needs_pytest: bool = job["needs_pytest"]
        self.problem: str = job["problem"]
        self.is_script: bool = job["is_script"]
        self.tests: list[str] = [] if self.problem else job["tests"]
        self._steps: list[tuple[list[int], str, list[str]]] = job["steps"]
        self._flags: int = job["flags"]
        self._source = source
        self._path = path

    def steps(self) -> list[Step]:
        """Return the statements of the top level that are run, in their order."""
        body: Any = compile(self._source, self._path, "exec", ONLY_AST | self._flags, dont_inherit=True)
        nodes = [(_at(body, place), test, defines) for place, test, defines in self._steps]
        return [Step(node, self._compiled(node), test, defines) for node, test, defines in nodes]

    def _compiled(self, node: Any) -> Any:
        module = _ast.Module(body=[node], type_ignores=[])
        return compile(module, self._path, "exec", flags=self._flags, dont_inherit=True)


class Step:
    """
    One statement.

    :param test: Its id where its failure is a test's, else empty.
    :param defines: The tests that it defines.
    """

    def __init__(self, node: Any, code: Any, test: str, defines: list[str]) -> None:
        self.code = code
        self.test = test
        self.defines = defines
        self.line: int = node.lineno


def _at(node: Any, place: list[int]) -> Any:
    for index in place:
        node = node.body[index]
    return node
