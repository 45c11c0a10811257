"""Sources that are made to cost a reader its time, its memory or its life, in every language."""

from collections.abc import Callable, Mapping

from assay.languages import SUFFIXES
from assay.testing.candidates import WRITING, Writing

MIB = 1 << 20

DEEP = 100_000

Shape = Callable[[Writing], str | bytes]


def _nested(writing: Writing) -> str:
    before, opens, inside, closes, after = writing.nest
    return before + opens * DEEP + inside + closes * DEEP + after


def _never_closed(writing: Writing) -> str:
    return writing.nest[0] + writing.nest[1] * DEEP


def _closed_alone(writing: Writing) -> str:
    return writing.nest[0] + writing.nest[3] * DEEP


def _long_text(writing: Writing) -> str:
    return writing.text[0] + "a" * (5 * MIB) + writing.text[1]


def _long_line(writing: Writing) -> str:
    line = writing.whole.replace("\n", " ")
    return line * (5 * MIB // len(line))


def _notes(writing: Writing) -> str:
    start, end = writing.comment
    note = f"{start}TODO{end}\n" if start else writing.line % (1, 1)
    return (note * (MIB * 5 // len(note)))[: 5 * MIB]


def _statements(writing: Writing) -> str:
    return "".join(writing.line % (number, number) for number in range(60_000))


def _long_names(writing: Writing) -> str:
    return writing.line.replace("%d", "x" * MIB) * 2


def _no_text(writing: Writing) -> bytes:
    return writing.whole.encode() + b"\xff\xfe\xc3(" * 100_000


def _zeros(writing: Writing) -> bytes:
    return writing.whole.encode() + bytes(MIB)


def _repeated(unit: str, size: int, writing: Writing) -> str:
    """Repeat a unit as a comment, as a text, and as code."""
    many = unit * (size // len(unit))
    start, end = writing.comment
    return f"{start}{many}{end}\n{writing.text[0]}{many}{writing.text[1]}{many}\n{writing.whole}"


REPEATED = {
    "spaces": " ",
    "tabs and spaces": "\t ",
    "line ends": "\n",
    "carriage returns": "\r",
    "quotes": "'\"`",
    "three quotes": '"""',
    "backslashes": "\\",
    "brackets": "([{<",
    "comment openers": "/*",
    "comment closers": "*/",
    "markup openers": "<!--<a ",
    "here documents": "<<EOF\n",
    "interpolations": "${#{$(",
    "template openers": "{{ ",
    "tags": "<YOUR_",
    "near phrases": "implementation of the rest of your code goes unchanged ",
    "near notes": "TO DO FIX ME todo: ",
    "ellipses": "... ",
    "near fences": "``` ``\n",
    "near markers": "<<<<<<<=======\n",
    "near keys": "AKIA0-----BEGIN eyJ",
    "digits": "1_0.e",
    "letters": "aA",
    "marks": "e\u0301\u200d\U0001f469",
}  # fmt: skip

_SHAPES: Mapping[str, Shape] = {
    "nested": _nested,
    "never closed": _never_closed,
    "closed alone": _closed_alone,
    "long text": _long_text,
    "long line": _long_line,
    "notes": _notes,
    "statements": _statements,
    "long names": _long_names,
    "no text": _no_text,
    "zeros": _zeros,
}
"""How a source can be hostile beside by what it repeats, by name; each makes one of at most 8 MiB."""

SHAPES = (*_SHAPES, *REPEATED)


def hostile(language: str, shape: str, size: int = MIB) -> bytes:
    """
    Return a source of a language in one of the shapes.

    :param size: Bytes for each of the three places in which a shape repeats something.
    """
    writing = WRITING[language]
    made = _repeated(REPEATED[shape], size, writing) if shape in REPEATED else _SHAPES[shape](writing)
    return made.encode() if isinstance(made, str) else made


def file_name(language: str) -> str:
    """Return a name for a file of a language."""
    return f"main{next(suffix for suffix, named in SUFFIXES.items() if named == language)}"
