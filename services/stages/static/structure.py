"""
Whether a file is a whole program of its language, by its tree and by a scan that knows nothing of the grammar.

Grammars of languages without a preprocessor and without dialects are exact: over thousands of files of real projects
their errors were errors. Those of C, C++, shell and SQL are not: macros, quoting and dialects make errors of good code.
There an error decides only where the scan says independently that a bracket, a string or a comment has no other end.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.stage import Finding

from services.stages.source import Source
from services.stages.static.balance import Balance, balance
from services.stages.static.dialects import Dialect, dialect_of, is_exact
from services.stages.static.preprocessed import is_plain
from services.stages.static.syntax import CUT_OFF, DOUBTFUL, SYNTAX_ERROR
from services.stages.static.trees import errors, first_token, parse

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_BLOCKS = 12
"""Blocks that may be open at the end for a file still to be called cut off."""

MAX_MENDED = 100_000
"""Bytes of a file beyond which it is not tried how it might have gone on: each way is a parse."""

MAX_OPENERS = 1_000
"""Texts that begin in a file whose last one never ends, for it still to be parsed."""

MAX_BROKEN = 512 * 1024
"""Bytes of a file beyond which the scan alone says that it is broken: a parser takes long over what makes no sense."""

LOOSE = frozenset({"ruby", "bash"})
"""Languages in which brackets tell little of where a program ends."""

HEADERS = (".h", ".hh", ".hpp", ".hxx")
"""The suffixes of files that others include."""


@dataclass(frozen=True, slots=True)
class Structure:
    """
    What is known of one file's form.

    :param seen: What the scan saw.
    :param faults: What the tree says is wrong; empty for SQL, whose grammar knows too few dialects to ask.
    :param parsed: Whether there is a tree at all; see :data:`MAX_BROKEN`.
    """

    source: Source
    language: str
    dialect: Dialect
    grammar: str
    root: "Node"
    seen: Balance
    faults: list["Node"]
    parsed: bool

    @property
    def exact(self) -> bool:
        """Whether the faults of the tree are faults of the source."""
        starts = (fault.start_byte for fault in (self.faults[0], first_token(self.faults[0])))
        numbers = {self.source.position(start)[0] for start in starts}
        if self.dialect.macros and self.source.path.endswith(HEADERS):
            # What a header's macros are, only those know who include it.
            return False
        if self.dialect.macros:
            return is_plain(self.source.data, {line for number in numbers for line in self._around(number)})
        return all(is_exact(self.language, self.source.path, self.source.line(number)) for number in numbers)

    def _around(self, number: int) -> list[bytes]:
        """Return a line and its neighbours."""
        last = len(self.source.starts)
        return [self.source.line(other) for other in range(max(number - 1, 1), min(number + 1, last) + 1)]

    def problem(self) -> Finding | None:
        """Return what rejects the file, if anything does."""
        if not self.faults and self.language != "sql" and self.parsed:
            return None
        if self._stops():
            return self._cut_off()
        if self.faults and self.exact:
            return self._wrong(first_token(self.faults[0]).start_byte)
        if self.seen.stray >= 0 and self.language != "bash":
            return self._wrong(self.seen.stray)
        return None

    def doubt(self) -> Finding | None:
        """Return what looks wrong and need not be."""
        if not self.faults or self.problem() is not None:
            return None
        place = self.source.location(first_token(self.faults[0]).start_byte, self.faults[0].end_byte)
        return DOUBTFUL.finding(f"This does not look like {self.dialect.title}.", place)

    def _stops(self) -> bool:
        """Say whether the file ends before the program does."""
        seen = self.seen
        if self.parsed and self.language in LOOSE:
            return self._mended()
        open_end = seen.opened >= 0 or seen.open_text >= 0
        if open_end and seen.stray < 0:
            return True
        unfinished = self.dialect.unfinished.search(self.source.data, max(seen.end - 20, 0), seen.end) is not None
        at_end = any(fault.end_byte >= seen.end for fault in self.faults) or self.language == "sql"
        return unfinished and at_end

    def _mended(self) -> bool:
        """Say whether ends of blocks, added at the end of the file, would make it a program."""
        last = max(fault.end_byte for fault in self.faults)
        if last < self.seen.end or len(self.source.data) > MAX_MENDED:
            return False
        data = self.source.parsed.rstrip()
        return any(not parse(data + end, self.grammar).has_error for end in self._ends())

    def _ends(self) -> list[bytes]:
        if self.dialect.block_end:
            word = f"\n{self.dialect.block_end}".encode()
            closers = self.seen.closers.encode()
            return [mend + word * count for count in range(MAX_BLOCKS) for mend in (b"", b" nil", closers, b'"', b"'")]
        return [end.encode() for end in _shell_ends(self.root)]

    def _cut_off(self) -> Finding:
        seen, source = self.seen, self.source
        at = max(seen.opened, seen.open_text)
        what = "ends in the middle of a statement"
        if seen.open_text >= 0:
            what = f"never ends a string or comment that begins in line {source.position(seen.open_text)[0]}"
        elif seen.opened >= 0:
            what = f"never closes a bracket that opens in line {source.position(at)[0]}"
        place = source.location(max(seen.end - 1, 0), seen.end)
        return CUT_OFF.finding(f"The file stops before the program does: it {what}.", place)

    def _wrong(self, at: int) -> Finding:
        place = self.source.location(at, max(self.source.line_end(at), at))
        return SYNTAX_ERROR.finding(
            f"This is not {self.dialect.title}: nothing of the language goes on like this.", place
        )


_SHELL_PAIRS = {"then": "fi", "do": "done", "in": "esac", "{": "}", "(": ")", "$(": ")"}
_SHELL_ENDS = frozenset(_SHELL_PAIRS.values())


def _shell_ends(root: "Node") -> list[str]:
    """Return what would end the shell's blocks that the tree saw opened and not ended, or a string."""
    stack: list[str] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.child_count:
            waiting.extend(reversed(node.children))
        elif node.type in _SHELL_PAIRS and not node.is_missing:
            stack.append(_SHELL_PAIRS[node.type])
        elif node.type in _SHELL_ENDS and stack and not node.is_missing:
            stack.pop()
    rest = "\n".join(reversed(stack[:MAX_BLOCKS]))
    return [f"{start}\n{rest}\n" for start in ("", "then\n:\nfi", '"', "'", " :", "done")]


def structure(source: Source, language: str) -> Structure:
    """Look at one file; brackets opened too deep are not looked into."""
    dialect, grammar = dialect_of(language, source.path)
    seen = balance(source.data, dialect)
    parsed = seen.too_deep < 0 and not _is_hopeless(source.data, seen, dialect)
    root = parse(source.parsed if parsed else b"", grammar)
    if root.has_error and grammar == "c" and source.path.endswith(HEADERS):
        # Headers have one suffix in both languages.
        other = parse(source.parsed, "cpp")
        root = other if len(errors(other)) < len(errors(root)) else root
    faults = errors(root) if root.has_error and language != "sql" else []
    return Structure(source, language, dialect, grammar, root, seen, faults, parsed)


def _is_hopeless(data: bytes, seen: Balance, dialect: Dialect) -> bool:
    """Say whether a parser would take long over what the scan has found to be broken."""
    if seen.open_text >= 0 and dialect.opener and data.count(dialect.opener) > MAX_OPENERS:
        return True
    unbalanced = max(seen.opened, seen.stray, seen.open_text) >= 0
    return unbalanced and len(data) > MAX_BROKEN and dialect.grammar not in LOOSE
