"""Running the tests of one file: its top-level statements, its test functions, its test classes."""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .reporter import Outcome, Reporter
    from .session import Session, Source
    from .tell import Tell
    from .tests import Step, Tests


class Suite:
    """
    The tests of one file.

    :param appended: Whether they run in the namespace of the candidate, as if they stood at the end of its file.
    :param tell: What checks that were taken apart call, by its name.
    """

    def __init__(
        self,
        tests: Tests,
        path: str,
        reporter: Reporter,
        *,
        appended: bool,
        tell: dict[str, Tell],
        conftests: list[Source] | None = None,
    ) -> None:
        self._tests = tests
        self._tell = tell
        self._path = path
        self._appended = appended
        self._reporter = reporter
        self.session: Session | None = None
        """What runs functions and classes as pytest does, where they need that."""
        self._conftests = conftests or []
        self._steps = tests.steps()
        self._defined: dict[str, object] = {}

    def run(self, module: ModuleType) -> None:
        """Run them all, in the order of the file: statements, functions, classes."""
        names = vars(module) if self._appended else self._own_module()
        names.update(self._tell)
        self._run(names)
        if replaced := [name for name, value in self._defined.items() if names.get(name) is not value]:
            self._reporter.replaced(replaced)

    def _run(self, names: dict[str, Any]) -> None:
        if self.session is not None and not self.session.begin(self._conftests, names):
            return
        if not self._statements(names):
            return
        if self.session is not None:
            self.session.run(names)
            return
        for name in self._tests.functions:
            self._reporter.guarded(name, _call(names, name))
        for name in self._tests.classes:
            self._class(name, names)

    def _own_module(self) -> dict[str, Any]:
        module = ModuleType("assay_tests")
        module.__file__ = self._path
        sys.modules[module.__name__] = module
        return vars(module)

    def _statements(self, names: dict[str, Any]) -> bool:
        """Run the top level; False where a statement failed that the later ones rest on."""
        for step in self._steps:
            action = _execution(step.code, names)
            if step.test:
                self._reporter.guarded(step.test, action)
                self._define(step, names)
                continue
            try:
                action()
            except BaseException as error:
                self._stop_at(step, error)
                return False
            self._define(step, names)
        return True

    def _define(self, step: Step, names: dict[str, Any]) -> None:
        """Keep what the tests' own statements define as tests: nobody else is to put something in its place."""
        self._defined |= {name: names.get(name) for name in step.defines}

    def _stop_at(self, step: Step, error: BaseException) -> None:
        if self.session is not None and (reason := self.session.skip_reason(error)):
            self._reporter.collected([], f"they skip themselves: {reason}")
            return
        label = f"line {step.line}"
        self._reporter.start(label)
        self._reporter.end(label, error)
        self._reporter.stop()

    def _class(self, name: str, names: dict[str, Any]) -> None:
        import unittest

        found = names.get(name)
        if isinstance(found, type) and issubclass(found, unittest.TestCase):
            self._unittest(found)
            return
        for method in self._tests.classes[name]:
            self._reporter.guarded(f"{name}.{method}", _method_call(found, method))

    def _unittest(self, case: type) -> None:
        import unittest

        result = _result(self._reporter)
        methods = unittest.TestLoader().getTestCaseNames(case)
        unittest.TestSuite(case(method) for method in methods).run(result)


def _execution(code: Any, names: dict[str, Any], run: Callable[..., object] = exec) -> Callable[[], object]:
    # The function as it was before the candidate could replace it.
    return lambda: run(code, names)


def _call(names: dict[str, Any], name: str) -> Callable[[], object]:
    # Looked up when it runs: what was put in its place is then seen to be replaced.
    return lambda: names[name]()  # noqa: PLW0108


def _method_call(owner: Any, method: str) -> Callable[[], object]:
    def call() -> None:
        instance = owner()
        getattr(instance, "setup_method", lambda *_: None)(getattr(instance, method))
        try:
            getattr(instance, method)()
        finally:
            getattr(instance, "teardown_method", lambda *_: None)(getattr(instance, method))

    return call


def _result(reporter: Reporter) -> Any:
    import unittest

    class Result(unittest.TestResult):
        """Passes each test's end on to the reporter; a test counts once, by the first part that went wrong."""

        def __init__(self) -> None:
            super().__init__()
            self._outcome: Outcome = None

        def startTest(self, test: unittest.TestCase) -> None:
            super().startTest(test)
            self._outcome = None
            reporter.start(_id_of(test))

        def stopTest(self, test: unittest.TestCase) -> None:
            super().stopTest(test)
            reporter.end(_id_of(test), self._outcome)

        def addError(self, test: Any, err: Any) -> None:
            if isinstance(test, unittest.TestCase):
                self._keep(err[1])
                return
            reporter.start(str(test))
            reporter.end(str(test), err[1])
            reporter.stop()

        def addFailure(self, test: Any, err: Any) -> None:
            self._keep(err[1])

        def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
            if err is not None:
                self._keep(err[1])

        def addSkip(self, test: Any, reason: str) -> None:
            error = sys.exception()
            if error is not None and reporter.is_by_candidate(error):
                self._keep(error)
            self._outcome = self._outcome or reason or "no reason is given"

        def addUnexpectedSuccess(self, test: Any) -> None:
            self._keep(AssertionError("the test was expected to fail, and passed"))

        def _keep(self, error: BaseException) -> None:
            if not isinstance(self._outcome, BaseException):
                self._outcome = error

    return Result()


def _id_of(test: Any) -> str:
    return f"{type(test).__name__}.{test._testMethodName}"
