"""The page on extending shows what is installed and used by these tests, and says what holds."""

import re
from importlib import import_module

import pytest
from assay.languages import SUFFIXES
from assay.testing import LANGUAGES
from assay.validator import GROUP

from host import catalog
from services.stages.rules import MAX_FINDINGS
from services.stages.static import validators
from tests.plugin.conftest import EXAMPLE, ROOT

PAGE = (ROOT / "docs" / "extending.md").read_text()

SHOWN = dict(re.findall(r"^`([\w./-]+)`\n\n```\w+\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("path", SHOWN)
def test_shown_as_it_is(path: str) -> None:
    """A file that the page shows is the file that the tests use."""
    assert SHOWN[path] == (ROOT / path).read_text().rstrip("\n")


def test_whole() -> None:
    """Every block of code has its file's name above it, and the example is shown whole, but for what says nothing."""
    assert PAGE.count("\n```") == 2 * len(SHOWN)
    modules = {str(path.relative_to(ROOT)) for path in EXAMPLE.rglob("*.py")}
    assert modules - set(SHOWN) == {
        f"{EXAMPLE.relative_to(ROOT)}/src/assay_plugin_example/__init__.py",
        f"{EXAMPLE.relative_to(ROOT)}/tests/test_client.py",
    }


def test_figures() -> None:
    """The figures and names on the page are those of the code."""
    assert f"It has {validators.CHECK_SECONDS:g} seconds for all files" in PAGE
    assert f"Of the gravest findings {MAX_FINDINGS} are kept" in PAGE
    assert "each of the fifteen languages" in PAGE
    assert len(LANGUAGES) == len(set(SUFFIXES.values())) == 15
    assert f"`{catalog.STAGE_GROUP}` and `{GROUP}`" in PAGE


def test_promised() -> None:
    """Every module that the page promises to keep is there."""
    promise = re.search(r"^- ([^-]*?) keep every name", PAGE, re.MULTILINE)
    assert promise
    names = re.findall(r"`([a-z.]+)`", promise[1])
    assert "assay.validator" in names
    for name in names:
        import_module(name)


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)", PAGE))
def test_links(link: str) -> None:
    """What the page points to is there."""
    assert (ROOT / "docs" / link).exists()
