"""Running test functions and classes as pytest runs them."""

import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Literal

from .channel import bounded
from .describe import TRACEBACK
from .library import Library
from .module import Shown, identified, items_of, module_class
from .reporter import Reporter

MAX_TESTS = 2_000

Outcome = BaseException | str | None
Source = tuple[str, bytes]
"""An absolute path and what would stand there."""


class Session:
    """
    A session of pytest over one module that is not a file.

    The tests are never in the file system: pytest is handed the namespace that they were executed in. It is shown the
    names that the test file itself binds, and no others, so that what ``from candidate import *`` brings is no test,
    no fixture and no hook. A skip counts where every frame from the test to it is the tests' own or pytest's: code
    under test cannot skip a test.

    :param library: pytest, whose modules can be imported again.
    :param test_file: The file name that the frames of the tests carry.
    :param own: The names that the test file binds.
    :param after: Called after each test.
    """

    def __init__(
        self, library: Library, reporter: Reporter, test_file: str, own: set[str], after: Callable[[], None]
    ) -> None:
        import unittest

        from _pytest.fixtures import FixtureLookupError
        from _pytest.mark.structures import MARK_GEN
        from _pytest.runner import runtestprotocol

        self._library = library
        self._reporter = reporter
        self._test_file = test_file
        self._own = own
        self._after = after
        self._spaces: dict[str, dict[str, Any]] = {}
        self._outcomes = (library.api.skip.Exception, library.api.xfail.Exception, unittest.SkipTest)
        self.skipped = library.api.skip.Exception
        self._lookup_error = FixtureLookupError
        self._marks: Any = MARK_GEN
        self._protocol = runtestprotocol
        self._ids: dict[Any, str] = {}
        self._is_collecting = False
        self._is_over = False
        self._hooks = _hooks(self)
        self._module_class = module_class()
        reporter.refine = self._refine

    def begin(self, conftests: list[Source], names: dict[str, Any]) -> bool:
        """
        Start, with the configuration that came with the tests, the outermost first.

        :param names: The namespace that the tests will stand in.
        :returns: Whether all of it could be loaded.
        """
        self._spaces[self._test_file] = names
        manager = self._library.config.pluginmanager
        for path, source in conftests:
            module = ModuleType("conftest")
            module.__file__ = path
            sys.modules["conftest"] = module
            self._spaces[path] = vars(module)
            try:
                exec(compile(source, path, "exec", dont_inherit=True), vars(module))
                # Under a name like a conftest's, its fixtures would be bound to a folder that the tests are not in.
                manager.register(module, f"conftest of {Path(path).parent}")
            except BaseException as error:
                self._fail(Path(path).name, error)
                return False
        self._start()
        return True

    def _start(self) -> None:
        """Do what pytest does between reading its arguments and collecting."""
        config = self._library.config
        for hook in self._hooks:
            config.pluginmanager.register(hook)
        config._parser.parse_setoption([], config.option, namespace=config.option)
        self._session = self._library.api.Session.from_config(config)
        config._do_configure()
        config.hook.pytest_sessionstart(session=self._session)
        # A way from the marks, which anyone can import, to the plug-ins.
        self._marks._config = None

    def run(self, names: dict[str, Any]) -> None:
        """Run what the namespace holds."""
        if "pytest" in self._own and names.get("pytest") is not self._library.api:
            self._reporter.replaced(["pytest"])
        items = self._collect(names)
        for index, item in enumerate(items):
            following = items[index + 1] if index + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self._after()
            if self._is_over:
                self._reporter.stop()
                return

    def one(self, item: Any, following: Any) -> None:
        """Run one test and report it."""
        test = self._ids[item]
        self._reporter.start(test)
        try:
            outcome = self._outcome(self._protocol(item, log=False, nextitem=following))
        except BaseException as error:
            outcome = self._origin(error)
            self._is_over = True
        self._reporter.end(test, outcome)

    def skip_reason(self, error: BaseException) -> str:
        """Return why the tests skip themselves; empty where the exception is no skip, or not the tests' own."""
        if type(error) not in self._outcomes or not self._is_tests_own(error):
            return ""
        return bounded(str(error) or "no reason is given")

    def _collect(self, names: dict[str, Any]) -> list[Any]:
        self._is_collecting = True
        try:
            items = list(self._found(names))
            self._session.items = items
            self._session.testscollected = len(items)
            config = self._session.config
            config.hook.pytest_collection_modifyitems(session=self._session, config=config, items=items)
        except BaseException as error:
            if reason := self.skip_reason(error):
                self._reporter.collected([], f"they skip themselves: {reason}")
            else:
                self._fail("the collection", error)
            return []
        finally:
            self._is_collecting = False
        if len(items) > MAX_TESTS:
            self._reporter.collected([], f"they are {len(items)} tests, more than the {MAX_TESTS} that are run")
            return []
        self._ids = dict(zip(items, identified(items), strict=True))
        self._reporter.collected(list(self._ids.values()))
        return items

    def _found(self, names: dict[str, Any]) -> Iterator[Any]:
        shown = Shown(names, self._own)
        module = self._module_class.from_parent(self._session, path=Path(self._test_file), shown=shown)
        self._session.config.pluginmanager.consider_module(shown)
        return items_of(module, self._library.api.Item)

    def _fail(self, label: str, error: BaseException) -> None:
        self._reporter.start(label)
        self._reporter.end(label, error)
        self._reporter.stop()

    def _outcome(self, reports: list[Any]) -> Outcome:
        """Return how a test ended whose setup, call and teardown are reported."""
        for report in reports:
            if report.failed:
                return report.error or AssertionError("the test was expected to fail, and passed")
        for report in reports:
            if report.skipped:
                if isinstance(report.error, self._outcomes):
                    return self.skip_reason(report.error) or self._origin(report.error)
                return "it is expected to fail"
        return None

    def _origin(self, error: BaseException) -> BaseException:
        """Return what a test of unittest's raised before pytest made its own of it."""
        inner = error.__context__
        ends = (*self._outcomes, self._library.api.exit.Exception)
        return inner if isinstance(error, ends) and isinstance(inner, ends) else error

    def _is_tests_own(self, error: BaseException) -> bool:
        traceback: TracebackType | None = TRACEBACK(error)
        while traceback is not None:
            frame = traceback.tb_frame
            own = self._spaces.get(frame.f_code.co_filename)
            if frame.f_globals is not own and not self._library.is_trusted(frame.f_globals):
                return False
            traceback = traceback.tb_next
        origin = self._origin(error)
        return origin is error or self._is_tests_own(origin)

    def _refine(self, error: BaseException, facts: dict[str, Any]) -> None:
        """Say what pytest's own exceptions mean."""
        # Tests have no outcomes of their own making, and one that hides its traceback loses it on the way.
        by_candidate = "path" in facts or (isinstance(error, self._outcomes) and type(error) not in self._outcomes)
        if isinstance(error, (*self._outcomes, self._library.api.exit.Exception)):
            facts["exit"] = by_candidate and not isinstance(error, self._outcomes)
            facts["test_problem"] = not by_candidate
        elif isinstance(error, self._library.api.fail.Exception):
            facts["assertion"] = "test_line" in facts
            facts["test_problem"] = not (by_candidate or facts["assertion"])
        elif isinstance(error, self._lookup_error):
            facts |= {"name": f"the fixture {bounded(str(error.argname), 150)}", "test_problem": True}
        elif self._is_collecting:
            facts["test_problem"] = not by_candidate


def _hooks(session: Session) -> list[object]:
    import unittest

    import pytest

    class Ends:
        """Runs each test by the session, and keeps the exception that ended it."""

        def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> bool:
            session.one(item, nextitem)
            return True

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(self, item: Any, call: Any) -> Generator[None, Any, Any]:
            # pytest turns unittest's skip into one of its own, which no longer tells where it came from.
            first = call.excinfo
            report = yield
            last = first if first is not None and isinstance(first.value, unittest.SkipTest) else call.excinfo
            report.error = None if last is None else last.value
            return report

    class Light:
        """Makes reports without the text that nobody reads."""

        def pytest_runtest_makereport(self, item: Any, call: Any) -> pytest.TestReport:
            outcome: Literal["passed", "failed", "skipped"] = "passed"
            if call.excinfo is not None:
                outcome = "skipped" if isinstance(call.excinfo.value, session.skipped) else "failed"
            return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)

    return [Ends(), Light()]
