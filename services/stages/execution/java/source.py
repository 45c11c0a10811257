"""A Java file by its text: its package, its imports, its types; as much of it as making a program takes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from services.stages.execution.masking import masked

WORDS = re.compile(
    r"(?P<comment>//[^\r\n]*+|/\*(?s:.)*?(?:\*/|\Z))"
    r'|(?P<literal>"""(?:\\(?s:.)|(?s:.))*?(?:"""|\Z)|"[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+(?:"|$)|'
    r"'(?:[^'\\\r\n]|\\[^\r\n]){1,8}')",
    re.MULTILINE,
)
_PACKAGE = re.compile(r"^[ \t]*package\s+([\w.]+)\s*;", re.MULTILINE)
_PUBLIC = re.compile(r"^[ \t]*public\s+(?:[\w-]+\s+){0,5}?(?:class|enum|record|@?interface)\s+(\w+)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import\s+(?:static\s+)?([\w.]+)(\.\*)?\s*;", re.MULTILINE)
_HEADER = re.compile(r"\A(?:\s*import\s[^;{}]*;)*")
_BRACE_OR_TYPE = re.compile(r"[{}]|(?<![.\w])(?:class|enum|record|@?interface)\s+(\w+)")
_MAIN = re.compile(r"\bstatic\s+(?:(?:public|final|synchronized)\s+){0,3}void\s+main\s*\(\s*(?:final\s+)?String\b")


@dataclass(frozen=True, slots=True)
class Type:
    """
    A type at the top of a file.

    :param start: Where its declaration's keyword stands, and ``end`` where the next type's does, or the text ends.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class JavaFile:
    """The text of a file of Java."""

    text: str

    @classmethod
    def of(cls, content: bytes) -> "JavaFile":
        """Return the file of some bytes; what is no UTF-8 stays as it is for :meth:`content`."""
        return cls(content.decode("utf-8", "surrogateescape").removeprefix("\ufeff"))

    @property
    def content(self) -> bytes:
        """The bytes."""
        return self.text.encode("utf-8", "surrogateescape")

    @cached_property
    def code(self) -> str:
        """The text with comments and literals blanked."""
        return masked(self.text, WORDS)

    @property
    def package(self) -> str:
        """The name of its package; empty for the one without a name."""
        found = _PACKAGE.search(self.code)
        return found[1] if found else ""

    @property
    def imports(self) -> tuple[str, ...]:
        """The names that its imports give, without the star."""
        return tuple(found[1] for found in _IMPORT.finditer(self.code))

    @cached_property
    def types(self) -> tuple[Type, ...]:
        """Its types, in order; those inside of others are not among them."""
        starts = list(self._types())
        ends = [*(start for _, start in starts[1:]), len(self.text)]
        return tuple(Type(name, start, end) for (name, start), end in zip(starts, ends, strict=False))

    def _types(self) -> Iterator[tuple[str, int]]:
        depth = 0
        for found in _BRACE_OR_TYPE.finditer(self.code):
            if found[1]:
                if depth == 0:
                    yield found[1], found.start()
            else:
                depth = max(0, depth + (1 if found[0] == "{" else -1))

    @property
    def main_type(self) -> str:
        """The name of the first type with a main method; empty where none has one."""
        found = _MAIN.search(self.code)
        return next((one.name for one in self.types if found and one.start < found.start() < one.end), "")

    @property
    def public_type(self) -> str:
        """The name of its public type; empty where none is."""
        found = _PUBLIC.search(self.code)
        return found[1] if found and found[1] in {one.name for one in self.types} else ""

    def has_all_of(self, name: str) -> bool:
        """Say whether the methods that are called by the name of a type, as static ones are, stand in the file."""
        called = set(re.findall(rf"(?<![.\w]){re.escape(name)}\s*\.\s*(\w+)\s*\(", self.code))
        return called <= set(re.findall(r"(?<![.\w])(\w+)\s*\(", self.code))

    @property
    def header(self) -> str:
        """The imports with which it begins, on one line, without comments."""
        return " ".join(
            self.text[found.start() : found.end()].strip() for found in _IMPORT.finditer(self.code, 0, _end(self))
        )

    def without_header(self) -> "JavaFile":
        """Return the file without the imports with which it begins; its lines stay where they are."""
        end = _end(self)
        return JavaFile("\n" * self.text.count("\n", 0, end) + self.text[end:])

    def with_imports(self, header: str) -> "JavaFile":
        """Return the file with more imports, on the line of its package or its first one."""
        found = _PACKAGE.search(self.code)
        at = found.end() if found else 0
        return JavaFile(f"{self.text[:at]}{header} {self.text[at:]}" if header else self.text)

    def with_name(self, name: str, other: str) -> "JavaFile":
        """Return the file with another name in the place of one, wherever the code has it."""
        return self._replaced(re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)"), other)

    def with_calls(self, function: str, other: str) -> "JavaFile":
        """Return the file with calls of a function, for example "System.exit", as calls of another."""
        return self._replaced(re.compile(rf"(?<![\w.]){re.escape(function)}(?=\s*\()"), other)

    def _replaced(self, pattern: re.Pattern[str], by: str) -> "JavaFile":
        text, last = [], 0
        for found in pattern.finditer(self.code):
            text += [self.text[last : found.start()], by]
            last = found.end()
        return JavaFile("".join([*text, self.text[last:]]))


def _end(file: JavaFile) -> int:
    found = _HEADER.match(file.code)
    return found.end() if found else 0
