"""A Go file by its text: its package, its imports, its tests; as much of it as making a program takes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from services.stages.execution.masking import masked

WORDS = re.compile(
    r"(?P<comment>//[^\r\n]*+|/\*(?s:.)*?(?:\*/|\Z))"
    r'|(?P<literal>"[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+(?:"|$)|`[^`]*+(?:`|\Z)|'
    r"'(?:[^'\\\r\n]|\\[^\r\n]){1,12}')",
    re.MULTILINE,
)
_PACKAGE = re.compile(r"^[ \t\ufeff]*package[ \t]+(\w+)", re.MULTILINE)
_SPEC = r'(?:(?:\w+|\.)[ \t]+)?(?:" *"|` *`)'
_IMPORT = re.compile(rf"(?:^|;)[ \t]*import\b\s*(?:\((?P<block>[^()]*)\)|(?P<one>{_SPEC}))", re.MULTILINE)
_ONE_OF_BLOCK = re.compile(r"(?:(?P<name>\w+|\.)[ \t]+)?(?P<path>\" *\"|` *`)")
_HEADER = re.compile(rf"\A(?:[\s;]*import\b\s*(?:\([^()]*\)|{_SPEC}))*[ \t;]*")
_TEST = re.compile(r"^func\s+(Test(?![a-z])\w*)\s*\(\s*\w+\s+\*\s*(?:\w+\s*\.\s*)?T\s*,?\s*\)", re.MULTILINE)
_MAIN = re.compile(r"^func\s+(main)\s*\(\s*\)", re.MULTILINE)
_CALL_OF_MAIN = re.compile(r"(?<![\w.])(?<!\) )(main)\s*\(")
_VERSION = re.compile(r"v\d+")


@dataclass(frozen=True, slots=True)
class Import:
    """
    One imported package.

    :param name: As the file gives it, for example "_" or "."; empty where it does not.
    :param span: Where it stands, its name included.
    """

    path: str
    name: str
    span: tuple[int, int]

    @property
    def local_name(self) -> str:
        """What the file calls the package; a guess by its path where no name is given."""
        if self.name:
            return self.name
        parts = self.path.split("/")
        last = parts[-2] if len(parts) > 1 and _VERSION.fullmatch(parts[-1]) else parts[-1]
        return last.partition(".v")[0]


@dataclass(frozen=True)
class GoFile:
    """The text of a file of Go, which need not be whole: tests may have no package clause."""

    text: str

    @classmethod
    def of(cls, content: bytes) -> "GoFile":
        """Return the file of some bytes; what is no UTF-8 stays as it is for :meth:`content`."""
        return cls(content.decode("utf-8", "surrogateescape"))

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
        """The name in the package clause; empty where there is none."""
        found = _PACKAGE.search(self.code)
        return found[1] if found else ""

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """What it imports, in order."""
        return tuple(self._imports())

    def _imports(self) -> Iterator[Import]:
        for declared in _IMPORT.finditer(self.code):
            start, end = declared.span("block" if declared["block"] is not None else "one")
            for spec in _ONE_OF_BLOCK.finditer(self.code, start, end):
                path = self.text[spec.start("path") + 1 : spec.end("path") - 1]
                yield Import(path, spec["name"] or "", spec.span())

    @property
    def tests(self) -> tuple[str, ...]:
        """The names of its test functions, in order; see "go doc testing" for what is one."""
        return tuple(dict.fromkeys(found[1] for found in _TEST.finditer(self.code) if found[1] != "TestMain"))

    @property
    def has_main(self) -> bool:
        """Whether it declares a main function."""
        return _MAIN.search(self.code) is not None

    def declares(self, function: str) -> bool:
        """Whether it declares a function, not a method, of this name."""
        return re.search(rf"^func\s+{re.escape(function)}\s*[(\[]", self.code, re.MULTILINE) is not None

    def uses(self, package: str) -> bool:
        """Whether something of a package of this local name is named."""
        return re.search(rf"(?<![\w.]){re.escape(package)}\s*\.\s*\w", self.code) is not None

    def in_package(self, name: str) -> "GoFile":
        """Return the file with another package in its clause; one without a clause gets it before its first line."""
        found = _PACKAGE.search(self.code)
        if found is None:
            return GoFile(f"package {name}; {self.text}")
        return GoFile(self.text[: found.start(1)] + name + self.text[found.end(1) :])

    def with_main_called(self, name: str) -> "GoFile":
        """Return the file with its main function, where it has one, and its calls, under another name."""
        if not self.has_main:
            return self
        places = {found.span(1) for pattern in (_MAIN, _CALL_OF_MAIN) for found in pattern.finditer(self.code)}
        return self._replaced(places, name)

    def without_header(self) -> "GoFile":
        """Return the file without the imports with which it begins; its lines stay where they are."""
        end = _header_end(self.code)
        return GoFile("\n" * self.text.count("\n", 0, end) + self.text[end:])

    def after_package(self, inserted: str) -> "GoFile":
        """Return the file with a text on the line of its package clause, which it has, behind it."""
        found = _PACKAGE.search(self.code)
        assert found is not None
        return GoFile(f"{self.text[: found.end()]}; {inserted}{self.text[found.end() :]}")

    def with_calls(self, function: str, name: str) -> "GoFile":
        """Return the file with calls of a function, for example "os.Exit", as calls of another."""
        pattern = re.compile(rf"(?<![\w.]){re.escape(function)}(?=\s*\()")
        return self._replaced({found.span() for found in pattern.finditer(self.code)}, name)

    def without_import(self, imported: Import) -> "GoFile":
        """Return the file with what it names of a package named without it, and without its import."""
        pattern = re.compile(rf"(?<![\w.]){re.escape(imported.local_name)}\s*\.\s*(?=[A-Z])")
        names = GoFile(f'{self.text[: imported.span[0]]}_ "unsafe"{self.text[imported.span[1] :]}')
        return names._replaced({found.span() for found in pattern.finditer(names.code)}, "")

    def _replaced(self, places: set[tuple[int, int]], by: str) -> "GoFile":
        text, last = [], 0
        for start, end in sorted(places):
            text += [self.text[last:start], by]
            last = end
        return GoFile("".join([*text, self.text[last:]]))


def _header_end(code: str) -> int:
    found = _HEADER.match(code)
    return found.end() if found else 0
