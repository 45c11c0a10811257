"""Options that may stand without their value, which the library that reads the arguments does not know."""

import os
from collections.abc import Sequence

UNCOMMITTED = "HEAD"
"""What a bare --diff compares with."""


def completed(arguments: Sequence[str]) -> list[str]:
    """
    Return the arguments with the value of a bare `--diff` of `assay check` filled in.

    What follows it is its value, unless that is an option or the path of something that is there; `--diff=BASE` leaves
    no doubt.
    """
    if not arguments or arguments[0] != "check":
        return list(arguments)
    given = list(arguments)
    options = given.index("--") if "--" in given else len(given)
    for index in range(options):
        if given[index] == "--diff" and not _is_base(given[index + 1 : options]):
            given[index] = f"--diff={UNCOMMITTED}"
    return given


def _is_base(following: Sequence[str]) -> bool:
    return bool(following) and not following[0].startswith("-") and not os.path.lexists(following[0])
