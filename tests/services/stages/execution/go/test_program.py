"""What goes into the sandbox for a candidate in Go."""

import pytest
from assay.stage import SourceFile, TestSuite

from services.stages.execution.compiled_toolchain import CannotRun, Program
from services.stages.execution.go.program import program
from services.stages.execution.masking import MAX_BYTES
from tests.services.stages.execution.conftest import candidate

NONCE = "0123456789abcdef" * 2
CODE = 'package shapes\n\nimport "fmt"\n\nfunc Area() int { fmt.Println(); return 1 }\n\nfunc main() { Area() }\n'


def _program(code: str | dict[str, str], tests: str | None, *more: SourceFile) -> Program:
    suite = None if tests is None else TestSuite((SourceFile("area_test.go", tests.encode()), *more))
    return program(candidate(code, language="go"), suite, NONCE)


def _text(made: Program, path: str) -> str:
    return next(file.content.decode() for file in made.files if file.path == path)


def test_tests_at_the_end() -> None:
    """Tests without a package stand at the code's end under their own lines, their imports in the package's line."""
    made = _program(CODE, 'import (\n\t"fmt"\n\t"math"\n)\n\nfunc TestArea(t *testing.T) { math.Abs(Area()) }\n')
    lines = _text(made, "main.go").split("\n")
    assert lines[0] == 'package main; import  "math"; import  "testing"'
    assert lines[4] == CODE.splitlines()[4]
    assert lines[6].startswith("func main")
    assert not lines[6].startswith("func main()")
    start = lines.index("//line assay-tests.go:1")
    assert lines[start + 6] == "func TestArea(t *testing.T) { math.Abs(Area()) }"
    assert made.entry_point == "0assay.go"
    assert made.stdin.decode() == f"{NONCE}\n"
    assert '"TestArea", TestArea' in _text(made, "0assayrun.go")


def test_nonce_is_nowhere_else() -> None:
    """The nonce is on standard input alone, and no name of ours can be told without it."""
    made = _program(CODE, "func TestArea(t *testing.T) {}\n")
    assert all(NONCE.encode() not in file.content for file in made.files)
    assert all(b"TOKEN" not in file.content for file in made.files)


def test_tests_as_a_file() -> None:
    """Tests with a package are a file of it, beside further files of theirs under names that the compiler takes."""
    more = SourceFile("data_test.go", b"package shapes\n\nvar Sizes = 1\n")
    made = _program(
        {"in/area.go": CODE}, 'package shapes\n\nimport "testing"\n\nfunc TestArea(t *testing.T) {}\n', more
    )
    assert _text(made, "in/assaytests.go").startswith("//line assay-tests.go:1\npackage main\n")
    assert _text(made, "data.go").startswith("package main\n")
    assert _text(made, "in/area.go").startswith("package main\n")
    assert made.entry_point == "in/0assay.go"


def test_files_of_the_package() -> None:
    """Files of the entry point's package become files of ours; those of others, and tests of the code's own, stay."""
    files = {
        "area.go": CODE,
        "more.go": "package shapes\n",
        "other/other.go": "package other\n",
        "area_test.go": "package shapes\n",
        "go.mod": "module example.com/shapes\n",
    }
    made = _program(files, None)
    assert _text(made, "more.go").startswith("package main\n")
    assert _text(made, "other/other.go") == files["other/other.go"]
    assert _text(made, "area_test.go") == files["area_test.go"]
    assert "Exit(0)" in _text(made, "0assay.go")


def test_no_name_of_ours_can_be_taken() -> None:
    """A candidate's file that is called like one of ours gives way."""
    made = _program({"main.go": CODE, "0assay.go": "package shapes\n"}, None)
    assert "Exit(0)" in _text(made, "0assay.go")
    assert len({file.path for file in made.files}) == len(made.files)


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ("func TestMain(m *testing.M) {}\n\nfunc TestArea(t *testing.T) {}\n", "they have a TestMain function"),
        ("func helper() {}\n", "they have neither a test function nor a main function"),
        (f"func TestArea(t *testing.T) {{}}\n//{'x' * MAX_BYTES}", "more than 1 MiB of code and tests"),
    ],
)
def test_cannot_run(tests: str, reason: str) -> None:
    """Tests that cannot be run here are refused with the reason."""
    with pytest.raises(CannotRun, match=reason):
        _program(CODE, tests)
