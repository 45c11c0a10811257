"""Did you mean: the known names nearest to one that does not exist."""

from collections.abc import Iterable, Sequence

SIMILAR = 80.0
"""The least similarity of a suggestion, of 100."""
SUGGESTIONS = 3
SHORT, LONG = 3, 5
"""Letters from which a slip may be told among few names, and among many."""

MAX_NAME = 100
"""The longest name that is compared, in characters: no name that means anything is longer."""


class Suggestions:
    """
    Looks names up for one candidate, up to a bound: each look compares thousands of names.

    :param looks: How many; after these nothing is like anything.
    """

    def __init__(self, looks: int = 200) -> None:
        self._left = looks

    def nearest(self, name: str, known: Sequence[str]) -> tuple[str, ...]:
        """Return :func:`nearest`, or nothing where the bound is reached."""
        self._left -= 1
        return nearest(name, known) if self._left >= 0 else ()

    def misspelt(self, name: str, known: Sequence[str], *, few: bool = False) -> str | None:
        """Return :func:`misspelt`, or None where the bound is reached."""
        self._left -= 1
        return misspelt(name, known, few=few) if self._left >= 0 else None


def nearest(name: str, known: Sequence[str], *, limit: int = SUGGESTIONS) -> tuple[str, ...]:
    """Return the names most like one, the likest first and, among equals, in the order given."""
    from rapidfuzz import fuzz, process

    if len(name) > MAX_NAME:
        return ()
    found = process.extract(
        name.lower(), known, scorer=fuzz.ratio, processor=str.lower, score_cutoff=SIMILAR, limit=limit
    )
    return tuple(dict.fromkeys(match for match, _, _ in found))


def misspelt(name: str, known: Sequence[str], *, few: bool = False) -> str | None:
    """
    Return the one known name that this is a misspelling of, or None where there is none or more than one.

    A misspelling is one edit away, or two from nine letters on (Damerau 1964: most slips are a letter inserted,
    dropped, changed, or swapped with the next). Names under five letters are too near to one another to tell.

    :param few: Whether the known names are the few that can stand there, such as the parameters of a function. Then
        names of three and four letters are told as well, but for a letter that is another one.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if not (SHORT if few else LONG) <= len(name) <= MAX_NAME:
        return None
    edits = 2 if len(name) >= 9 else 1
    found = process.extract(name, known, scorer=OSA.distance, score_cutoff=edits, limit=2)
    if not found or (len(found) > 1 and found[1][1] == found[0][1]):
        return None
    meant = str(found[0][0])
    is_another_letter = len(meant) == len(name) and sorted(meant) != sorted(name)
    return None if len(name) < LONG and is_another_letter else meant


def swapped(name: str, known: Iterable[str]) -> str | None:
    """
    Return the one known name that this is with two neighbouring letters changed, or None where there is none or more.

    All letters are there, so that members of three and four letters, too, can be told by it: `sys.agrv`, `os.ptah`.
    """
    if not SHORT <= len(name) <= MAX_NAME:
        return None
    turned = {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)} - {name}
    found = turned.intersection(known)
    return found.pop() if len(found) == 1 else None
