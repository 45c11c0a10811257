"""What Go's compiler says, as problems."""

import pytest
from assay.stage import SourceFile, TestSuite

from services.stages.execution.compiled_toolchain import Problem
from services.stages.execution.go.messages import problems
from tests.services.stages.execution.conftest import candidate

CODE = 'package main\n\nimport (\n\t"fmt"\n\t"sort"\n)\n\nfunc Area() int { return width * sort.Len(fmt.X) }\n'
SUITE = TestSuite((SourceFile("area_test.go", b"func TestArea(t *testing.T) { Area(); math.Abs(1) }\n"),))


def _problems(
    messages: str, *, tested: bool = True, code: str | dict[str, str] = CODE, text: str = ""
) -> list[Problem]:
    return problems(candidate(code, language="go", specification=text), SUITE if tested else None, messages)


def test_errors() -> None:
    """Each error has the caller's path and the line; what belongs to the one before is no error."""
    messages = (
        "# command-line-arguments\n./main.go:8:26: undefined: width\n"
        "./main.go:9:2: not enough return values\n\thave (number)\n\twant (int, error)\nmain.go:12:1: too many errors\n"
    )
    assert _problems(messages) == [
        Problem("main.go", 8, "undefined: width", "width", "name"),
        Problem("main.go", 9, "not enough return values"),
    ]


@pytest.mark.parametrize(
    ("message", "name", "missing"),
    [
        ("undefined: Volume", "Volume", "name"),
        ("undefined: math", "math", "standard"),
        ("undefined: strings.Uper", "strings.Uper", "standard"),
        ("s.Volume undefined (type Shape has no field or method Volume)", "Volume", "name"),
        ("not enough arguments in call to Area", "", ""),
    ],
)
def test_errors_of_the_tests(message: str, name: str, missing: str) -> None:
    """In the tests a name is one that the code was to define, or one of the standard library's."""
    (problem,) = _problems(f"assay-tests.go:1:30: {message}\n")
    assert (problem.path, problem.line, problem.name, problem.missing) == ("area_test.go", 1, name, missing)


@pytest.mark.parametrize(
    ("messages", "name"),
    [
        ("./main.go:4:2: could not import github.com/a/b (open : no such file or directory)\n", "github.com/a/b"),
        ('main.go:4:2: cannot find package "github.com/a/b" in any of:\n\t/usr/lib (from $GOROOT)\n', "github.com/a/b"),
        ("main.go:4:2: no required module provides package github.com/a/b: go.mod file not found\n", "github.com/a/b"),
        ("package main: build constraints exclude all Go files in /work\n", "cgo"),
    ],
)
def test_missing_package(messages: str, name: str) -> None:
    """A package that this environment lacks is told by its path, by the compiler and by the go command."""
    (problem,) = _problems(messages)
    assert (problem.name, problem.missing) == (name, "module")


def test_package_that_cannot_be() -> None:
    """A package that only the standard library could have, and has not, is an error of the code."""
    (problem,) = _problems("main.go:4:2: package fmt is not in std (/usr/lib/go/src/fmt)\n")
    assert problem == Problem("main.go", 4, "there is no package fmt in the standard library")


def test_errors_beside_missing_packages() -> None:
    """What the compiler finds wrong besides is told; packages that are not there bring about no error of their own."""
    messages = "main.go:4:2: could not import github.com/a/b (open : none)\nmain.go:8:26: declared and not used: x\n"
    assert [problem.message for problem in _problems(messages)] == ["declared and not used: x"]


def test_part_of_a_package() -> None:
    """What a file without tests lacks may stand in files of its package that were not submitted."""
    messages = "./main.go:8:26: undefined: width\n"
    (part,) = _problems(messages, tested=False)
    assert (part.name, part.missing) == ("the rest of the package main", "module")
    (whole,) = _problems(messages, tested=False, text="Return the area.")
    assert (whole.name, whole.missing) == ("width", "name")
    (package,) = _problems("./main.go:8:38: undefined: sort\n", tested=False)
    assert package.missing == "name"
    (passage,) = _problems("./main.go:1:1: undefined: sort\n", tested=False, code="func f() { sort.Ints(nil) }\n")
    assert passage.missing == "standard"
    (tested,) = problems(
        candidate(CODE, "func TestArea(t *testing.T) {}", language="go"), None, "./main.go:8:26: undefined: width\n"
    )
    assert tested.missing == "name"


def test_own_module() -> None:
    """A package of the candidate's own module that was not submitted is not there, and not made up."""
    code = {"main.go": CODE, "go.mod": "module shapes\n\ngo 1.24\n"}
    (problem,) = _problems("main.go:4:2: package shapes/square is not in std (/usr/lib/go)\n", code=code)
    assert (problem.name, problem.missing) == ("shapes/square", "module")


def test_imports_for_what_follows() -> None:
    """The package main without a main function may import what follows it, for example its tests; a program may not."""
    messages = './main.go:4:2: "fmt" imported and not used\n'
    (passage,) = _problems(messages, tested=False)
    assert (passage.name, passage.missing) == ("fmt", "standard")
    assert [problem.missing for problem in _problems(f"{messages}./main.go:8:2: missing return\n", tested=False)] == [
        ""
    ]
    for code in (f"{CODE}\nfunc main() {{}}\n", CODE.replace("package main", "package shapes")):
        assert [problem.missing for problem in _problems(messages, tested=False, code=code)] == [""]
    assert [problem.missing for problem in _problems(messages)] == [""]
