"""A Java file by its text."""

import pytest

from services.stages.execution.java.source import JavaFile

FILE = JavaFile(
    '''// package fake;
package shapes.flat;

import java.util.List;
import static java.lang.Math.*; // import java.io.File;

@Deprecated
public final class Area {
    /* class Comment { static void main(String[] arguments) {} } */
    static final String NOTE = """
        class Text {
        """;
    record Inner(int size) {}
    Class<?> own() { return Area.class; }
    void leave() { System.exit(0); String text = "System.exit(1)"; Other.System.exit(2); }
}

enum Kind { FLAT }

class Run {
    static public void main(final String... arguments) {}
}
'''
)


def test_package_and_imports() -> None:
    """The package and the imports are those of the code, whatever comments and strings say."""
    assert FILE.package == "shapes.flat"
    assert FILE.imports == ("java.util.List", "java.lang.Math")


def test_types() -> None:
    """The types at the top are told apart from those inside of others, in comments and in texts."""
    assert [one.name for one in FILE.types] == ["Area", "Kind", "Run"]
    assert (FILE.public_type, FILE.main_type) == ("Area", "Run")
    assert JavaFile("import java.util.*;\n").types == ()


def test_header() -> None:
    """Tests lose the imports with which they begin, and no line moves; the imports are told on one line."""
    tests = JavaFile("// of area\nimport java.util.*;\nimport static java.lang.Math.abs;\n\nclass Main {}\n")
    assert tests.header == "import java.util.*; import static java.lang.Math.abs;"
    assert tests.without_header().text.splitlines()[4] == "class Main {}"
    assert JavaFile("class Main {}\n").header == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [("package a;\nclass B {}\n", "package a;import java.io.*; "), ("class B {}\n", "import java.io.*; class B {}")],
)
def test_with_imports(text: str, line: str) -> None:
    """More imports stand behind the package, or before everything, and no line moves."""
    changed = JavaFile(text).with_imports("import java.io.*;").text
    assert changed.splitlines()[0] == line
    assert changed.count("\n") == text.count("\n")


def test_names_and_calls() -> None:
    """Names and calls change in the code alone, and only where they are whole."""
    renamed = FILE.with_name("Area", "Area2").text
    assert "class Area2 {" in renamed
    assert "return Area2.class" in renamed
    calls = FILE.with_calls("System.exit", "leave").text
    assert 'leave(0); String text = "System.exit(1)"; Other.System.exit(2)' in calls


def test_bytes_that_are_no_text() -> None:
    """Bytes that are no UTF-8 stay what they are."""
    content = b'class A { String s = "\xff"; }\n'
    assert JavaFile.of(content).content == content
