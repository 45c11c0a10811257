"""One run: read the job, tell what will be run, load the candidate, run it all, tell the results."""

from __future__ import annotations

import binascii
import faulthandler
import os
import sys
from importlib import import_module
from types import ModuleType

from . import load
from .channel import Channel, bounded, text_of
from .describe import Describer
from .examples import Examples
from .lines import Lines
from .reporter import Reporter
from .suite import Suite
from .tell import Tell
from .tests import Tests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .library import Library

EMPTY = {
    "steps": [],
    "tests": [],
    "functions": [],
    "classes": {},
    "conditional": [],
    "bound": [],
    "imported": [],
    "needs_pytest": False,
    "problem": "",
    "is_script": True,
    "flags": 0,
}
"""The tests of a run that has none."""


def main() -> None:
    """Run the job that stands on standard input, and leave by the shortest way."""
    # A literal of Python: to read it needs no module.
    job = eval(compile(sys.stdin.buffer.read(), "job", "eval"), {"__builtins__": {}})  # noqa: S307  # of our own making
    folder = os.path.dirname(os.path.abspath(sys.argv[0]))
    sys.modules["__main__"] = ModuleType("__main__")
    channel = Channel(job.pop("nonce"))
    leave = os._exit
    try:
        run = Run(job, os.getcwd(), channel)
        _remove(folder)
        run.run()
    except BaseException as error:
        channel.send("broken", reason=f"{type(error).__name__}: {text_of(error)}")
    leave(0)


def _remove(folder: str) -> None:
    """Take the harness's files away: the candidate finds its own files in its folder, and no other."""
    for path, _, files in os.walk(folder, topdown=False):
        for file in files:
            os.unlink(os.path.join(path, file))
        os.rmdir(path)


class Run:
    """One run of one candidate with at most one test suite."""

    def __init__(self, job: dict[str, Any], work: str, channel: Channel) -> None:
        self._channel = channel
        self._work = work
        self._entry: dict[str, Any] = job["entry"]
        self._dump_after: float = job["dump_after"]
        self._examples: list[tuple[str, list[str]]] = job["examples"]
        self._test_file = ""
        self._tests = Tests(EMPTY, b"", "")
        self._conftests: list[tuple[str, bytes]] = []
        self._library: Library | None = None
        self._tell = ""
        self._appended = False
        if job["suite"]:
            self._prepare(job["suite"])
        sources = {os.path.join(work, path): path for path in job["files"]}
        self._describer = Describer(sources, self._test_file)
        self._reporter = Reporter(self._channel, self._describer, self._tests.bound, appended=self._appended)
        self._lines = Lines(sources) if job["suite"] else None
        self._calls: Callable[[dict[str, Any]], None] | None = None
        if job["calls"]:
            from .calls import Calls

            self._calls = Calls(job["calls"], channel, self._describer).run
        self._originals = load.Originals(self._library.spaces() if self._library else None)
        self._suite = self._suite_of_tests() if job["suite"] and not self._tests.problem else None

    def _prepare(self, suite: dict[str, Any]) -> None:
        self._test_file = os.path.join(self._work, suite["path"])
        source = binascii.a2b_base64(suite["source"])
        self._tests = Tests(suite["tests"] or self._collected(source), source, self._test_file)
        for path, content in suite["conftests"]:
            self._conftests.append((os.path.join(self._work, path), binascii.a2b_base64(content)))
        self._tell = suite["tell"]
        self._library = self._pytest()
        modules = set(suite["modules"])
        self._appended = suite["appended"] or not (self._tests.imported & modules)
        if "unittest" in self._tests.imported:
            import_module("unittest")

    def _collected(self, source: bytes) -> dict[str, Any]:
        """Read the tests here, where they are of a later Python than the one that the stage runs on."""
        from .collect import collect

        return collect(source, self._test_file).as_job()

    def _pytest(self) -> Library | None:
        """Return pytest where the tests need it; None where they do not, or where there is none."""
        if self._tests.problem or not (self._tests.needs_pytest or self._conftests):
            return None
        from .library import Library
        from .session import Session

        self._session_class = Session

        try:
            return Library(self._work)
        except ImportError:
            self._tests.problem = "they need pytest, which is not in this environment"
            self._tests.tests = []
            return None

    def run(self) -> None:
        """Run to the end."""
        self._channel.send(
            "plan",
            work=self._work,
            tests=self._tests.tests,
            examples=[test for test, _ in self._examples],
            problem=bounded(self._tests.problem),
        )
        faulthandler.enable(self._channel.descriptor, all_threads=False)
        faulthandler.dump_traceback_later(self._dump_after, file=self._channel.descriptor)
        module = self._load()
        if module is not None:
            names = dict(vars(module))
            if self._suite is not None:
                if self._library is not None:
                    self._show(self._library, self._suite)
                self._suite.run(module)
            examples = Examples(self._channel, self._reporter, self._describer)
            for test, sources in self._examples:
                examples.run(test, sources, {**names, "__name__": "__main__"})
            if self._calls is not None:
                self._calls(names)
            self._report_replaced()
        if self._lines is not None:
            self._channel.send("lines", **self._lines.facts())
        self._channel.send("done", **self._reporter.count)

    def _suite_of_tests(self) -> Suite:
        return Suite(
            self._tests,
            self._test_file,
            self._reporter,
            appended=self._appended,
            tell={self._tell: Tell(self._channel, self._describer)} if self._tell else {},
            conftests=self._conftests,
        )

    def _show(self, library: Library, suite: Suite) -> None:
        """Let the tests have pytest."""
        if taken := library.show():
            self._reporter.replaced(taken)
        own = self._tests.bound
        session = self._session_class(library, self._reporter, self._test_file, own, self._report_replaced)
        if not self._tests.is_script:
            suite.session = session

    def _load(self) -> ModuleType | None:
        self._channel.send("loading")
        if self._lines is not None:
            self._lines.begin()
        try:
            folder = os.path.dirname(self._test_file)
            module = load.load(self._entry, self._work, self._tests.imported, folder)
        except BaseException as error:
            self._reporter.restore()
            self._channel.send("load_failed", error=self._describer.describe(error))
            return None
        self._reporter.restore()
        self._report_replaced()
        self._channel.send("loaded")
        return module

    def _report_replaced(self) -> None:
        if replaced := self._originals.replaced():
            self._reporter.replaced(replaced)
