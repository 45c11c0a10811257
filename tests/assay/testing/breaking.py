"""Validators that break, each in its own way, and one that does not."""

import itertools
import os
import time
from collections.abc import Iterable, Iterator

from assay.stage import Candidate, Category, Finding, Location, RuleInfo, Severity, SourceFile


class Fine:
    """Finds the word, and keeps the contract."""

    name = "words"
    version = "1"
    languages = frozenset({"python"})
    rules: tuple[RuleInfo, ...] = (
        RuleInfo(
            "words/word",
            Category.ARTIFACT,
            Severity.LOW,
            "The word stands there.",
            fires=("# TODO\n",),
            passes=("x = 1\n",),
        ),
    )

    def check(self, file: SourceFile, candidate: Candidate) -> Iterable[Finding]:
        """Find the word, at the beginning of the file."""
        if b"TODO" in file.content:
            yield self.found(file)

    def found(self, file: SourceFile, message: str = "The word stands there.") -> Finding:
        """Return a finding."""
        place = Location(file.path, 1, 1, 1, 1)
        return Finding("words/word", Category.ARTIFACT, Severity.LOW, message, place)


class Raises(Fine):
    """Raises."""

    def check(self, file: SourceFile, candidate: Candidate) -> Iterable[Finding]:
        """Raise."""
        raise ValueError(file.content)


class Hangs(Fine):
    """Never ends."""

    def check(self, file: SourceFile, candidate: Candidate) -> Iterable[Finding]:
        """Wait where no exception reaches."""
        while True:
            time.sleep(60)


class Dies(Fine):
    """Ends its process."""

    def check(self, file: SourceFile, candidate: Candidate) -> Iterable[Finding]:
        """End it."""
        os._exit(3)


class Quotes(Fine):
    """Tells the code."""

    def check(self, file: SourceFile, candidate: Candidate) -> Iterable[Finding]:
        """Tell all of it."""
        lines = file.content.decode(errors="replace").split()
        yield self.found(file, " ".join(file.content.decode(errors="replace").splitlines())[:900] if lines else "None.")


class Changes(Fine):
    """Never says the same."""

    numbers = itertools.count()

    def check(self, file: SourceFile, candidate: Candidate) -> Iterator[Finding]:
        """Count."""
        yield self.found(file, f"Number {next(self.numbers)}.")


class Blind(Fine):
    """Finds nothing, whatever its examples say."""

    def check(self, file: SourceFile, candidate: Candidate) -> Iterable[Finding]:
        """Find nothing."""
        return ()


class Eager(Fine):
    """Finds the word everywhere."""

    def check(self, file: SourceFile, candidate: Candidate) -> Iterable[Finding]:
        """Find it."""
        return (self.found(file),)


class Elsewhere(Fine):
    """Reads another language than it is tried with."""

    languages = frozenset({"go"})
