"""A Go file by its text."""

import pytest

from services.stages.execution.go.source import GoFile

FILE = GoFile(
    """// package fake
package area

import "fmt"
import (
\tstr "strings" // import "none"
\t_ "embed"
\t"math/rand/v2"
\t"gopkg.in/yaml.v3"
)

const note = `
func TestNot(t *testing.T) {}
`

func main() { run() }

func run() {
\tmain()
\tfmt.Println("main()", str.ToUpper("os.Exit(1)"))
}

type server struct{}

func (s server) main() { s.main() }

/* func TestAlsoNot(t *testing.T) {} */
func TestArea(t *testing.T) {}
func Test(tt *T) {}
func Testament(t *testing.T) {}
func TestMain(m *testing.M) {}
func TestHelper(t *testing.T, n int) {}
"""
)


def test_package_and_imports() -> None:
    """The package and the imports are those of the code, whatever comments and strings say."""
    assert FILE.package == "area"
    assert [(imported.path, imported.local_name) for imported in FILE.imports] == [
        ("fmt", "fmt"),
        ("strings", "str"),
        ("embed", "_"),
        ("math/rand/v2", "rand"),
        ("gopkg.in/yaml.v3", "yaml"),
    ]


def test_tests() -> None:
    """Tests are the functions that the go command takes for some."""
    assert FILE.tests == ("TestArea", "Test")
    assert FILE.declares("TestMain")
    assert not FILE.declares("TestNot")


def test_uses() -> None:
    """A package is in use where something of it is named in the code."""
    assert FILE.uses("str")
    assert not FILE.uses("os")
    assert not FILE.uses("s.main")


def test_main_under_another_name() -> None:
    """The main function and its calls are renamed; methods, strings and the rest stay."""
    renamed = FILE.with_main_called("start")
    assert "func start() { run() }" in renamed.text
    assert "\tstart()\n" in renamed.text
    assert '"main()"' in renamed.text
    assert "func (s server) main() { s.main() }" in renamed.text
    assert GoFile("package x\n\nfunc f() { main() }\n").with_main_called("start").text.endswith("main() }\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("package area\n", "package main"),
        ("// note\npackage area // area\n", "package main // area"),
        ("x", "package main; x"),
    ],
)
def test_in_package(text: str, line: str) -> None:
    """A file changes its package on the line of its clause, and gets one where it has none."""
    changed = GoFile(text).in_package("main").text
    assert line in changed.splitlines()
    assert changed.count("\n") == text.count("\n")


def test_header() -> None:
    """Tests lose the imports with which they begin, and no line moves."""
    tests = GoFile('// of area\nimport "testing"\nimport (\n\t"math"\n)\nfunc TestArea(t *testing.T) {}\n')
    assert tests.without_header().text.splitlines()[5] == "func TestArea(t *testing.T) {}"
    assert not tests.without_header().imports


def test_without_import() -> None:
    """What is named of a package is named without it, and its import is gone."""
    tests = GoFile(
        'package area_test\n\nimport "example.com/area"\n\nvar x = area.New("area.New") + other.area.New()\n'
    )
    alone = tests.without_import(tests.imports[0]).text
    assert 'var x = New("area.New") + other.area.New()' in alone
    assert "example.com" not in alone


def test_bytes_that_are_no_text() -> None:
    """Bytes that are no UTF-8 stay what they are."""
    content = b'package main\n\nvar s = "\xff"\n'
    assert GoFile.of(content).in_package("main").content == content
