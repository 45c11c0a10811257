"""Stubs are read by version, with every platform counted."""

from pathlib import Path

import pytest

from services.stages.semantic.build_stdlib import Typeshed

STUB = """
import sys, re, enum
import os as os
from other import *
if sys.version_info >= (3, 12):
    def newer() -> int: ...
else:
    older: int
if sys.platform == "win32":
    windows = 1
elif sys.version_info >= (3, 9) and sys.platform != "linux":
    mac = 1
class Thing: ...
__all__ = ["Thing"]
__all__ += ["enum"]
"""


@pytest.fixture
def typeshed(tmp_path: Path) -> Typeshed:
    """A small typeshed."""
    (tmp_path / "VERSIONS").write_text("# remark\nmod: 3.0-\nother: 3.9-3.11  # gone\n")
    (tmp_path / "mod").mkdir()
    (tmp_path / "mod" / "__init__.pyi").write_text(STUB)
    (tmp_path / "mod" / "sub.pyi").write_text("def __getattr__(name: str) -> object: ...\n")
    (tmp_path / "other.pyi").write_text("starred: int\n")
    return Typeshed(tmp_path)


def test_members_depend_on_the_version(typeshed: Typeshed) -> None:
    """A version's members are those of its branches, of any platform, with what is re-exported and submodules."""
    assert typeshed.members("mod", (3, 12)) == {"os", "starred", "newer", "windows", "mac", "Thing", "enum", "sub"}
    assert typeshed.members("mod", (3, 8)) == {"os", "starred", "older", "windows", "Thing", "enum", "sub"}


def test_modules_have_the_versions_of_their_line(typeshed: Typeshed) -> None:
    """A module's versions are those of its line, a submodule's those of its parent."""
    assert typeshed.versions("other") == {(3, 9), (3, 10), (3, 11)}
    assert typeshed.versions("mod.sub") == typeshed.versions("mod")


def test_partial_stubs_are_known_as_such(typeshed: Typeshed) -> None:
    """A stub with a module-level __getattr__ leaves names out."""
    assert typeshed.is_partial("mod.sub")
    assert not typeshed.is_partial("mod")
