"""Source as text: decoded as its language decodes it, with positions as the contract counts them."""

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass, field

from assay.stage import Location

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:[#\r\n]|$)")
_LONE_CR = re.compile(rb"\r(?!\n)")
_LINE_END = re.compile(rb"\r\n|\r|\n")


class UnreadableSource(Exception):
    """
    Bytes that the language does not read as text.

    :param reason: A clause for a person, without the bytes.
    :param offset: The first byte at fault.
    """

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Source:
    """
    A source file as text.

    :param path: As in the candidate.
    :param text: Without a byte order mark.
    :param data: The text in UTF-8, which is what parsers are given. Offsets below count its bytes.
    """

    path: str
    text: str
    data: bytes
    _starts: list[int] = field(default_factory=list, repr=False)

    @property
    def starts(self) -> list[int]:
        """The offset at which each line starts; lines end with LF, CR LF or CR, as Python's do."""
        if not self._starts:
            self._starts.append(0)
            self._starts.extend(match.end() for match in _LINE_END.finditer(self.data))
        return self._starts

    def with_data(self, data: bytes) -> "Source":
        """Return another text under the same path, given in UTF-8."""
        return Source(self.path, data.decode(), data)

    @property
    def parsed(self) -> bytes:
        """The data as tree-sitter takes it: with LF for a CR that stands alone, and so with the same offsets."""
        return _LONE_CR.sub(b"\n", self.data)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both from 1, columns in code points."""
        line = bisect_right(self.starts, offset)
        return line, len(self.data[self.starts[line - 1] : offset].decode("utf-8", "replace")) + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column, both from 1."""
        start = self.starts[min(line, len(self.starts)) - 1]
        if line > len(self.starts):
            return len(self.data)
        rest = self.data[start : self.starts[line] if line < len(self.starts) else len(self.data)]
        return start + len(rest.decode("utf-8", "replace")[: column - 1].encode())

    def location(self, start: int, end: int) -> Location:
        """Return the range between two offsets."""
        return Location(self.path, *self.position(start), *self.position(end))

    def line_end(self, offset: int) -> int:
        """Return the offset at which the line of an offset ends, without its end mark."""
        end = _LINE_END.search(self.data, offset)
        return end.start() if end else len(self.data)

    def line(self, number: int) -> bytes:
        """Return a line, from 1, without its end."""
        end = self.starts[number] if number < len(self.starts) else len(self.data)
        return self.data[self.starts[number - 1] : end].rstrip(b"\r\n")


def decode(content: bytes, path: str) -> Source:
    """
    Return the text of a source file, by its byte order mark or its coding cookie (PEP 263), UTF-8 without either.

    :raises UnreadableSource: It is not text in that encoding, or there is no such encoding.
    """
    marked = content.startswith(codecs.BOM_UTF8)
    body = content[len(codecs.BOM_UTF8) :] if marked else content
    name, at = _cookie(body)
    if marked and name not in ("", "utf-8"):
        raise UnreadableSource("its byte order mark says UTF-8 and its coding cookie says otherwise", at)
    try:
        text = body.decode(name or "utf-8")
        data = text.encode()
    except UnicodeDecodeError as error:
        raise UnreadableSource(f"it is not {error.encoding.upper()}: {error.reason}", error.start) from None
    except UnicodeError:
        raise UnreadableSource("it does not decode to Unicode text", at) from None
    return Source(path, text, data)


def decode_plain(content: bytes, path: str) -> Source:
    """
    Return the text of a source file in a language that has no coding cookies: by its byte order mark, else UTF-8.

    :raises UnreadableSource: It is not text in that encoding.
    """
    name = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(name)
        return Source(path, text, text.encode())
    except UnicodeDecodeError as error:
        raise UnreadableSource(f"it is not {name.upper()}: {error.reason}", error.start) from None
    except UnicodeEncodeError as error:
        raise UnreadableSource("it holds half a character", error.start) from None


_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def _cookie(body: bytes) -> tuple[str, int]:
    """Return the encoding that one of the first two lines names, and where; empty where none does."""
    start = 0
    for _ in range(2):
        end = _LINE_END.search(body, start)
        line = body[start : end.start() if end else len(body)]
        match = _COOKIE.match(line)
        if match:
            return _encoding(match[1], start), start
        if not _BLANK.match(line) or end is None:
            break
        start = end.end()
    return "", 0


def _encoding(name: bytes, at: int) -> str:
    try:
        found = codecs.lookup(name.decode("ascii").replace("_", "-"))
    except (LookupError, UnicodeError):
        raise UnreadableSource("its coding cookie names an encoding that does not exist", at) from None
    # Codecs such as "rot13" or "zlib" do not turn bytes into text; Python refuses them as source encodings.
    if not getattr(found, "_is_text_encoding", True):
        raise UnreadableSource("its coding cookie names an encoding that is not one of text", at)
    return found.name
