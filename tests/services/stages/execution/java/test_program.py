"""What goes into the sandbox for a candidate in Java."""

import pytest
from assay.stage import SourceFile, TestSuite

from services.stages.execution.compiled_toolchain import CannotRun, Program
from services.stages.execution.java.program import UNIT, program
from services.stages.execution.masking import MAX_BYTES
from tests.services.stages.execution.conftest import candidate

NONCE = "0123456789abcdef" * 2
CODE = "import java.util.*;\n\npublic class Area {\n    static int of(int a) { return a; }\n}"
MAIN = "public static void main(String[] arguments) { System.exit(Area.of(0)); }"


def _program(code: str | dict[str, str], tests: str | None) -> Program:
    suite = None if tests is None else TestSuite((SourceFile("Main.java", tests.encode()),))
    return program(candidate(code, language="java"), suite, NONCE)


def test_tests_at_the_end() -> None:
    """Tests stand behind the code, with their imports in its first line; where they leave, they only end."""
    made = _program({"in/Area.java": CODE}, f"import java.io.*;\n\nclass Main {{\n    {MAIN}\n}}\n")
    assert made.entry_point.startswith("in/Assay")
    assert UNIT.search(made.entry_point)
    (unit,) = (file.content.decode().split("\n") for file in made.files if file.path == made.entry_point)
    assert unit[0] == "import java.io.*; import java.util.*;"
    assert unit[2] == "public class Area {"
    assert unit[5 + 2] == "class Main {"
    assert "System.exit" not in unit[5 + 3]
    assert made.stdin.decode() == f"{NONCE}\n"


def test_nonce_is_nowhere_else() -> None:
    """The nonce is on standard input alone."""
    made = _program(CODE, f"class Main {{ {MAIN} }}")
    assert all(NONCE.encode() not in file.content and b"TOKEN" not in file.content for file in made.files)


def test_tests_of_a_package() -> None:
    """Tests that name a package are a file of their own, called like their public class."""
    made = _program(f"package shapes;\n{CODE}", f"package shapes;\n\npublic class Tests {{ {MAIN} }}\n")
    (path,) = {file.path for file in made.files} - {made.entry_point}
    assert path.endswith("/Tests.java")
    assert "shapes.Tests.main(arguments)" in made.files[0].content.decode()


def test_class_of_both() -> None:
    """A class that the tests declare too is another one in the code."""
    made = _program(f"{CODE}\nclass Main {{ void run() {{ new Main(); }} }}", f"class Main {{ {MAIN} }}")
    text = made.files[0].content.decode()
    assert text.count("class Main ") == 1
    assert "new Main()" not in text


def test_only_compiled() -> None:
    """Without tests nothing but a main method of ours is to run; other files stay."""
    made = _program({"Area.java": CODE, "More.java": "class More {}"}, None)
    assert [file.path for file in made.files] == [made.entry_point, "More.java"]
    assert made.files[0].content.decode().startswith(f"{CODE}\n")


@pytest.mark.parametrize(
    ("code", "tests", "reason"),
    [
        (CODE, "import org.junit.jupiter.api.Test;\n\nclass AreaTest {}", "JUnit is not in this environment"),
        (CODE, "class AreaTest { void main() {} }", "they have no class with a main method"),
        (CODE, f"class Area {{ {MAIN} }}", "they declare a type Area, and call that of the code"),
        ("static int of(int a) { return a; }", None, "declares no type"),
        (f"{CODE}//{'x' * MAX_BYTES}", None, "more than 1 MiB of code and tests"),
    ],
)
def test_cannot_run(code: str, tests: str | None, reason: str) -> None:
    """Code and tests that cannot be run here are refused with the reason."""
    with pytest.raises(CannotRun, match=reason):
        _program(code, tests)
