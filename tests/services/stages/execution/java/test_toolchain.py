"""Candidates in Java, judged by the stage over a real sandbox."""

import pytest
from assay.stage import Finding, Severity, StageResult, StageStatus

from tests.services.stages.execution.conftest import Judge

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.languages]

AREA = """import java.util.*;

public class Area {
    public static int of(int width, int height) {
        return width * height;
    }

    static int first(List<Integer> numbers) {
        return numbers.get(0);
    }
}
"""

TESTS = """public class Main {
    public static void main(String[] arguments) {
        if (Area.of(2, 3) != 6) {
            throw new AssertionError("the area of 2 and 3 is " + Area.of(2, 3));
        }
        assert Area.first(List.of(7)) == 7;
    }
}
"""


def _only(result: StageResult, rule: str) -> Finding:
    assert result.status == StageStatus.COMPLETED
    (finding,) = result.findings
    assert finding.rule_id == f"execution/{rule}"
    assert finding.severity == Severity.HIGH
    return finding


def _line(finding: Finding) -> int:
    assert finding.location is not None
    assert finding.location.path == "main.java"
    return finding.location.start_line


def _main(statement: str) -> str:
    return (
        f"class Main {{\n    public static void main(String[] a) throws Exception {{\n        {statement}\n    }}\n}}\n"
    )


async def test_pass(judge: Judge) -> None:
    """Tests that pass are counted, and nothing is found."""
    result = await judge(AREA, TESTS, language="java")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
    assert (result.details["tests_total"], result.details["tests_passed"]) == ("1", "1")
    assert result.details["isolation"] == "resistant"


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        (AREA, f"import java.util.function.*;\n\n{_main('IntSupplier s = () -> Area.of(1, 1); s.getAsInt();')}"),
        (f"package shapes;\n\n{AREA}", f"package shapes;\n\nimport java.util.List;\n\n{TESTS}"),
        (AREA, _main("System.exit(Area.of(1, 1) == 1 ? 0 : 1);")),
        (f"{AREA}\nclass Main {{\n    public static void main(String[] a) {{ Area.first(null); }}\n}}\n", TESTS),
        (AREA, _main("new Thread(() -> { while (true); }).start(); Area.of(1, 1);")),
    ],
    ids=["imports", "package", "exit", "own-main", "threads"],
)
async def test_ways_to_write_tests(code: str, tests: str, judge: Judge) -> None:
    """Tests may import, name a package, leave with status 0, and leave threads; the code may have a main class too."""
    result = await judge(code, tests, language="java")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())


async def test_failure(judge: Judge) -> None:
    """What tests throw, or assert, is a failure, at the function that they call."""
    finding = _only(
        await judge(AREA.replace("width * height", "width + height"), TESTS, language="java"), "test-failed"
    )
    assert finding.message == "The test in line 4 fails: the area of 2 and 3 is 5."
    assert _line(finding) == 4
    finding = _only(await judge(AREA.replace("numbers.get(0)", "0"), TESTS, language="java"), "test-failed")
    assert finding.message == "The test in line 6 fails: assert Area.first(List.of(7)) == 7;."
    assert _line(finding) == 8
    left = await judge(AREA, _main("if (Area.of(1, 1) == 1) { System.exit(3); }"), language="java")
    assert _only(left, "test-failed").message == "The tests end with exit status 3."


async def test_exception(judge: Judge) -> None:
    """An exception of the code is told with its line; one that comes of its result names the test's."""
    finding = _only(await judge(AREA, _main("Area.first(List.of());"), language="java"), "test-error")
    assert finding.message.startswith("The test in line 3 raises ArrayIndexOutOfBoundsException: Index 0 out of bounds")
    assert _line(finding) == 9
    code = AREA.replace("static int first", "static Integer first").replace("numbers.get(0)", "null")
    finding = _only(await judge(code, _main("int n = Area.first(null);"), language="java"), "test-error")
    assert finding.message.startswith("The test in line 3 raises NullPointerException")
    code = AREA.replace("public static int", 'static int zero = Integer.parseInt("x");\n    public static int')
    finding = _only(await judge(code, TESTS, language="java"), "test-error")
    assert "NumberFormatException" in finding.message
    assert _line(finding) == 4


