"""The settings: set one by one, bad ones refused with their name."""

import os

import pytest

from host.settings import BadSettings, Settings, read


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ASSAY_"):
            monkeypatch.delenv(name)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """One value of a group is set without the others losing theirs."""
    monkeypatch.setenv("ASSAY_SANDBOX__DEFAULT_LIMITS__WALL_SECONDS", "5")
    monkeypatch.setenv("ASSAY_VALIDATION__STAGE_SECONDS", '{"static": 7}')
    monkeypatch.setenv("ASSAY_PEERS", '{"static": "127.0.0.1:1"}')
    settings = read()
    assert settings.sandbox.default_limits.wall_seconds == 5
    assert settings.sandbox.default_limits.processes == Settings().sandbox.default_limits.processes
    assert settings.validation.stage_seconds == {"static": 7, "execution": 120}
    assert settings.peers == {"static": "127.0.0.1:1"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASSAY_PEERS", "hunter2"),
        ("ASSAY_LOG_LEVEL", "hunter2"),
        ("ASSAY_SERVER", "hunter2"),
        ("ASSAY_SERVER__MAX_CALL_SECONDS", "0"),
        ("ASSAY_SERVER__MAX_CALL_SECONDS", "-1"),
        ("ASSAY_SERVER__MAX_CALL_SECONDS", "inf"),
        ("ASSAY_SERVER__MAX_CALL_SECONDS", "nan"),
        ("ASSAY_SERVER__MAX_CALL_SECOND", "5"),
        ("ASSAY_SANDBOX__MAX_LIMITS__PROCESSES", "many"),
        ("ASSAY_VALIDATION__STAGE_SECONDS", '{"static": 0}'),
    ],
)
def test_bad(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A setting that is unknown or out of bounds is refused in one line with its name and without its value."""
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as caught:
        read()
    text = str(caught.value)
    assert "\n" not in text
    assert "hunter2" not in text
    assert (name in text) or (f'"{name.split("_")[1].lower()}"' in text)
