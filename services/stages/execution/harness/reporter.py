"""Tells the end of each test to the channel."""

from __future__ import annotations

import sys

from .channel import bounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .channel import Channel
    from .describe import Describer

    Outcome = BaseException | str | None
    """How a test ended: what it raised, why it was skipped, or None where it passed."""


class Reporter:
    """
    Reports tests.

    :param expected: The names that the tests bind themselves: one of these missing is not the candidate's fault.
    :param appended: Whether the tests stand in the candidate's namespace.
    """

    def __init__(self, channel: Channel, describer: Describer, expected: set[str], *, appended: bool) -> None:
        self._channel = channel
        self._describer = describer
        self._expected = expected
        self._appended = appended
        self._recursion_limit = sys.getrecursionlimit()
        self.count = {"passed": 0, "failed": 0, "skipped": 0}
        self.refine: Callable[[BaseException, dict[str, Any]], None] = lambda *_: None
        """Adds what the tests' framework knows about an exception to its facts."""

    def start(self, test: str) -> None:
        """Tell that a test begins, so that a run that is cut short names it."""
        self._channel.send("start", test=bounded(test, 200))

    def end(self, test: str, outcome: Outcome) -> None:
        """Tell how a test ended."""
        self.restore()
        if isinstance(outcome, BaseException):
            self.fail(test, self._facts(outcome))
        elif outcome is None:
            self._send("passed", test)
        else:
            self._send("skipped", test, reason=bounded(outcome))

    def fail(self, test: str, facts: dict[str, Any]) -> None:
        """Tell that a test failed, and how."""
        self._send("failed", test, error=facts)

    def guarded(self, test: str, action: Callable[[], object]) -> None:
        """Run one test and report it, whatever it raises."""
        self.start(test)
        outcome: Outcome = None
        try:
            action()
        except BaseException as error:
            outcome = error
        self.end(test, outcome)

    def collected(self, tests: list[str], problem: str = "") -> None:
        """Tell which tests the planned ones turned out to be, or why none of them is run."""
        self._channel.send("collected", tests=tests, problem=bounded(problem))

    def replaced(self, names: list[str]) -> None:
        """Tell what is no longer what the tests rest on."""
        self._channel.send("replaced", names=[bounded(name, 200) for name in names[:20]])

    def stop(self) -> None:
        """Tell that the tests which are left were not begun, since what they rest on failed."""
        self._channel.send("stopped")

    def restore(self) -> None:
        """Undo what would make the harness itself stumble."""
        sys.settrace(None)
        sys.setprofile(None)
        try:
            sys.setrecursionlimit(self._recursion_limit)
        except RecursionError:
            return

    def _send(self, status: str, test: str, **fields: Any) -> None:
        self.count[status] += 1
        self._channel.send(status, test=bounded(test, 200), **fields)

    def _facts(self, error: BaseException) -> dict[str, Any]:
        facts = self._describer.describe(error)
        facts["test_problem"] = self._is_tests_own(error, facts)
        self.refine(error, facts)
        return facts

    def is_by_candidate(self, error: BaseException) -> bool:
        """Whether code of the candidate had a part in an exception."""
        return "path" in self._describer.describe(error)

    def _is_tests_own(self, error: BaseException, facts: dict[str, Any]) -> bool:
        """Whether something is missing that the candidate was never asked for."""
        if facts["candidate_raised"] or facts["missing_from_candidate"]:
            return False
        if isinstance(error, NameError):
            name = facts["name"]
            return not self._appended or name in self._expected or name in sys.stdlib_module_names
        return isinstance(error, ImportError) or (isinstance(error, SystemExit) and "SystemExit" in self._expected)