@pytest.mark.parametrize(
    "cheat",
    [
        "static { System.exit(0); }",
        "static { Runtime.getRuntime().halt(0); }",
        "static { new Thread() { public void run() { Runtime.getRuntime().halt(0); } }.start();"
        " try { Thread.sleep(5000); } catch (InterruptedException e) { } }",
        'static { try { String n = new String(System.in.readAllBytes()); System.out.println("\\n" + n + " ended");'
        " } catch (Exception e) { } System.exit(0); }",
        "static { try { String own = new Throwable().getStackTrace()[2].getClassName();"
        ' Class.forName(own).getMethod("exit", int.class).invoke(null, 0);'
        " } catch (java.lang.reflect.InvocationTargetException e) { throw (Error) e.getCause(); }"
        " catch (ReflectiveOperationException e) { } }",
    ],
    ids=["exit", "halt", "thread", "printed", "harness"],
)
async def test_cheating(cheat: str, judge: Judge) -> None:
    """Who leaves before the tests' end, by any road, or prints what looks like a report does not pass."""
    result = await judge(AREA.replace("public static", f"{cheat}\n    public static"), TESTS, language="java")
    assert result.status == StageStatus.COMPLETED
    assert {finding.severity for finding in result.findings} == {Severity.HIGH}
    if "forName" not in cheat:
        assert {finding.rule_id for finding in result.findings} == {"execution/exited-early"}


async def test_compile_error(judge: Judge) -> None:
    """What javac rejects is told at its line, with tests and without."""
    code = AREA.replace("numbers.get(0)", "numbers.get(0).size()")
    for tests in ((), (TESTS,)):
        finding = _only(await judge(code, *tests, language="java"), "compile-error")
        assert _line(finding) == 9


async def test_missing_name(judge: Judge) -> None:
    """What the tests use and the code lacks is named."""
    finding = _only(await judge(AREA, _main("Area.volume(1);"), language="java"), "missing-name")
    assert finding.message == "The tests use volume, which the code does not define."
    assert finding.evidence["test_line"] == "3"


async def test_what_is_not_here(judge: Judge) -> None:
    """Packages and frameworks that this environment lacks are no fault of the code."""
    result = await judge(f"import org.example.Text;\n{AREA}", TESTS, language="java")
    assert [finding.rule_id for finding in result.findings] == ["execution/missing-module"]
    assert result.status == StageStatus.SKIPPED
    result = await judge(AREA, "import org.junit.jupiter.api.Test;\n\nclass AreaTest {}\n", language="java")
    assert (result.status, result.findings) == (StageStatus.SKIPPED, ())
    assert "JUnit is not in this environment" in result.reason


async def test_only_compiled(judge: Judge) -> None:
    """Without tests nothing of the code runs, whatever its file is called, and packages may have several files."""
    loop = AREA.replace("public static", "static { while (first(null) == 0); }\n    public static")
    assert (
        await judge(f"{loop}\nclass Run {{\n    public static void main(String[] a) {{}}\n}}\n", language="java")
    ).findings == ()
    files = {
        "shapes/Area.java": f"package shapes;\n\n{AREA.replace('width * height', 'Flat.of(width, height)')}",
        "shapes/Flat.java": "package shapes;\n\nclass Flat {\n    static int of(int w, int h) { return w * h; }\n}\n",
    }
    assert (await judge(files, language="java")).findings == ()


async def test_time_limit(judge: Judge) -> None:
    """A test that does not end is told as such."""
    code = AREA.replace("return width * height;", "while (true) { width++; }")
    assert _line(_only(await judge(code, TESTS, language="java"), "time-limit")) == 4


async def test_determinism(judge: Judge) -> None:
    """Code that writes something else the second time is told, where that is asked for."""
    code = AREA.replace("return width", "System.out.println(System.nanoTime());\n        return width")
    result = await judge(code, TESTS, language="java", check_determinism=True)
    assert [finding.rule_id for finding in result.findings] == ["execution/not-deterministic"]
    assert (await judge(AREA, TESTS, language="java", check_determinism=True)).findings == ()
