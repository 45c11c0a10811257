"""What an exception in the sandbox means: whose it is, where it came from, and what the environment may lack."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from assay.stage import Candidate

from .apart import Tests
from .evaluation import Raised
from .preparation import Code

FRAME = re.compile(r"(?:file://)?/work/([^\s:()]+):(\d+)(?::\d+)?")
NO_MODULE = re.compile(r"Cannot find (?:module|package) '([^']{1,200})'")
NOT_DEFINED = re.compile(r"([\w$]{1,100}) is not defined")
NOT_CALLABLE = re.compile(r"(?:\(0, )?([\w$.]{1,200})\)? is not a (?:function|constructor)")
NO_EXPORT = re.compile(r"does not provide an export named '([^']{1,200})'")

NETWORK = {
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ECONNRESET",
    "ETIMEDOUT",
    "EADDRNOTAVAIL",
}
BROWSER = frozenset(
    {
        *("window", "document", "navigator", "location", "localStorage", "sessionStorage", "history", "screen", "self"),
        *("alert", "confirm", "prompt", "XMLHttpRequest", "Image", "HTMLElement", "Node", "Element", "customElements"),
        *("requestAnimationFrame", "cancelAnimationFrame", "getComputedStyle", "matchMedia", "importScripts", "chrome"),
        *("browser", "$", "jQuery", "React", "ReactDOM", "Vue", "angular"),
    }
)
"""Names that a browser, or a page that loads more than the code, provides."""

BUNDLED = frozenset(
    {
        "ERR_UNKNOWN_FILE_EXTENSION",
        "ERR_UNSUPPORTED_DIR_IMPORT",
        "ERR_IMPORT_ASSERTION_TYPE_MISSING",
        "ERR_IMPORT_ATTRIBUTE_MISSING",
    }
)
"""What Node says of imports that a bundler takes: of styles and pictures, of folders, of data."""

BUNDLER = {"require", "module", "exports", "__dirname", "__filename"}
"""Names that a module has where a bundler puts it together with others."""


class Fault(Enum):
    """Whose fault an exception is."""

    CANDIDATE = 1
    MISSING_NAME = 2
    TESTS = 3
    MODULE = 4
    ENVIRONMENT = 5


@dataclass(frozen=True, slots=True)
class Told:
    """
    What an exception means.

    :param what: What is missing: a name, a module, or what the environment lacks in words.
    :param path: The candidate's deepest line in it; empty where there is none.
    :param test_line: The line of the tests in it; 0 where there is none.
    """

    fault: Fault
    what: str = ""
    path: str = ""
    line: int = 0
    test_line: int = 0
    is_by_candidate: bool = False


class Reader:
    """
    Tells what exceptions of one run mean.

    :param first_test_line: The line of the entry point at which appended tests begin; 0 where there are none.
    """

    def __init__(self, candidate: Candidate, code: Code, tests: Tests | None, test: str, first_test_line: int) -> None:
        self._paths = {file.path for file in (*candidate.files, *candidate.context_files)}
        self._entry = candidate.entry().path
        self._code = code
        self._tests = tests
        self._test = test
        self._first = first_test_line

    def told(self, raised: Raised) -> Told:
        """Return what an exception means."""
        frames = list(self._frames(raised.stack))
        own = next(((path, line) for path, line, is_test in frames if not is_test), ("", 0))
        test_line = next((line for _, line, is_test in frames if is_test), 0)
        is_by_candidate = bool(frames) and not frames[0][2]
        fault, what = self._fault(raised, is_by_candidate=is_by_candidate, is_in_tests=bool(test_line))
        return Told(fault, what, *own, test_line, is_by_candidate)

    def _frames(self, stack: str) -> Iterator[tuple[str, int, bool]]:
        """Yield the lines of the code and of the tests in a stack, the deepest first, and whether each is a test's."""
        for match in FRAME.finditer(stack):
            path, line = match[1], int(match[2])
            if path == self._entry and 0 < self._first <= line:
                yield self._test, self._source_line(line - self._first + 1), True
            elif path == self._test and self._tests is not None:
                yield path, self._source_line(line), True
            elif path in self._paths:
                yield path, line, False

    def _source_line(self, line: int) -> int:
        return self._tests.source_line(line) if self._tests is not None else line

    def _fault(self, raised: Raised, *, is_by_candidate: bool, is_in_tests: bool) -> tuple[Fault, str]:
        if raised.code in {"MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"} and (found := NO_MODULE.search(raised.message)):
            is_tests = is_in_tests and not is_by_candidate
            return (Fault.TESTS if is_tests else Fault.MODULE), found[1].removeprefix("/work/")
        lacks = self._lacks(raised)
        if lacks:
            return Fault.ENVIRONMENT, lacks
        if not is_by_candidate and (name := self._missing(raised)):
            return (Fault.TESTS if self._is_tests(name) else Fault.MISSING_NAME), name
        return Fault.CANDIDATE, ""

    def _lacks(self, raised: Raised) -> str:
        """Return what the environment lacks, in words."""
        if raised.code in NETWORK or (raised.name == "TypeError" and raised.message == "fetch failed"):
            return "it needs the network, which the sandbox does not have"
        if raised.code in BUNDLED:
            return "it imports what only a bundler takes for a module"
        name = found[1] if raised.name == "ReferenceError" and (found := NOT_DEFINED.search(raised.message)) else ""
        if name in BROWSER and name not in self._code.declared and not self._is_tests(name):
            return f"it needs {name}, which a browser or a page provides"
        if name in BUNDLER and self._code.is_module:
            return f"it needs {name}, which a bundler provides to ECMAScript modules"
        return ""

    def _missing(self, raised: Raised) -> str:
        """Return the name that the tests ask for in vain."""
        if raised.name == "ReferenceError" and (found := NOT_DEFINED.search(raised.message)):
            return found[1]
        if raised.name == "SyntaxError" and (found := NO_EXPORT.search(raised.message)):
            return found[1]
        if raised.name == "TypeError" and (found := NOT_CALLABLE.search(raised.message)):
            return found[1].rpartition(".")[2] if self._is_imported(found[1]) else ""
        return ""

    def _is_imported(self, path: str) -> bool:
        """Whether a name, or the member of one, is what the tests take from the code."""
        first, _, rest = path.partition(".")
        if self._tests is None or self._tests.appended:
            return False
        return (first in self._tests.imported and "." not in rest) or first.startswith("import_")

    def _is_tests(self, name: str) -> bool:
        """Whether a name is for the tests themselves to have."""
        return self._tests is not None and name in self._tests.declared - self._tests.imported
