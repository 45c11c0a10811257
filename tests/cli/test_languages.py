"""`assay languages`, and the language that a file's name tells."""

import json
from pathlib import Path, PurePath

import pytest
from assay.v1 import sandbox_pb2

from cli.languages import of_file
from cli.sources import BadSource
from tests.cli.conftest import Program, write_lua

KNOWN = [
    sandbox_pb2.Language(name="c", suffixes=[".c", ".h"]),
    sandbox_pb2.Language(name="header-first", suffixes=[".h"]),
    sandbox_pb2.Language(name="python", suffixes=[".py"]),
    sandbox_pb2.Language(name="python-data", suffixes=[".py"]),
]


@pytest.mark.parametrize(
    ("path", "named", "language"),
    [
        ("a/x.c", "", "c"),
        ("X.C", "", "c"),
        ("x.h", "", "header-first"),
        ("x.py", "", "python"),
        ("x.py", "python-data", "python-data"),
        ("x", "c", "c"),
    ],
)
def test_the_suffix_tells_and_a_name_overrides(path: str, named: str, language: str) -> None:
    """Of several languages it is one whose usual suffix it is, and then the first by name."""
    assert of_file(KNOWN, PurePath(path), named).name == language


@pytest.mark.parametrize(("path", "named"), [("x.zz", ""), ("x", ""), ("x.py", "cobol")])
def test_what_is_not_known_is_said_with_what_is(path: str, named: str) -> None:
    """The message is one line that lists every language."""
    with pytest.raises(BadSource) as raised:
        of_file(KNOWN, PurePath(path), named)
    assert all(language.name in str(raised.value) for language in KNOWN)
    assert "\n" not in str(raised.value)


def test_languages_are_listed_without_docker(program: Program, folder: Path) -> None:
    """A language of a third party is among them, and each says why it cannot be run."""
    write_lua(folder / "lua")
    settings = {
        "DOCKER_HOST": f"unix://{folder}/nobody.sock",
        "ASSAY_SANDBOX__LANGUAGE_FOLDERS": json.dumps([str(folder / "lua")]),
    }
    ended = program("languages", **settings)
    assert ended.status == 0, ended.stderr
    assert all(f"\n{name} " in ended.stdout for name in ("bash", "c", "lua", "python"))
    assert "not available" in ended.stdout
    assert "scripts/docker-up" in ended.stdout
    listed = json.loads(program("languages", "--json", **settings).stdout)["languages"]
    lua = next(language for language in listed if language["name"] == "lua")
    assert (lua["version"], lua["suffixes"], lua["available"]) == ("5.4", [".lua"], False)
    (folder / "x.lua").write_text("print(1)")
    ended = program("run", folder / "x.lua", **settings)
    assert ended.status == 125
    assert "Docker" in ended.stderr, "the file's language was known by its suffix"
