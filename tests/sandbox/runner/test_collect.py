"""Artifacts: which files are found, and how their names are written."""

import os
from pathlib import Path

import pytest

from sandbox.runner import frames
from sandbox.runner.collect import collector, escape
from sandbox.runner.orders import Gather

ESCAPED = [
    (b"plain.txt", "plain.txt"),
    ("ünï".encode(), "ünï"),
    (b"a\nb", r"a\x0ab"),
    (b"\xff", r"\xff"),
    (b"a\\x41", r"a\x5cx41"),
    (b"\x1b[31m", r"\x1b[31m"),
    ("\u202egpj".encode(), r"\xe2\x80\xaegpj"),
]


@pytest.mark.parametrize(("name", "wanted"), ESCAPED)
def test_escape(name: bytes, wanted: str) -> None:
    """What is not printable is written by its bytes, so that two names never look alike by it."""
    assert escape(name) == wanted


def test_deep_trees_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders beyond the depth that is searched are passed over, however deep they go."""
    monkeypatch.chdir(tmp_path)
    for depth in range(60):
        Path(f"at-{depth}").write_text("x")
        Path("d").mkdir()
        os.chdir("d")
    os.chdir(tmp_path)
    sent: list[bytes] = []
    collector(Gather(["**"], 1_000_000, 1000), sent.append)()
    kinds = [kind for frame in sent for kind, _ in frames.Decoder().feed(frame)]
    assert kinds.count(frames.Kind.ARTIFACT) == 33
