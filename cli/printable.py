"""Text of unknown origin made fit for a terminal: nothing in it moves the cursor, colours, rings or reorders."""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """
    Return the text with everything that is no visible character or space escaped as Python writes it.

    Control and format characters (bidirectional overrides among them), line separators and the surrogates that stand
    for undecodable bytes of a file name are escaped; a backslash stays as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _is_visible(character) else _escaped(character) for character in text)


def _is_visible(character: str) -> bool:
    return character == " " or unicodedata.category(character) not in _HIDDEN


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
