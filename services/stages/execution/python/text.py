"""The text of a test file: its parts by their place, and edits that leave every line where it was."""

import ast
import io
import tokenize
from collections.abc import Iterable

Span = tuple[int, int]
"""Where a part begins and ends, in bytes of the text."""


class Text:
    """
    A source in UTF-8.

    :raises ValueError: It is in another encoding, or no Python.
    """

    def __init__(self, source: bytes) -> None:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        if encoding not in {"utf-8", "utf-8-sig"}:
            raise ValueError("the tests are not in UTF-8")
        text = source.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        self.content = text.encode()
        self._starts = [0]
        for line in self.content.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._edits: list[tuple[Span, bytes]] = []

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Return where a node stands."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of a node, as it was written; one that was made up is written out."""
        if getattr(node, "end_lineno", None) is None:
            return ast.unparse(node)
        start, end = self.span(node)
        return self.content[start:end].decode()

    def with_names(self, node: ast.expr, places: Iterable[tuple[ast.expr, str]]) -> str:
        """Return the text of an expression with names in the place of some of its parts."""
        if getattr(node, "end_lineno", None) is None:
            return ast.unparse(node)
        start, end = self.span(node)
        text = self.content
        inside = sorted((self.span(part), name) for part, name in places)
        for (first, last), name in reversed([each for each in inside if start <= each[0][0] and each[0][1] <= end]):
            text = text[:first] + name.encode() + text[last:]
            end += len(name) - (last - first)
        return text[start:end].decode()

    def can_replace(self, node: ast.stmt) -> bool:
        """Return whether a statement can be replaced without moving others: nothing follows it on its last line."""
        start, end = self.span(node)
        if b"\n" not in self.content[start:end]:
            return True
        rest = self.content[end:].split(b"\n", 1)[0].strip()
        return not rest or rest.startswith(b"#")

    def is_alone(self, node: ast.stmt) -> bool:
        """Return whether a statement is alone on its lines."""
        start, end = self.span(node)
        before = self.content[:start].rsplit(b"\n", 1)[-1].strip()
        rest = self.content[end:].split(b"\n", 1)[0].strip()
        return not before and (not rest or rest.startswith(b"#"))

    def replace(self, node: ast.stmt | ast.expr, text: str) -> None:
        """Put one line of text in a node's place; the lines that it took stay."""
        start, end = self.span(node)
        lines = self.content[start:end].count(b"\n")
        filling = b"\n" * lines if isinstance(node, ast.stmt) else b" \\\n" * lines
        self._edits.append(((start, end), text.encode() + filling))

    def edited(self) -> bytes:
        """Return the text with all edits made, and without comments."""
        made = sorted(self._edits)
        for span in self._comments():
            if not any(start <= span[0] < end for (start, end), _ in made):
                self._edits.append((span, b""))
        text = self.content
        for (start, end), new in sorted(self._edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def _comments(self) -> Iterable[Span]:
        readline = io.BytesIO(self.content).readline
        lines = self.content.split(b"\n")
        for token in tokenize.tokenize(readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                begin = self._starts[line - 1] + len(lines[line - 1].decode()[:column].encode())
                yield begin, begin + len(token.string.encode())
