"""The page of all settings, made from the settings themselves: ``python -P -m host.settings_page`` prints it."""

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from host.settings import Settings

HEAD = """\
# Settings

Every setting is a variable of the environment. They are read once, when a process starts; a value that is out of
bounds, or a name within a group that does not exist, stops the start with one line that names it. The defaults need no
set-up. This page is made from the source by `make docs`.
"""
COLUMNS = "\n| variable | default | values | meaning |\n|---|---|---|---|\n"
BOUNDS = (("exclusiveMinimum", "above {}"), ("minimum", "at least {}"), ("maximum", "at most {}"))
NOUNS = {"boolean": "`true` or `false`", "array": "JSON list", "object": "JSON object", "string": "text"}


def page() -> str:
    """Return the page, in Markdown."""
    return HEAD + "".join(_group("The suite", "", Settings.model_construct(), "ASSAY_", "##"))


def _group(title: str, text: str, group: BaseModel, prefix: str, level: str) -> Iterator[str]:
    """Yield a heading with a table of the group's own settings, then the groups in it, one level below the whole's."""
    kind = type(group)
    documents, schema = attribute_docstrings(kind), kind.model_json_schema()["properties"]
    parts = {name: part for name in kind.model_fields if isinstance(part := getattr(group, name), BaseModel)}
    yield f"\n{level} {title}\n" + (f"\n{text}\n" if text else "") + COLUMNS
    for name in kind.model_fields:
        if name not in parts:
            cells = (_default(getattr(group, name)), values(name, schema[name]), _prose(documents[name]))
            yield f"| `{prefix}{name.upper()}` | " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
    for name, part in parts.items():
        title, _, text = _prose(documents.get(name) or type(part).__doc__ or "").partition(". ")
        inner = level if kind is Settings else f"{level}#"
        yield from _group(title.rstrip("."), text, part, f"{prefix}{name.upper()}__", inner)


def attribute_docstrings(kind: type) -> Mapping[str, str]:
    """Return the docstrings that stand below the attributes of a class, by the attributes' names."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for statement, following in zip(body.body, body.body[1:], strict=False):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
    return found


def values(name: str, schema: Mapping[str, Any]) -> str:
    """Return what a setting may be, from its JSON schema; its name tells the unit where there is one."""
    schema = next((each for each in schema.get("anyOf", ()) if each["type"] != "null"), schema)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] not in ("integer", "number"):
        return "path" if schema.get("format") == "path" else NOUNS[schema["type"]]
    unit = next((unit for unit in ("seconds", "bytes") if unit in name.split("_")), "")
    noun = unit or ("whole number" if schema["type"] == "integer" else "number")
    return ", ".join([noun, *(text.format(schema[bound]) for bound, text in BOUNDS if bound in schema)])


def _default(value: object) -> str:
    text = "" if value is None else str(value) if isinstance(value, str | Path) else json.dumps(value)
    return f"`{text or ' '}`"


def _prose(text: str) -> str:
    """Return a docstring as one line of Markdown."""
    line = " ".join(text.split()).replace("``", "`")
    return re.sub(r"docs/([\w-]+\.md)", r"[\1](\1)", line)


if __name__ == "__main__":
    sys.stdout.write(page())
