"""[tool.assay]: where it is looked for, what it means, and what is refused by name."""

from pathlib import Path

import pytest

from cli.project import Ignore, Project, project
from cli.sources import BadSource, Source
from tests.processes import ROOT

WHOLE = """
[tool.assay]
exclude = ["examples/", "*_pb2.py"]
stages = ["static"]
fail-on = "medium"
baseline = "known.json"
python = ".venv"

[[tool.assay.ignore]]
rules = ["placeholder/*", "static/x"]
paths = ["tests/"]
reason = "on purpose"

[[tool.assay.ignore]]
rules = ["semantic/y"]
"""


def written(folder: Path, text: str) -> Project:
    """Return the settings of a text."""
    (folder / "pyproject.toml").write_text(text)
    return project(folder)


def test_whole(folder: Path) -> None:
    """Every key is read, and paths are relative to the file's folder."""
    read = written(folder, WHOLE)
    assert (read.stages, read.fail_on) == (("static",), "medium")
    assert (read.baseline, read.python) == (folder / "known.json", folder / ".venv")
    assert read.ignores == (
        Ignore(("placeholder/*", "static/x"), ("tests/",), "on purpose"),
        Ignore(("semantic/y",)),
    )


def test_exclude_and_ignore(folder: Path) -> None:
    """Patterns are about paths below the settings' folder, wherever the command is run and however a path is given."""
    read = written(folder, WHOLE)
    assert read.excludes(Source("x", folder / "examples" / "a.py"))
    assert read.excludes(Source("x", folder / "a" / ".." / "deep" / "x_pb2.py"))
    assert not read.excludes(Source("x", folder / "a.py"))
    assert not read.excludes(Source("x", Path("/elsewhere/examples/a.py")))
    assert not read.excludes(Source("<stdin>", None))
    assert len(read.ignores_of(Source("x", folder / "tests" / "a.py"))) == 2
    assert read.ignores_of(Source("x", folder / "a.py")) == (Ignore(("semantic/y",)),)
    assert read.ignores_of(Source("<stdin>", None)) == (Ignore(("semantic/y",)),)


def test_upwards(folder: Path) -> None:
    """The nearest file with the table holds; one without it is passed by; where there is none, nothing is set."""
    written(folder, '[tool.assay]\nfail-on = "low"\n')
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert project(inner).fail_on == "low"
    assert project(inner).folder == folder
    (folder / "pyproject.toml").unlink()
    assert project(inner) == Project(inner)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.assay]\nexcludes = []", "has no key excludes"),
        ("[[tool.assay.ignore]]\nrule = 'x'", r"has no key ignore\[0\].rule"),
        ("[[tool.assay.ignore]]\nreason = 'x'", r"ignore\[0\] names no rules"),
        ("[[tool.assay.ignore]]\nrules = 'x'", r"ignore\[0\].rules is no array of texts"),
        ("[tool.assay]\nignore = 'x'", "ignore is no array of tables"),
        ("[tool.assay]\nignore = ['x']", r"ignore\[0\] is no table"),
        ("[tool.assay]\nexclude = [1]", "exclude is no array of texts"),
        ("[tool.assay]\nbaseline = 1", "baseline is no text"),
        ("[tool.assay]\nfail-on = 'bad'", "fail-on is none of info, low"),
        ("[tool]\nassay = 1", "tool.assay is no table"),
        ("[tool.assay", "it is no TOML"),
    ],
)
def test_bad(folder: Path, text: str, said: str) -> None:
    """A key or value that the table cannot have is refused by the names of the file and the key."""
    with pytest.raises(BadSource, match=said) as caught:
        written(folder, text)
    assert str(folder / "pyproject.toml") in str(caught.value)


def test_our_own() -> None:
    """The settings of this repository name files that are there, and a reason for each finding that does not count."""
    own = project(ROOT)
    assert own.folder == ROOT
    assert own.ignores
    assert all(ignore.reason and ignore.paths and "*" not in ignore.rules for ignore in own.ignores)
    for pattern in (*own.exclude, *(path for ignore in own.ignores for path in ignore.paths)):
        assert list(ROOT.glob(pattern)), pattern
