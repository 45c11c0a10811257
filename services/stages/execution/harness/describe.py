"""An exception, as plain bounded data: what it was, where it was raised, and what the environment has to do with it."""

import ast
import errno
import os
import reprlib
import sys
from importlib.util import find_spec
from types import CodeType, FrameType, ModuleType, TracebackType
from typing import Any

from .collect import LEFT, RIGHT

MAX_TEXT = 2_000
MAX_FRAMES = 20_000
NO_NETWORK = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ECONNREFUSED}

TRACEBACK = BaseException.__dict__["__traceback__"].__get__
"""Reads a traceback, whatever the exception's class makes of the name."""

Frame = tuple[FrameType, int]
"""A frame of a traceback and its line."""


class Describer:
    """
    Turns exceptions into data.

    :param sources: The candidate's paths by the absolute file name that its frames carry.
    :param test_file: The file name that the frames of the tests carry; empty where there are none.
    :param test_source: The tests as they were written.
    """

    def __init__(self, sources: dict[str, str], test_file: str = "", test_source: bytes = b"") -> None:
        self._sources = sources
        self._test_file = test_file
        self._test_source = test_source
        self._repr = reprlib.Repr()
        self._repr.maxlevel = 6
        self._repr.maxstring = self._repr.maxother = self._repr.maxlong = 600
        self._repr.maxlist = self._repr.maxtuple = self._repr.maxdict = self._repr.maxset = 50

    def describe(self, error: BaseException) -> dict[str, Any]:
        """Return the facts about an exception."""
        self._compared: FrameType | None = None
        candidate, test, deepest_is_candidate = self._frames(TRACEBACK(error))
        facts: dict[str, Any] = {
            "type": bounded(type(error).__name__, 200),
            "message": text_of(error),
            "name": name_of(error),
            "assertion": isinstance(error, AssertionError),
            "exit": isinstance(error, (SystemExit, KeyboardInterrupt, GeneratorExit)),
            "environment": environment_of(error),
            "candidate_raised": deepest_is_candidate,
            "missing_from_candidate": self._owner_of_missing(error) in self._sources,
        }
        if candidate is not None:
            code = candidate[0].f_code
            facts |= {"path": self._sources[code.co_filename], "line": candidate[1]}
            facts["function"] = bounded(code.co_name, 200)
        elif isinstance(error, SyntaxError) and error.filename in self._sources:
            facts |= {"path": self._sources[error.filename], "line": error.lineno or 1, "candidate_raised": True}
        if test is not None:
            facts |= self._test_facts(*test)
        return facts

    def _frames(self, traceback: TracebackType | None) -> "tuple[Frame | None, Frame | None, bool]":
        """Return the deepest frame of the candidate and of the tests, and whether the former is the deeper one."""
        candidate = test = None
        last = ""
        for _ in range(MAX_FRAMES):
            if traceback is None:
                break
            frame = traceback.tb_frame
            if frame.f_code.co_filename in self._sources:
                candidate, last = (frame, traceback.tb_lineno), "candidate"
            elif frame.f_code.co_filename == self._test_file:
                test, last = (frame, traceback.tb_lineno), "test"
            elif last == "test" and frame.f_code.co_name.startswith("assert") and "first" in frame.f_locals:
                self._compared = frame
            traceback = traceback.tb_next
        return candidate, test, last == "candidate"

    def _test_facts(self, frame: FrameType, line: int) -> dict[str, Any]:
        facts: dict[str, Any] = {"test_line": line}
        names = {**frame.f_globals, **frame.f_locals}
        statement = self._statement(line)
        facts |= self._sides(frame, statement)
        if statement is not None:
            facts["statement"] = bounded(ast.unparse(statement))
        subject = None if statement is None else self._subject(statement, names)
        if subject is not None:
            facts |= {"subject": bounded(subject.co_name, 200), "subject_path": self._sources[subject.co_filename]}
            facts["subject_line"] = subject.co_firstlineno
        return facts

    def _sides(self, frame: FrameType, statement: ast.stmt | None) -> dict[str, str]:
        """Return the values of both sides of a comparison and its operator; a literal on the left changes places."""
        if self._compared is not None:
            values = self._compared.f_locals
            return {"left": self._show(values["first"]), "right": self._show(values.get("second"))}
        if not (isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Compare)):
            return {}
        if LEFT not in frame.f_locals or RIGHT not in frame.f_locals:
            return {}
        left, right = self._show(frame.f_locals[LEFT]), self._show(frame.f_locals[RIGHT])
        if isinstance(statement.test.left, ast.Constant) and not isinstance(
            statement.test.comparators[0], ast.Constant
        ):
            left, right = right, left
        return {"left": left, "right": right, "operator": type(statement.test.ops[0]).__name__}

    def _show(self, value: object) -> str:
        try:
            return bounded(self._repr.repr(value))
        except Exception:
            return f"<{bounded(type(value).__name__, 200)}>"

    def _statement(self, line: int) -> ast.stmt | None:
        """Return the innermost statement of the tests on a line, as it was written."""
        found = None
        for node in ast.walk(ast.parse(self._test_source)):
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
                found = node
        return found

    def _subject(self, statement: ast.stmt, names: dict[str, Any]) -> CodeType | None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                code = getattr(_resolve(node.func, names), "__code__", None)
                if isinstance(code, CodeType) and code.co_filename in self._sources:
                    return code
        return None

    def _owner_of_missing(self, error: BaseException) -> str:
        """Return the file of the module that lacks the name which was asked of it; empty where it is no module."""
        owner: object = None
        if isinstance(error, AttributeError):
            owner = error.obj
        elif isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError):
            owner = sys.modules.get(error.name or "")
        return str(getattr(owner, "__file__", "")) if isinstance(owner, ModuleType) else ""


