"""Which lines of the candidate ran, by the interpreter's own events, of which each line sends one."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType
    from typing import Any

MAX_NAMES = 20


class Lines:
    """
    Watches the candidate's files, from their import on.

    :param files: Their absolute names, as code carries them.
    """

    def __init__(self, files: Iterable[str]) -> None:
        self._files = frozenset(files)
        self._modules: set[CodeType] = set()
        self._started: set[CodeType] = set()
        self._hit: set[tuple[str, int]] = set()
        # The harness runs on a later Python than the one that the stage is checked with.
        self._monitoring: Any = vars(sys)["monitoring"]
        self._tool: int = self._monitoring.COVERAGE_ID

    def begin(self) -> None:
        """Watch from now on."""
        monitoring, tool = self._monitoring, self._tool
        monitoring.use_tool_id(tool, "lines")
        monitoring.register_callback(tool, monitoring.events.PY_START, self._start)
        monitoring.register_callback(tool, monitoring.events.LINE, self._line)
        monitoring.set_events(tool, monitoring.events.PY_START)

    def _start(self, code: CodeType, offset: int) -> object:
        if code.co_filename in self._files:
            self._started.add(code)
            if code.co_name == "<module>":
                self._modules.add(code)
            self._monitoring.set_local_events(self._tool, code, self._monitoring.events.LINE)
        return self._monitoring.DISABLE

    def _line(self, code: CodeType, line: int) -> object:
        self._hit.add((code.co_filename, line))
        return self._monitoring.DISABLE

    def facts(self) -> dict[str, Any]:
        """Return how many of the lines ran, and the functions that were never called."""
        every = [code for module in self._modules for code in _codes(module)]
        lines = {(code.co_filename, line) for code in every for _, _, line in code.co_lines() if line}
        functions = [code for code in every if code not in self._started and not code.co_name.startswith("<")]
        names = sorted({code.co_qualname for code in functions})
        return {"covered": len(lines & self._hit), "total": len(lines), "uncalled": names[:MAX_NAMES]}


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if type(constant) is type(code):
            yield from _codes(constant)
