"""The page of the settings: what the source says now, and all of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from host.settings import Settings
from host.settings_page import page, values

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "settings.md"
ROW = re.compile(r"^\| `(ASSAY_\w+)` \| `([^`]*)` \| (.+) \| (.+) \|$", re.MULTILINE)


def leaves(model: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the name in the environment and the default of every setting."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        full = f"{prefix}{name.upper()}"
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{full}__")
        else:
            yield full, "" if value is None else str(value) if isinstance(value, str | Path) else json.dumps(value)


def test_committed() -> None:
    """The committed page is what is made of the source now; `make docs` makes it."""
    assert DOCUMENT.read_text() == page()


def test_every_setting() -> None:
    """Every setting has a row with its default and a meaning, and nothing else does."""
    rows = {name: default for name, default, _, meaning in ROW.findall(page()) if meaning.endswith((".", "`"))}
    assert rows == {name: default or " " for name, default in leaves(Settings.model_construct(), "ASSAY_")}


def test_not_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the environment in which the page is made stay out of it."""
    before = page()
    monkeypatch.setenv("ASSAY_STATE_DIR", "/elsewhere")
    assert page() == before


@pytest.mark.parametrize(
    ("name", "schema", "text"),
    [
        ("seconds", {"type": "number", "exclusiveMinimum": 0, "maximum": 60}, "seconds, above 0, at most 60"),
        ("bytes_per_day", {"type": "integer", "minimum": 0}, "bytes, at least 0"),
        ("count", {"type": "integer", "minimum": 1}, "whole number, at least 1"),
        ("key", {"anyOf": [{"type": "string", "format": "path"}, {"type": "null"}]}, "path"),
        ("format", {"type": "string", "enum": ["json", "text"]}, "`json`, `text`"),
        ("peers", {"type": "object"}, "JSON object"),
    ],
)
def test_values(name: str, schema: dict[str, object], text: str) -> None:
    """A setting's bounds are told, with the unit that its name has."""
    assert values(name, schema) == text
