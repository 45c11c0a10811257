"""Which versions of Python this stage can judge by."""

import re

from assay.errors import InvalidArgument
from assay.languages import DEFAULT_VERSIONS

OLDEST, NEWEST = 7, 15
"""Minor versions of Python 3 whose grammar the linter knows."""

_VERSION = re.compile(r"3\.(\d{1,2})(?:\.\d{1,3})?")


def minor_version(text: str) -> int:
    """
    Return the minor version that "3.13" or "3.13.5" names; empty means the suite's default.

    :raises InvalidArgument: It is no version, or one whose grammar is not known here.
    """
    match = _VERSION.fullmatch(text or DEFAULT_VERSIONS["python"])
    if match is None or not OLDEST <= int(match[1]) <= NEWEST:
        raise InvalidArgument(
            "candidate.language_version",
            f"Python is judged by a version from 3.{OLDEST} to 3.{NEWEST}, written like 3.13",
        )
    return int(match[1])
