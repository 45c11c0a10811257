"""Values of the code under test, as plain data that can leave the sandbox."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 40
MAX_ITEMS = 20_000
MAX_TEXT = 100_000
"""Bounds of one value: containers in one another, items of all of them together, characters or bytes of one text."""

SAFE_BITS = 62


class NotPlainError(Exception):
    """A value is of another type than plain data, or larger than what is told."""


class Encoder:
    """
    Turns one value after another into what JSON can carry without loss.

    Types are exact, or derived from a plain one without a comparison of their own; what a class makes of its contents
    is not asked, since the methods are those of the plain type. Whatever the code under test does to this class, it can
    change values only: what they are compared with is not here.
    """

    def __init__(self) -> None:
        self._items = 0

    def encode(self, value: Any, depth: int = 0) -> Any:
        """
        Return the data.

        :raises NotPlainError: There is none.
        """
        kind = type(value)
        if value is None or kind is bool:
            return value
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS:
            raise NotPlainError("larger than what is told")
        if (text := _NAMED.get((kind.__module__, kind.__name__))) is not None:
            return {kind.__name__: self._text(text(value), depth)}
        plain = kind if kind in _ENCODERS else _base(kind)
        return _ENCODERS[plain](self, value, depth + 1)

    def _integer(self, value: Any, depth: int) -> Any:
        value = int.__index__(value)
        return value if value.bit_length() <= SAFE_BITS else {"int": hex(value)}

    def _float(self, value: Any, depth: int) -> Any:
        value = float.__float__(value)
        return value if value - value == 0 else {"float": float.__repr__(value)}

    def _text(self, value: Any, depth: int) -> Any:
        value = str.__str__(value)
        self._bound(value)
        try:
            str.encode(value)
        except UnicodeEncodeError:
            return {"str": str.encode(value, "utf-8", "surrogatepass").hex()}
        return value

    def _bytes(self, value: Any, depth: int) -> Any:
        self._bound(value)
        return {"bytearray" if isinstance(value, bytearray) else "bytes": bytes(value).hex()}

    def _list(self, value: Any, depth: int) -> Any:
        return [self.encode(each, depth) for each in list.__iter__(value)]

    def _tuple(self, value: Any, depth: int) -> Any:
        return {"tuple": [self.encode(each, depth) for each in tuple.__iter__(value)]}

    def _set(self, value: Any, depth: int) -> Any:
        return {"set": [self.encode(each, depth) for each in set.__iter__(value)]}

    def _frozenset(self, value: Any, depth: int) -> Any:
        return {"frozenset": [self.encode(each, depth) for each in frozenset.__iter__(value)]}

    def _dict(self, value: Any, depth: int) -> Any:
        pairs = list(dict.items(value))
        return {"dict": [[self.encode(key, depth), self.encode(each, depth)] for key, each in pairs]}

    def _complex(self, value: Any, depth: int) -> Any:
        return {"complex": [self._float(value.real, depth), self._float(value.imag, depth)]}

    def _bound(self, text: Any) -> None:
        self._items += len(text) // 64
        if len(text) > MAX_TEXT:
            raise NotPlainError("larger than what is told")


_ENCODERS: dict[Any, Any] = {
    int: Encoder._integer,
    float: Encoder._float,
    str: Encoder._text,
    list: Encoder._list,
    tuple: Encoder._tuple,
    dict: Encoder._dict,
    set: Encoder._set,
    frozenset: Encoder._frozenset,
    bytes: Encoder._bytes,
    bytearray: Encoder._bytes,
    complex: Encoder._complex,
}

_AS_PLAIN = {("collections", "OrderedDict"), ("collections", "Counter")}
"""Types whose comparison is their own and agrees with the plain one's where the other side is plain."""


_NAMED: dict[tuple[str, str], Any] = {
    ("decimal", "Decimal"): str,
    ("fractions", "Fraction"): str,
    ("datetime", "date"): str,
    ("datetime", "datetime"): str,
    ("datetime", "timedelta"): lambda value: f"{value.days} {value.seconds} {value.microseconds}",
    ("builtins", "range"): lambda value: f"{value.start} {value.stop} {value.step}",
}
"""Types of the library that one text tells, by module and name."""


def _base(kind: type) -> type:
    """Return the plain type that a type is derived from, where it compares as that one does."""
    for plain in _ENCODERS:
        if issubclass(kind, plain):
            if kind.__eq__ is plain.__eq__ or (kind.__module__, kind.__name__) in _AS_PLAIN:
                return plain  # type: ignore[no-any-return]
            break
    raise NotPlainError(f"of the type {kind.__name__[:100]}")
