"""How an entry point's name is found."""

import ast

import pytest

from services.stages.execution.python.entry import locate


@pytest.mark.parametrize(
    ("path", "files", "source", "expected"),
    [
        ("main.py", {"main.py"}, b"", ("main", "", False)),
        ("src/main.py", {"src/main.py"}, b"", ("main", "src", False)),
        ("pkg/mod.py", {"pkg/mod.py", "pkg/__init__.py"}, b"", ("pkg.mod", "", True)),
        ("src/pkg/mod.py", {"src/pkg/mod.py", "src/pkg/__init__.py"}, b"", ("pkg.mod", "src", True)),
        ("pkg/__init__.py", {"pkg/__init__.py"}, b"", ("pkg", "", True)),
        ("pkg/mod.py", {"pkg/mod.py", "pkg/b.py"}, b"from .b import x", ("pkg.mod", "", True)),
        ("random.py", {"random.py"}, b"", ("candidate_random", "", False)),
        ("my-script", {"my-script"}, b"", ("my-script", "", False)),
    ],
)
def test_an_entry_point_is_a_script_or_part_of_a_package(
    path: str, files: set[str], source: bytes, expected: tuple[str, str, bool]
) -> None:
    """Packages and relative imports give the dotted name; a name of the standard library is not taken over."""
    entry = locate(path, files, ast.parse(source))
    assert (entry.module, entry.root, entry.packaged) == expected


def test_tests_may_know_it_from_any_folder_above() -> None:
    """The names by which tests import the entry point start at any folder of its path."""
    assert locate("src/area.py", {"src/area.py"}, None).aliases == {"area", "src.area"}
    assert locate("random.py", {"random.py"}, None).aliases == {"random", "candidate_random"}
