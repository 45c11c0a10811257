"""
Exceptions as the log tells them: of which kind, and where. Never what they say, which may quote the code under test.
"""

import traceback
from collections.abc import Iterator

from assay.errors import AssayError

MOST_EXCEPTIONS = 8
"""What is told of those that led to an exception, or stand in its group."""

MOST_FRAMES = 40
"""What is told of where each was, from where it was raised outwards."""


def told(error: BaseException) -> str:
    """
    Return an exception, what led to it and what stands in its group, as text: kinds and places.

    Only errors of the suite's own say more, which never quote code, and the system's, whose texts are fixed.
    """
    return "\n".join(line for each in _family(error) for line in _lines(each))


def _lines(error: BaseException) -> Iterator[str]:
    yield f"{type(error).__module__}.{type(error).__qualname__}{_said(error)}"
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    for code, line in reversed(frames[-MOST_FRAMES:]):
        yield f"  at {code.co_filename}:{line} in {code.co_name}"


def _said(error: BaseException) -> str:
    if isinstance(error, AssayError):
        return f": {error.message}"
    if isinstance(error, OSError) and error.strerror:
        return f": {error.strerror}"
    return ""


def _family(error: BaseException) -> Iterator[BaseException]:
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < MOST_EXCEPTIONS:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        led = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if led is not None:
            waiting.append(led)
