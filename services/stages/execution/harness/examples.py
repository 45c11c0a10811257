"""Interactive examples (``>>> f(1)``), from the docstrings of the code and from the specification."""

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import doctest

PROMPT = ">>>"
FENCE = re.compile(r"^\s*(\"\"\"|'''|```.*)\s*$", re.MULTILINE)


class Examples:
    """
    One run of examples that share their names.

    :param test: Its id.
    :param line: Where they stand in the code; 0 where they are the specification's.
    """

    def __init__(self, test: str, examples: "list[doctest.Example]", line: int = 0) -> None:
        self.test = test
        self.examples = examples
        self.line = line


def in_code(source: bytes) -> list[Examples]:
    """Return the examples of each docstring of a file."""
    found = []
    for owner, line, text in _docstrings(_tree(source)):
        examples = _parse(text)
        if examples:
            found.append(Examples(f"doctest {owner}" if owner else "doctest", examples, line))
    return _named_apart(found)


def in_specification(text: str) -> list[Examples]:
    """Return the examples of a specification, which may be prose, or the head of a program with docstrings."""
    tree = _tree(text.encode(errors="replace")) or _tree((text + "\n    pass\n").encode(errors="replace"))
    texts = [docstring for _, _, docstring in _docstrings(tree)] if tree else [FENCE.sub("", text)]
    parsed = [_parse(each) for each in texts]
    return _named_apart([Examples("example", examples) for examples in parsed if examples])


def without(found: list[Examples], known: list[Examples]) -> list[Examples]:
    """Return the examples that are not among the known ones."""
    pairs = {(example.source, example.want) for each in known for example in each.examples}
    return [each for each in found if any((e.source, e.want) not in pairs for e in each.examples)]


def failure(each: Examples, names: dict[str, Any], path: str) -> "Failure | None":
    """Run one group of examples; return its first failure. What leaves the process leaves it."""
    import doctest

    class Runner(doctest.DocTestRunner):
        first: Failure | None = None

        def report_failure(self, out: Any, test: Any, example: doctest.Example, got: str) -> None:
            if example.want:
                self.first = self.first or Failure(example.source, example.want, got, None)

        def report_unexpected_exception(self, out: Any, test: Any, example: doctest.Example, exc_info: Any) -> None:
            self.first = self.first or Failure(example.source, example.want, "", exc_info[1])

    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL | doctest.FAIL_FAST
    runner = Runner(checker=_checker(), verbose=False, optionflags=flags)
    test = doctest.DocTest(each.examples, {**names, "__name__": "__main__"}, each.test, path, each.line, None)
    runner.run(test, out=lambda _: None)
    return runner.first


class Failure:
    """A failed example."""

    def __init__(self, source: str, want: str, got: str, error: BaseException | None) -> None:
        self.source = source
        self.want = want
        self.got = got
        self.error = error


def _checker() -> "doctest.OutputChecker":
    import doctest

    class ByValue(doctest.OutputChecker):
        """Takes literals of the same value for the same output: quotes and the order of a set are style."""

        def check_output(self, want: str, got: str, optionflags: int) -> bool:
            if super().check_output(want, got, optionflags):
                return True
            try:
                wanted, gotten = ast.literal_eval(want.strip()), ast.literal_eval(got.strip())
            except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
                return False
            return type(wanted) is type(gotten) and bool(wanted == gotten)

    return ByValue()


def _tree(source: bytes) -> ast.Module | None:
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


def _parse(text: str) -> "list[doctest.Example]":
    import doctest

    if PROMPT not in text:
        return []
    try:
        return doctest.DocTestParser().get_examples(text)
    except ValueError:
        return []


def _named_apart(found: list[Examples]) -> list[Examples]:
    seen: dict[str, int] = {}
    for each in found:
        seen[each.test] = count = seen.get(each.test, 0) + 1
        if count > 1:
            each.test += f" ({count})"
    return found
