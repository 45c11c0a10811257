"""Signatures as ty lists them, and calls as they stand in the source."""

import pytest

from services.stages.semantic.imports import parse
from services.stages.semantic.types_calls import (
    Signature,
    has_too_many,
    read_call,
    read_signatures,
    unknown_keywords,
)

HEAD = "No overload of {kind} `f` matches arguments\n\ninfo: Possible overloads for {kind} `f`:\n"


def message(*signatures: str, kind: str = "function") -> str:
    """Return what ty says of a call that fits none of some signatures."""
    return HEAD.format(kind=kind) + "\n".join(f"info:   {signature}" for signature in signatures)


@pytest.mark.parametrize(
    ("text", "positional", "keywords"),
    [
        ('(a: int, /, *, b: str = "x") -> T', 1, {"b"}),
        ("[A, B](a: Iterable[A], /, *, key: (_T, /) -> X | Y, b: bool = False) -> list[_T]", 1, {"key", "b"}),
        ('(mode: Literal["r+", "a,b)", ... omitted 48 literals] = "r", *args: int, **more: Any) -> None', None, None),
        ("(x: int, y: (() -> object) | None = None) -> None", 2, {"x", "y"}),
        ("() -> None", 0, set()),
    ],
)
def test_parameters_are_read(text: str, positional: int | None, keywords: set[str] | None) -> None:
    """Types with commas, brackets and strings of their own do not disturb the reading of names."""
    expected = Signature(positional, None if keywords is None else frozenset(keywords))
    assert read_signatures(message(text)) == (expected,)


def test_a_bound_method_has_its_object_already() -> None:
    """The first parameter of a bound method is not the caller's to pass; that of a function is."""
    assert read_signatures(message("(self, a: int) -> None", kind="bound method"))[0].positional == 1
    assert read_signatures(message("(self, a: int) -> None"))[0].positional == 2


@pytest.mark.parametrize("line", ["... omitted 7 overloads", "(a: int", "[T(a) -> x"])
def test_a_list_that_is_not_whole_says_nothing(line: str) -> None:
    """Where an overload is left out or cannot be read, none is returned."""
    assert read_signatures(message("(a: int) -> None", line)) == ()


def test_keywords_and_numbers_are_compared_with_every_overload() -> None:
    """A keyword is unknown and a number too large only where that holds for all signatures."""
    call = read_call(parse(b"f(1, 2, c=3)\n").root_node.named_children[0].named_children[0])
    assert call is not None
    few, other, any_number = Signature(1, frozenset("ab")), Signature(1, frozenset("c")), Signature(None, None)
    assert [name.text for name in unknown_keywords(call, [few])] == [b"c"]
    assert list(unknown_keywords(call, [few, other])) == []
    assert list(unknown_keywords(call, [few, any_number])) == []
    assert has_too_many(call, [few, other])
    assert not has_too_many(call, [few, any_number])


def test_what_is_unpacked_has_no_number() -> None:
    """A call with an unpacked list is never said to pass too many."""
    call = read_call(parse(b"f(1, *x, 2)\n").root_node.named_children[0].named_children[0])
    assert call is not None
    assert not has_too_many(call, [Signature(0, frozenset())])
