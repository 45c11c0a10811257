"""Frames: what goes in comes out, and hostile bytes are refused."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.runner.frames import (
    MAX_PAYLOAD,
    BadFrame,
    Decoder,
    Kind,
    decode_object,
    encode,
    encode_object,
    encode_pieces,
)

FRAMES = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=300)))


@given(FRAMES, st.integers(1, 50))
def test_frames_survive_any_cutting(wanted: list[tuple[Kind, bytes]], size: int) -> None:
    """However a stream is cut into pieces, the frames are the same."""
    stream = b"".join(encode(kind, payload) for kind, payload in wanted)
    decoder = Decoder()
    found = [frame for start in range(0, len(stream), size) for frame in decoder.feed(stream[start : start + size])]
    assert found == wanted


@given(st.binary(max_size=200))
def test_hostile_bytes_end_in_frames_or_an_error(data: bytes) -> None:
    """No bytes make the decoder do anything but yield frames, wait, or raise BadFrame."""
    try:
        for kind, payload in Decoder().feed(data):
            assert isinstance(kind, Kind)
            assert len(payload) <= len(data)
    except BadFrame:
        pass


def test_too_long_payload_is_refused_by_its_header() -> None:
    """A length beyond the bound is refused before any of the payload is awaited."""
    with pytest.raises(BadFrame):
        list(Decoder().feed(struct.pack(">BI", Kind.STDOUT, MAX_PAYLOAD + 1)))
    with pytest.raises(BadFrame):
        encode(Kind.STDOUT, bytes(MAX_PAYLOAD + 1))


@pytest.mark.parametrize("payload", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000, b'"x"', b"NaN"])
def test_only_objects_are_objects(payload: bytes) -> None:
    """A payload that is not a JSON object is refused."""
    with pytest.raises(BadFrame):
        decode_object(payload)


def test_objects_and_pieces() -> None:
    """Objects and long contents come back whole."""
    stream = encode_object(Kind.STEP, {"a": [1, "ü"]}) + b"".join(encode_pieces(Kind.FILE, b"x" * 1000, 300))
    frames = list(Decoder().feed(stream))
    assert decode_object(frames[0][1]) == {"a": [1, "ü"]}
    assert [len(payload) for _, payload in frames[1:]] == [300, 300, 300, 100]
