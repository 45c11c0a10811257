"""What a JavaScript or TypeScript file is sent along with."""

from pathlib import Path

import pytest

from cli import scripts
from cli.candidates import Framing, candidate_of
from cli.sources import Source
from tests.cli.test_modules import write

MAIN = """
import "x";
import { a } from "./a.js";
import b from "../lib";
const c = require("./c");
"""


@pytest.fixture
def package(folder: Path) -> Path:
    """Return a folder with a package in it."""
    write(
        folder,
        {
            "package.json": '{"dependencies": {"left-pad": "1"}}',
            "tsconfig.json": "{}",
            "src/main.ts": MAIN,
            "src/a.ts": 'export * from "./deep";\n',
            "src/deep.ts": "export const a = 1;\n",
            "src/c/index.js": "module.exports = 1;\n",
            "lib/index.ts": "export default 1;\n",
            "node_modules/x/index.js": "",
        },
    )
    return folder


def found(folder: Path, path: str, *, deep: bool = False) -> list[str]:
    """Return the paths of a file's context."""
    place = folder / path
    return sorted(scripts.context(place, place.read_bytes(), deep=deep))


def test_relative_imports_and_settings(package: Path) -> None:
    """The package's settings and what the file names by relative paths are found, as compilers find them."""
    assert found(package, "src/main.ts") == [
        "lib/index.ts",
        "package.json",
        "src/a.ts",
        "src/c/index.js",
        "tsconfig.json",
    ]


def test_imports_of_imports(package: Path) -> None:
    """What imported files import is found where the file is run."""
    assert "src/deep.ts" in found(package, "src/main.ts", deep=True)


def test_nothing_above_the_package(package: Path) -> None:
    """A path that leads out of the package is not followed."""
    write(package, {"inner/package.json": "{}", "inner/main.js": 'import "../src/a";\nimport "./main";\n'})
    assert found(package, "inner/main.js") == ["package.json"]


def test_paths_are_those_of_the_package(package: Path) -> None:
    """A file goes by its path in its package, and its context beside it."""
    candidate = candidate_of(Source(str(package / "src/main.ts"), package / "src/main.ts"), Framing())
    assert candidate.files[0].path == "src/main.ts"
    assert "src/a.ts" in {file.path for file in candidate.context_files}


def test_bounds(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The context is bounded in files and bytes, the nearest first."""
    monkeypatch.setattr(scripts, "MAX_CONTEXT_FILES", 2)
    assert found(package, "src/main.ts") == ["package.json", "tsconfig.json"]
    monkeypatch.setattr(scripts, "MAX_CONTEXT_FILES", 9)
    monkeypatch.setattr(scripts, "MAX_CONTEXT_BYTES", 40)
    assert found(package, "src/main.ts") == ["package.json", "tsconfig.json"]