def _resolve(node: ast.expr, names: dict[str, Any]) -> object:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Call):
        return _resolve(node.func, names)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, names)
        space = vars(owner if isinstance(owner, (type, ModuleType)) else type(owner))
        return space.get(node.attr)
    return None


def text_of(error: BaseException) -> str:
    """Return the message of an exception, whatever its class does when asked."""
    try:
        return bounded(str(error))
    except BaseException:
        return ""


def name_of(error: BaseException) -> str:
    """Return the name that was missing, where the exception tells it."""
    name = getattr(error, "name", None) if isinstance(error, (NameError, AttributeError, ImportError)) else None
    if isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError):
        name = (
            getattr(error, "name_from", None) or text_of(error).partition("cannot import name '")[2].partition("'")[0]
        )
    return bounded(name, 200) if isinstance(name, str) else ""


def environment_of(error: BaseException) -> str:
    """Return what the environment lacks that the exception came from; empty where it is none of these."""
    if isinstance(error, ModuleNotFoundError):
        return "module" if error.name and is_absent(error.name.partition(".")[0]) else ""
    if isinstance(error, ImportError):
        return "package" if "attempted relative import" in text_of(error) else ""
    if isinstance(error, EOFError):
        return "input" if text_of(error) == "EOF when reading a line" else ""
    if _is_network(error):
        return "network"
    if isinstance(error, OSError):
        return "file"
    return "variable" if isinstance(error, KeyError) and _deepest_file(error) in {os.__file__, "<frozen os>"} else ""


def is_absent(module: str) -> bool:
    """Return whether nothing of this name can be imported here."""
    try:
        return module not in sys.builtin_module_names and module not in sys.modules and find_spec(module) is None
    except (ImportError, ValueError, AttributeError):
        return False


def _is_network(error: BaseException | None, depth: int = 8) -> bool:
    if error is None or not depth:
        return False
    if isinstance(error, OSError) and (error.errno in NO_NETWORK or type(error).__name__ == "gaierror"):
        return True
    return _is_network(error.__cause__ or error.__context__, depth - 1)


def _deepest_file(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return "" if traceback is None else traceback.tb_frame.f_code.co_filename


def bounded(text: str, limit: int = MAX_TEXT) -> str:
    """Return the text, cut to its limit, with what no encoding can carry escaped."""
    return text[:limit].encode("utf-8", "backslashreplace").decode()[:limit]
