"""Options without their value."""

from pathlib import Path

import pytest

from cli.arguments import completed


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["check", "--diff"], ["check", "--diff=HEAD"]),
        (["check", "--diff", "--no-sandbox"], ["check", "--diff=HEAD", "--no-sandbox"]),
        (["check", "--diff", "main"], ["check", "--diff", "main"]),
        (["check", "--diff", "here"], ["check", "--diff=HEAD", "here"]),
        (["check", "--diff=here"], ["check", "--diff=here"]),
        (["check", "--diff", "--", "main"], ["check", "--diff=HEAD", "--", "main"]),
        (["check", "--", "--diff"], ["check", "--", "--diff"]),
        (["run", "--diff"], ["run", "--diff"]),
        ([], []),
    ],
)
def test_bare_diff(given: list[str], meant: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare --diff of `check` compares with HEAD; what is there as a file is no base, unless it is written as one."""
    (folder / "here").mkdir()
    monkeypatch.chdir(folder)
    assert completed(given) == meant
