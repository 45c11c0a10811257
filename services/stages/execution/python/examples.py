"""Interactive examples (``>>> f(1)``), from the docstrings of the code and from the specification, compared."""

import ast
import doctest
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

PROMPT = ">>>"
FENCE = re.compile(r"^\s*(\"\"\"|'''|```.*)\s*$", re.MULTILINE)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


@dataclass(frozen=True, slots=True)
class Example:
    """
    One example.

    :param want: What it is to print; empty where that is open.
    :param raises: The exception that it is to end with, as a traceback has it; None where it is to end with none.
    :param flags: How what it prints is compared, in doctest's terms.
    """

    source: str
    want: str
    raises: str | None
    flags: int


@dataclass(frozen=True, slots=True)
class Examples:
    """
    Examples that share their names.

    :param test: Their id.
    :param line: Where they stand in the code; 0 where they are the specification's.
    """

    test: str
    examples: tuple[Example, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Printed:
    """
    What one example did.

    :param raised: The type of the exception that ended it; empty where none did.
    """

    text: str
    raised: str = ""


def examples_of(tree: ast.Module | None, specification: str) -> tuple[Examples, ...]:
    """
    Return the examples of a file and of a specification, those of both once.

    :param tree: The file; None where it cannot be read.
    """
    specified = in_specification(specification)
    return (*without(in_code(tree), specified), *specified)


def in_code(tree: ast.Module | None) -> list[Examples]:
    """Return the examples of each docstring of a file."""
    found = []
    for owner, line, text in _docstrings(tree):
        if examples := _parse(text):
            found.append(Examples(f"doctest {owner}" if owner else "doctest", examples, line))
    return _named_apart(found)


def in_specification(text: str) -> list[Examples]:
    """Return the examples of a specification, which may be prose, or the head of a program with docstrings."""
    if PROMPT not in text:
        return []
    tree = _tree(text) or _tree(text + "\n    pass\n")
    texts = [docstring for _, _, docstring in _docstrings(tree)] if tree else [FENCE.sub("", text)]
    parsed = [_parse(each) for each in texts]
    return _named_apart([Examples("example", examples) for examples in parsed if examples])


def without(found: list[Examples], known: list[Examples]) -> list[Examples]:
    """Return the examples that are not among the known ones."""
    pairs = {(example.source, example.want) for each in known for example in each.examples}
    return [each for each in found if any((e.source, e.want) not in pairs for e in each.examples)]


def is_right(example: Example, printed: Printed) -> bool:
    """Return whether an example did what it is to do."""
    if printed.raised:
        wanted = (example.raises or "").partition(":")[0].strip().rpartition(".")[2]
        return example.raises is not None and wanted == printed.raised
    if not example.want:
        return True
    return doctest.OutputChecker().check_output(example.want, printed.text, example.flags) or is_same_value(
        example.want, printed.text
    )


def is_same_value(want: str, got: str) -> bool:
    """Return whether two texts are literals of the same value: quotes and the order of a set are style."""
    try:
        wanted, gotten = ast.literal_eval(want.strip()), ast.literal_eval(got.strip())
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return False
    return type(wanted) is type(gotten) and bool(wanted == gotten)


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _docstrings(tree: ast.Module | None) -> Iterator[tuple[str, int, str]]:
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node, clean=True)
            if text and PROMPT in text:
                yield getattr(node, "name", ""), getattr(node, "lineno", 1), text


def _parse(text: str) -> tuple[Example, ...]:
    if PROMPT not in text:
        return ()
    try:
        parsed = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return ()
    return tuple(Example(e.source, e.want, e.exc_msg, _flags(e)) for e in parsed if not e.options.get(doctest.SKIP))


def _flags(example: doctest.Example) -> int:
    flags = FLAGS
    for flag, is_on in example.options.items():
        flags = flags | flag if is_on else flags & ~flag
    return flags


def _named_apart(found: list[Examples]) -> list[Examples]:
    seen: dict[str, int] = {}
    named = []
    for each in found:
        seen[each.test] = count = seen.get(each.test, 0) + 1
        named.append(each if count == 1 else replace(each, test=f"{each.test} ({count})"))
    return named
