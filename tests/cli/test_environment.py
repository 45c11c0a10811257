"""Which Python environment's packages count."""

from pathlib import Path

import pytest

from cli.environment import environment
from cli.sources import BadSource


def made(folder: Path) -> Path:
    """Make what looks like an environment."""
    (folder / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").write_text("")
    return folder


def test_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given counts before what is configured, that before the active one, and that before .venv."""
    given, configured, active, usual = (made(folder / name) for name in ("a", "b", "c", ".venv"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("VIRTUAL_ENV", str(active))
    assert environment(given, configured=configured) == given
    assert environment(given / "bin" / "python", configured=configured) == given
    assert environment(None, configured=configured) == configured
    assert environment(None) == active
    monkeypatch.setenv("VIRTUAL_ENV", str(folder / "gone"))
    assert environment(None) == usual
    monkeypatch.delenv("VIRTUAL_ENV")
    monkeypatch.chdir(given)
    assert environment(None) is None


def test_bad(folder: Path) -> None:
    """A folder that is no environment is refused where it was named."""
    with pytest.raises(BadSource, match="no Python environment"):
        environment(folder)
    with pytest.raises(BadSource, match="no Python environment"):
        environment(None, configured=folder / "gone")
