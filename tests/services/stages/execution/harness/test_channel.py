"""Events on their way out."""

import json

import pytest

from services.stages.execution.harness.channel import bounded, encoder, text_of


@pytest.mark.parametrize(
    "event",
    [
        {"event": "told", "values": [1, 1.5, None, True, 'ä\n"\ud800', {"tuple": []}], "check": 2**62},
        {"event": "plan", "tests": ("a", "b"), "nested": [[[]]]},
    ],
)
def test_an_event_is_one_line_of_json(event: dict[str, object]) -> None:
    """The library's own core writes what the library writes."""
    assert encoder()(event) == json.dumps(event, separators=(",", ":"))
    assert "\n" not in encoder()(event)


def test_what_is_no_json_is_refused() -> None:
    """The harness sends nothing else."""
    with pytest.raises(TypeError):
        encoder()({"event": object()})


def test_texts_are_bounded_and_can_be_encoded() -> None:
    """Half a character is escaped; a message that cannot be had is empty."""

    class Mute(Exception):  # what code under test may call it
        def __str__(self) -> str:
            raise ValueError

    assert bounded("abc", 2) == "ab"
    assert bounded("\ud800").encode() == b"\\ud800"
    assert (text_of(Mute()), text_of(ValueError("x"))) == ("", "x")
