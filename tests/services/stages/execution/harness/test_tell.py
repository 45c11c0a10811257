"""What a check that was taken out calls."""

import unittest
from typing import Any

import pytest

from services.stages.execution.harness.channel import FullError
from services.stages.execution.harness.describe import Describer
from services.stages.execution.harness.tell import Tell


class Way:
    """A channel that keeps what is sent, and has room for some of it."""

    def __init__(self, room: int = 10_000) -> None:
        self.sent: list[dict[str, Any]] = []
        self._room = room

    def send(self, event: str, **fields: Any) -> None:
        """Keep an event."""
        self.sent.append({"event": event, **fields})

    def send_bounded(self, event: str, **fields: Any) -> None:
        """Keep an event where there is room."""
        if len(str(fields)) > self._room:
            raise FullError
        self.send(event, **fields)


def telling(room: int = 10_000) -> tuple[Tell, list[dict[str, Any]]]:
    """Return what tells, and where that comes."""
    way = Way(room)
    return Tell(way, Describer({})), way.sent  # type: ignore[arg-type]


def test_values_are_told_as_plain_data() -> None:
    """In the order of the check."""
    tell, sent = telling()
    tell(3, 1, (2,))
    tell(4)
    assert sent == [
        {"event": "told", "check": 3, "values": [1, {"tuple": [2]}]},
        {"event": "told", "check": 4, "values": []},
    ]


@pytest.mark.parametrize(("value", "room"), [(object(), 10_000), ("x" * 100, 50), ("x" * 10**6, 10_000)])
def test_that_a_value_cannot_be_told_is_told(value: object, room: int) -> None:
    """It is no plain data, or there is no room."""
    tell, sent = telling(room)
    tell(0, value)
    assert [(each["event"], each["check"], "a value is" in each["problem"]) for each in sent] == [("told", 0, True)]


def test_what_a_block_raises_is_told_and_goes_no_further() -> None:
    """Its builtin types, the nearest first; none where nothing was raised."""
    tell, sent = telling()
    with tell.raising(1):
        raise type("Odd", (UnicodeError,), {})("no")
    with tell.raising(2):
        pass
    assert sent[0]["types"][:2] == ["UnicodeError", "ValueError"]
    assert (sent[0]["error"]["type"], sent[0]["error"]["message"]) == ("Odd", "no")
    assert sent[1] == {"event": "raised", "check": 2}


def test_a_skip_is_the_tests_own_way_to_end() -> None:
    """It passes through."""
    tell, sent = telling()
    with pytest.raises(unittest.SkipTest), tell.raising(1):
        raise unittest.SkipTest("later")
    assert sent == []


def test_an_object_is_asked_which_values_it_equals() -> None:
    """One that it cannot be compared with is none."""

    class Two:
        def __eq__(self, other: object) -> bool:
            if not isinstance(other, int):
                raise TypeError
            return other == 2

        __hash__ = None  # type: ignore[assignment]

    tell, sent = telling()
    tell.among(0, Two(), [1, 2, "x"])
    assert sent[0]["values"] == [[False, True, False]]
