"""The modules of its own project that a file imports."""

from pathlib import Path

import pytest

from cli import modules
from cli.modules import context, import_roots, root_of
from cli.sources import Source


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def reached(folder: Path, path: str, *, deep: bool = True, roots: tuple[Path, ...] = ()) -> list[str]:
    """Return the paths in the context of a file."""
    source = Source(path, folder / path, roots=roots)
    return sorted(context(folder / path, (folder / path).read_bytes(), import_roots(source), deep=deep))


def test_siblings_are_found(folder: Path) -> None:
    """A module beside a script is its context, as it is when the script is run."""
    write(
        folder,
        {"main.py": "import helper, os\nfrom other import x as y\n", "helper.py": "", "other.py": "", "z.py": ""},
    )
    assert reached(folder, "main.py") == ["helper.py", "other.py"]


def test_packages_are_found_from_the_folder_above_them(folder: Path) -> None:
    """Absolute and relative imports of a package's own modules are found, with the packages on the way."""
    files = dict.fromkeys(
        ["pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/b.py", "pkg/c.py", "pkg/d.py", "e.py"], ""
    )
    write(folder, files | {"pkg/sub/a.py": "from . import b\nfrom ..c import x\nimport pkg.d\nfrom ....far import y\n"})
    assert root_of(folder / "pkg/sub/a.py") == folder
    assert reached(folder, "pkg/sub/a.py") == [
        "pkg/__init__.py", "pkg/c.py", "pkg/d.py", "pkg/sub/__init__.py", "pkg/sub/b.py",
    ]  # fmt: skip


def test_imports_of_imports_are_found_where_the_file_is_run(folder: Path) -> None:
    """What runs needs all that it reaches; what is only read needs what it names."""
    write(folder, {"a.py": "import b\n", "b.py": "import c\n", "c.py": "import a\n"})
    assert reached(folder, "a.py") == ["b.py", "c.py"]
    assert reached(folder, "a.py", deep=False) == ["b.py"]


def test_given_directories_are_roots(folder: Path) -> None:
    """A test finds the code that it tests in the directory given, or in its `src`."""
    write(folder, {"tests/test_x.py": "import app\nimport lib.core\n", "src/app.py": "", "lib/core.py": ""})
    assert reached(folder, "tests/test_x.py") == []
    assert reached(folder, "tests/test_x.py", roots=(folder,)) == ["app.py", "lib/core.py"]


def test_names_in_parentheses_are_read(folder: Path) -> None:
    """An import over several lines names modules too."""
    write(
        folder,
        {
            "pkg/__init__.py": "",
            "pkg/one.py": "",
            "pkg/two.py": "",
            "main.py": "from pkg import (\n one,\n two as t,\n)\n",
        },
    )
    assert reached(folder, "main.py") == ["pkg/__init__.py", "pkg/one.py", "pkg/two.py"]


def test_files_that_do_not_parse_have_a_context(folder: Path) -> None:
    """Imports are read although the file is cut off."""
    write(folder, {"main.py": "import helper\ndef f(:\n", "helper.py": ""})
    assert reached(folder, "main.py") == ["helper.py"]


def test_the_context_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither more files nor more bytes than the bounds are taken."""
    write(folder, {f"m{n}.py": "x" * 10 for n in range(9)} | {"main.py": "".join(f"import m{n}\n" for n in range(9))})
    monkeypatch.setattr(modules, "MAX_CONTEXT_FILES", 5)
    assert len(reached(folder, "main.py")) == 5
    monkeypatch.setattr(modules, "MAX_CONTEXT_BYTES", 25)
    assert len(reached(folder, "main.py")) == 2


@pytest.mark.parametrize("text", [b"from " + b" " * 2_000_000, b"import " * 300_000, b"from . import (" * 100_000])
@pytest.mark.timeout(20)
def test_no_text_makes_the_search_crawl(folder: Path, text: bytes) -> None:
    """A hostile file costs no more than its size."""
    (folder / "main.py").write_bytes(text)
    assert context(folder / "main.py", text, [folder], deep=True) == {}
