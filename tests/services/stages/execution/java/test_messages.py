"""What javac says, as problems."""

import pytest
from assay.stage import SourceFile, TestSuite

from services.stages.execution.compiled_toolchain import Problem
from services.stages.execution.java.messages import problems
from tests.services.stages.execution.conftest import candidate

UNIT = f"Assay{'0' * 16}.java"
CODE = "import java.util.*;\n\n// class Node { int value; }\nclass Area {\n    int size() { return width; }\n}"
SUITE = TestSuite((SourceFile("Main.java", b"class Main { }\n"),))


def _problems(*told: str, tested: bool = True, text: str = "", code: str = CODE) -> list[Problem]:
    given = candidate({"Area.java": code}, language="java", specification=text)
    return problems(given, SUITE if tested else None, "\n".join(told) + "\n1 error\n")


def _symbol(line: int, kind: str, name: str, location: str = "class Area") -> tuple[str, ...]:
    symbol = f"  symbol:   {kind} {name}"
    return f"{UNIT}:{line}: error: cannot find symbol", "    code", "    ^", symbol, f"  location: {location}"


def test_errors() -> None:
    """Each error has the caller's path and line; after the code's last line stand the tests."""
    told = [*_symbol(5, "variable", "width"), f"{UNIT}:8: error: missing return statement", "    }", "    ^"]
    assert _problems(*told) == [
        Problem("Area.java", 5, "cannot find symbol: variable width", "width", "name"),
        Problem("Main.java", 2, "missing return statement"),
    ]
    assert _problems("other/More.java:3: error: ';' expected", "note: x") == [
        Problem("other/More.java", 3, "';' expected")
    ]


@pytest.mark.parametrize(
    ("kind", "name", "missing"),
    [
        ("class", "Volume", "name"),
        ("method", "volume", "name"),
        ("class", "List", "standard"),
        ("variable", "Arrays", "standard"),
    ],
)
def test_errors_of_the_tests(kind: str, name: str, missing: str) -> None:
    """In the tests a name is one that the code was to define, or a type of the standard library."""
    (problem,) = _problems(*_symbol(7, kind, name, "class Main"))
    assert (problem.path, problem.line, problem.name, problem.missing) == ("Main.java", 1, name, missing)


def test_missing_package() -> None:
    """A package that this environment lacks is told alone: what else is wrong may follow from it."""
    told = [f"{UNIT}:1: error: package org.example.text does not exist", "import org.example.text.Case;", "      ^"]
    (problem,) = _problems(*told, *_symbol(5, "class", "Case"))
    assert (problem.line, problem.name, problem.missing) == (1, "org.example.text", "module")


@pytest.mark.parametrize(
    ("message", "source"),
    [
        ("package system does not exist", "        system.out.println(1);"),
        ("package java.utli does not exist", "import java.utli.*;"),
    ],
)
def test_package_that_cannot_be(message: str, source: str) -> None:
    """A misspelt name that javac takes for a package, and one that only Java itself could have, are errors."""
    (problem,) = _problems(f"{UNIT}:2: error: {message}", source, "   ^")
    assert problem.missing != "module"


@pytest.mark.parametrize(("package", "missing"), [("java.util", "standard"), ("shapes.flat", "module")])
def test_type_that_a_package_lacks(package: str, missing: str) -> None:
    """A type that a package of Java's lacks is made up; the candidate's own packages may have more."""
    (problem,) = _problems(*_symbol(1, "class", "Lisst", f"package {package}"))
    assert (problem.name, problem.missing) == (f"{package}.Lisst", missing)


def test_part_of_a_program() -> None:
    """A type that a file without tests lacks may stand in another file, unless the file answers a specification."""
    told = _symbol(5, "class", "Shape")
    (part,) = _problems(*told, tested=False)
    assert (part.name, part.missing) == ("the type Shape", "module")
    (whole,) = _problems(*told, tested=False, text="Return the area.")
    assert whole.missing == "name"
    (method,) = _problems(*_symbol(5, "method", "area"), tested=False)
    assert method.missing == "name"
    tested = candidate({"Area.java": CODE}, "class Main {}", language="java")
    (problem,) = problems(tested, None, "\n".join(told))
    assert problem.missing == "name"


def test_type_that_a_comment_declares() -> None:
    """A type that a comment declares is given by the task, and not made up."""
    (problem,) = _problems(*_symbol(5, "class", "Node"), tested=False, text="Sum the nodes.")
    assert (problem.name, problem.missing) == ("the type Node", "module")
