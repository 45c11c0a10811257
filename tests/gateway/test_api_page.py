"""The page of the contract: what the .proto files say now, and all of it."""

import re
from pathlib import Path

from gateway.api_page import page
from gateway.contract import public_methods

ROOT = Path(__file__).parent.parent.parent


def test_committed() -> None:
    """The committed page is what is made of the contract now; `make docs` makes it."""
    assert (ROOT / "docs" / "api.md").read_text() == page()


def test_every_method() -> None:
    """Every public method has a heading, its scope, and its ways over HTTP."""
    text = page()
    for path, method in public_methods().items():
        heading = path.rpartition("/")[0].rpartition(".")[2] + "." + path.rpartition("/")[2]
        section = text.partition(f"\n### {heading}\n")[2].partition("\n#")[0]
        assert f"Scope `{method.scope}`" in section
        assert all(f"`{route.method} {route.path}`" in section for route in method.routes)


def test_links() -> None:
    """Every link to a message leads to the one heading of that name."""
    text = page()
    headings = [heading.lower().replace(".", "") for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)]
    assert len(headings) == len(set(headings))
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(headings)


def test_shapes() -> None:
    """Lists, maps, choices, what may be absent, and streams are told as such."""
    text = page()
    assert "| `files` | list of [SourceFile](#sourcefile) |" in text
    assert "| `labels` | map of string to string |" in text
    assert "| `exit_code` | int32, or absent |" in text
    assert "| `stdin` | bytes, one of `message` |" in text
    assert "returns a stream of [ExecuteStreamResponse](#executestreamresponse)" in text
