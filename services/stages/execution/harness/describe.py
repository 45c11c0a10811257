"""An exception, as plain bounded data: what it was, where it was raised, and what the environment has to do with it."""

from __future__ import annotations

import errno
import os
import reprlib
import sys
from importlib.machinery import PathFinder
from types import FrameType, ModuleType

from .channel import bounded, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    Frame = tuple[FrameType, int]
    """A frame of a traceback and its line."""

LEFT = "_assay_left"
RIGHT = "_assay_right"
"""Names that keep both sides of a comparison in its frame."""

MAX_FRAMES = 20_000
NO_NETWORK = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ECONNREFUSED}

TRACEBACK = BaseException.__dict__["__traceback__"].__get__
"""Reads a traceback, whatever the exception's class makes of the name."""


class Describer:
    """
    Turns exceptions into data.

    :param sources: The candidate's paths by the absolute file name that its frames carry.
    :param test_file: The file name that the frames of the tests carry; empty where there are none.
    """

    def __init__(self, sources: dict[str, str], test_file: str = "") -> None:
        self._sources = sources
        self._test_file = test_file
        self._compared: FrameType | None = None
        self._repr = reprlib.Repr()
        self._repr.maxlevel = 6
        self._repr.maxstring = self._repr.maxother = self._repr.maxlong = 600
        self._repr.maxlist = self._repr.maxtuple = self._repr.maxdict = self._repr.maxset = 50

    def describe(self, error: BaseException) -> dict[str, Any]:
        """Return the facts about an exception."""
        self._compared = None
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
            facts |= {"test_line": test[1], **self._sides(test[0])}
        return facts

    def _frames(self, traceback: TracebackType | None) -> tuple[Frame | None, Frame | None, bool]:
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

    def _sides(self, frame: FrameType) -> dict[str, str]:
        """Return the values of both sides of a comparison, where they were kept."""
        if self._compared is not None:
            values = self._compared.f_locals
            return {"left": self._show(values["first"]), "right": self._show(values.get("second"))}
        if LEFT not in frame.f_locals or RIGHT not in frame.f_locals:
            return {}
        return {"left": self._show(frame.f_locals[LEFT]), "right": self._show(frame.f_locals[RIGHT])}

    def _show(self, value: object) -> str:
        try:
            return bounded(self._repr.repr(value))
        except Exception:
            return f"<{bounded(type(value).__name__, 200)}>"

    def _owner_of_missing(self, error: BaseException) -> str:
        """Return the file of the module that lacks the name which was asked of it; empty where it is no module."""
        owner: object = None
        if isinstance(error, AttributeError):
            owner = error.obj
        elif isinstance(error, ImportError) and not isinstance(error, ModuleNotFoundError):
            owner = sys.modules.get(error.name or "")
        return str(getattr(owner, "__file__", "")) if isinstance(owner, ModuleType) else ""


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
        known = module in sys.builtin_module_names or module in sys.modules
        return not known and PathFinder.find_spec(module) is None
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
