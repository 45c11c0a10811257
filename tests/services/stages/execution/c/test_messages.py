"""What GCC and the linker say, as problems."""

import pytest
from assay.stage import SourceFile, TestSuite

from services.stages.execution.c.messages import problems_in
from services.stages.execution.compiled_toolchain import Problem
from tests.services.stages.execution.conftest import candidate

CODE = candidate("int area(int side);\nint side = 2;\n" + "\n" * 7 + "// the end\n", language="cpp")
SUITE = TestSuite((SourceFile("tests.cpp", b"int main() {\n    area(side);\n}\n"),))


def _problems(messages: str, *, is_part: bool = False, tested: bool = True) -> list[Problem]:
    return problems_in(messages, CODE, SUITE if tested else None, is_part=is_part)


def test_errors() -> None:
    """Each error has its path and line; warnings, notes and what is quoted of the source are none."""
    messages = (
        "main.cpp: In function 'int area(int)':\n"
        "main.cpp:3:5: warning: unused variable 'n' [-Wunused-variable]\n"
        "main.cpp:4:9: error: ‘width’ was not declared in this scope\n    4 |  return width;\n      |   ^~~~~\n"  # noqa: RUF001
        "main.cpp:9: error: expected '}' at end of input\nmain.cpp:1:1: note: to match this '{'\n"
    )
    assert _problems(messages) == [
        Problem("main.cpp", 4, "'width' was not declared in this scope", "width", "name"),
        Problem("main.cpp", 9, "expected '}' at end of input"),
    ]


TOLD = {
    "a header": ("fatal error: boost/asio.hpp: No such file or directory", "", "boost/asio.hpp", "module"),
    "a name of C": (
        "error: implicit declaration of function 'area' [-Wimplicit-function-declaration]",
        "",
        "area",
        "name",
    ),
    "a type": ("error: unknown type name 'Shape'", "", "Shape", "name"),
    "the standard library": (
        "error: 'vector' was not declared in this scope",
        "note: 'std::vector' is defined in header '<vector>'; this is probably fixable by adding '#include <vector>'",
        "vector",
        "standard",
    ),
    "the C library": (
        "error: implicit declaration of function 'strlen' [-Wimplicit-function-declaration]",
        "note: include '<string.h>' or provide a declaration of 'strlen'",
        "strlen",
        "standard",
    ),
    "a namespace": ("error: 'cout' was not declared in this scope; did you mean 'std::cout'?", "", "cout", "standard"),
    "a later standard": (
        "error: 'expected' is not a member of 'std'",
        "note: 'std::expected' is only available from C++23 onwards",
        "C++23",
        "module",
    ),
    "modules": (
        "error: 'import' does not name a type",
        "note: C++20 'import' only available with '-fmodules-ts', which is not yet enabled with '-std=c++20'",
        "-fmodules-ts",
        "module",
    ),
    "nothing": ("error: expected ';' before 'return'", "", "", ""),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_is_missing(name: str) -> None:
    """What is missing is told from the error, and from the notes that belong to it."""
    error, note, missed, missing = TOLD[name]
    (problem,) = _problems(f"tests.cpp:3:1: {error}\n" + (f"tests.cpp:3:1: {note}\n" if note else ""))
    assert (problem.path, problem.line, problem.name, problem.missing) == ("tests.cpp", 3, missed, missing)


def test_errors_in_headers() -> None:
    """An error in a header of the library stands where the code, or its tests, made the compiler go there."""
    instance = "/usr/include/c++/14/bits/stl_algo.h:1: In instantiation of 'void std::sort(Shape*)':\n"
    error = "/usr/include/c++/14/bits/stl_algo.h:1: error: no match for 'operator<'\n"
    for path in ("main.cpp", "tests.cpp"):
        (problem,) = _problems(f"{instance}{path}:2:9:   required from here\n{error}")
        assert problem == Problem(path, 2, "no match for 'operator<'")
    (problem,) = _problems(error)
    assert (problem.path, problem.line) == ("", 0)
    option = (
        "/usr/lib/gcc/include/avx.h:9:1: error: inlining failed in call to '_mm': target specific option mismatch\n"
    )
    (problem,) = _problems(f"{option}main.cpp:2:9: note: called from here\n")
    assert (problem.path, problem.line, problem.missing) == ("main.cpp", 2, "module")


def test_an_end_that_is_missing() -> None:
    """An error behind the code's last line says that it is not closed, and what follows from that is left out."""
    messages = (
        "main.cpp:12:12: error: cannot declare static function inside another function\n"
        "tests.cpp:1:12: error: a function-definition is not allowed here before '{' token\n"
    )
    assert _problems(messages) == [Problem("main.cpp", 10, "it is not closed at its end")]


def test_a_header_of_a_later_standard() -> None:
    """Errors of a source that includes what only a later standard has are for its lack."""
    code = candidate("#include <print>\nint main() { std::print(1); }\n", language="cpp")
    told = problems_in("main.cpp:2:18: error: 'print' is not a member of 'std'\n", code, None, is_part=False)
    assert [(problem.name, problem.missing) for problem in told] == [("C++23", "module")]


UNDEFINED = (
    "/usr/bin/ld: /tmp/ccA.o: in function `main':\n"
    "main.cpp:(.text.startup+0x5): undefined reference to `area(int)'\ncollect2: error: ld returned 1 exit status\n"
)


def test_the_linker() -> None:
    """What is declared and not defined stands where the candidate has its name; what it has not, the tests miss."""
    assert _problems(UNDEFINED) == [Problem("main.cpp", 1, "undefined reference to 'area(int)'", "area")]
    (missed,) = _problems(UNDEFINED.replace("area", "volume"))
    assert (missed.path, missed.name, missed.missing) == ("tests.cpp", "volume", "name")


def test_a_part_of_a_project() -> None:
    """What a part declares may be defined elsewhere; its main function, and what is defined twice, may not."""
    (told,) = _problems(UNDEFINED, is_part=True, tested=False)
    assert told.missing == "elsewhere"
    (told,) = _problems(UNDEFINED.replace("area(int)", "main"), is_part=True, tested=False)
    assert told.missing == ""
    (told,) = _problems("a.cpp:(.text+0x0): multiple definition of `area(int)'\n", is_part=True, tested=False)
    assert told.missing == ""
