"""One run: read the job, tell what will be run, load the candidate, run it all, tell the results."""

import binascii
import faulthandler
import json
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import collect, examples, load
from .channel import Channel
from .describe import Describer, bounded, text_of
from .reporter import Reporter
from .suite import Suite

if TYPE_CHECKING:
    from .library import Library


def main() -> None:
    """Run the job that stands on standard input, and leave by the shortest way."""
    job = json.loads(sys.stdin.buffer.read())
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
        self._path: str = job["entry"]
        self._files = set(job["files"])
        self._dump_after: float = job["dump_after"]
        source = self._read()
        self._entry = load.locate(self._path, self._files, source)
        self._collect(job.get("suite"))
        self._examples = _examples(source, job["specification"]) if job["examples"] else []
        sources = {os.path.join(work, path): path for path in self._files}
        self._describer = Describer(sources, self._test_file, self._collection.source)
        self._reporter = Reporter(self._channel, self._describer, self._collection.bound, appended=self._appended)
        self._originals = load.Originals(self._library.spaces() if self._library else None)

    def _read(self) -> bytes:
        with open(os.path.join(self._work, self._path), "rb") as file:
            return file.read()

    def _collect(self, suite: dict[str, Any] | None) -> None:
        self._test_file = os.path.join(self._work, suite["path"]) if suite else ""
        self._test_folder = os.path.dirname(self._test_file)
        self._collection = collect.Collection()
        self._conftests: list[tuple[str, bytes]] = []
        self._library: Library | None = None
        self._appended = False
        if suite:
            self._collection = collect.collect(binascii.a2b_base64(suite["content"]), self._test_file)
            for path, content in suite["conftests"]:
                self._conftests.append((os.path.join(self._work, path), binascii.a2b_base64(content)))
            self._library = self._pytest()
            self._appended = suite["appended"] or not self._imports_candidate()
        if "unittest" in self._collection.imported:
            import_module("unittest")

    def _pytest(self) -> "Library | None":
        """Return pytest where the tests need it; None where they do not, or where there is none."""
        if self._collection.problem or not (self._collection.needs_pytest or self._conftests):
            return None
        from .library import Library
        from .session import Session

        self._session_class = Session

        try:
            return Library(self._work)
        except ImportError:
            self._collection.problem = "they need pytest, which is not in this environment"
            return None

    def run(self) -> None:
        """Run to the end."""
        tests = [] if self._collection.problem else self._collection.tests()
        self._channel.send(
            "plan",
            work=self._work,
            tests=tests,
            examples=[each.test for each in self._examples],
            problem=bounded(self._collection.problem),
        )
        faulthandler.enable(self._channel.descriptor, all_threads=False)
        faulthandler.dump_traceback_later(self._dump_after, file=self._channel.descriptor)
        module = self._load()
        if module is not None:
            names = dict(vars(module))
            if self._test_file and not self._collection.problem:
                self._suite().run(module)
            for each in self._examples:
                self._example(each, names)
            self._report_replaced()
        self._channel.send("done", **self._reporter.count)

    def _suite(self) -> Suite:
        session = None
        if self._library is not None:
            if taken := self._library.show():
                self._reporter.replaced(taken)
            own = self._collection.bound
            session = self._session_class(self._library, self._reporter, self._test_file, own, self._report_replaced)
        return Suite(
            self._collection,
            self._test_file,
            self._reporter,
            appended=self._appended,
            session=None if self._collection.is_script() else session,
            conftests=self._conftests,
        )

    def _imports_candidate(self) -> bool:
        others = {path.removesuffix(".py").replace("/", ".") for path in self._files}
        return bool(self._collection.imported & (self._entry.aliases | others))

    def _load(self) -> ModuleType | None:
        self._channel.send("loading")
        try:
            module = load.load(self._entry, self._work, self._collection.imported, self._test_folder)
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

    def _example(self, each: examples.Examples, names: dict[str, Any]) -> None:
        self._reporter.start(each.test)
        try:
            failed = examples.failure(each, names, os.path.join(self._work, self._path))
        except BaseException as error:
            failed = examples.Failure("", "", "", error)
        if failed is None:
            self._reporter.end(each.test, None)
            return
        self._reporter.restore()
        facts: dict[str, Any] = {"left": bounded(failed.got), "right": bounded(failed.want), "assertion": True}
        if failed.error is not None:
            facts = self._describer.describe(failed.error)
            if facts["environment"] or (facts["type"] == "NameError" and not facts["candidate_raised"]):
                self._reporter.end(each.test, "skipped")
                return
        facts |= {"example": bounded(failed.source), "subject_path": self._path, "subject_line": each.line}
        self._reporter.fail(each.test, facts)


def _examples(source: bytes, specification: str) -> list[examples.Examples]:
    specified = examples.in_specification(specification)
    return examples.without(examples.in_code(source), specified) + specified
