"""Candidates in Go, judged by the stage over a real sandbox."""

import pytest
from assay.stage import Finding, Severity, StageResult, StageStatus

from tests.services.stages.execution.conftest import Judge

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.languages]

AREA = """package main

import "errors"

func Area(width, height int) (int, error) {
	if width < 0 || height < 0 {
		return 0, errors.New("negative")
	}
	return width * height, nil
}

func First(numbers []int) int {
	return numbers[0]
}
"""

TESTS = """import "testing"

func TestArea(t *testing.T) {
	got, err := Area(2, 3)
	if err != nil || got != 6 {
		t.Errorf("Area(2, 3) = %d, want 6", got)
	}
}

func TestNegative(t *testing.T) {
	if _, err := Area(-1, 3); err == nil {
		t.Error("no error")
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
    assert finding.location.path == "main.go"
    return finding.location.start_line


async def test_pass(judge: Judge) -> None:
    """Tests that pass are counted, and nothing is found."""
    result = await judge(AREA, TESTS, language="go")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
    assert (result.details["tests_total"], result.details["tests_passed"]) == ("2", "2")
    assert result.details["isolation"] == "resistant"


@pytest.mark.parametrize(
    "tests",
    [
        f"package main\n\n{TESTS}",
        TESTS.removeprefix('import "testing"\n'),
        'package main\n\nimport "os"\n\nfunc main() {\n\tif First([]int{1}) != 1 {\n\t\tos.Exit(1)\n\t}\n}\n',
        'import "os"\n\nfunc main() {\n\tif got, _ := Area(1, 1); got != 1 {\n\t\tpanic(got)\n\t}\n\tos.Exit(0)\n}\n',
    ],
    ids=["file", "no-imports", "program", "program-that-exits"],
)
async def test_ways_to_write_tests(tests: str, judge: Judge) -> None:
    """Tests may be a file of the package, functions without imports, or a main function that may leave."""
    result = await judge(f"{AREA}\nfunc main() {{ println(First(nil)) }}\n", tests, language="go")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())


async def test_tests_of_another_package(judge: Judge) -> None:
    """Tests outside of the package, which import it, run."""
    tests = 'package shapes_test\n\nimport (\n\t"testing"\n\n\t"example.com/shapes"\n)\n'
    tests += "\nfunc TestArea(t *testing.T) {\n\tif shapes.First([]int{3}) != 3 {\n\t\tt.Fail()\n\t}\n}\n"
    result = await judge(AREA.replace("package main", "package shapes"), tests, language="go")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())


async def test_imports_for_tests(judge: Judge) -> None:
    """What a candidate imports for its tests is in use where they stand at its end, and no error without any."""
    imports = 'import (\n\t"testing"\n\n\t"github.com/stretchr/testify/assert"\n)\n\nimport "errors"'
    code = AREA.replace('import "errors"', imports)
    tests = "func TestFirst(t *testing.T) {\n\tassert := assert.New(t)\n\tassert.Equal(4, First([]int{3}))\n}\n"
    finding = _only(await judge(code, tests, language="go"), "test-failed")
    assert finding.message == "TestFirst fails: got 3, expected 4."
    assert _line(finding) == code.splitlines().index("func First(numbers []int) int {") + 1
    assert (await judge(code, language="go")).findings == ()


async def test_failure(judge: Judge) -> None:
    """A failed test says what it says, at the function that it calls."""
    finding = _only(await judge(AREA.replace("width * height", "width + height"), TESTS, language="go"), "test-failed")
    assert finding.message == "TestArea fails: Area(2, 3) = 5, want 6."
    assert _line(finding) == 5
    assert finding.evidence["test_line"] == "6"


async def test_panic(judge: Judge) -> None:
    """A panic is told with the candidate's line; what overflows the stack is one, not a lack of memory."""
    tests = "func TestFirst(t *testing.T) { First(nil) }\n"
    finding = _only(await judge(AREA, tests, language="go"), "test-error")
    assert finding.message.startswith("TestFirst raises panic: runtime error: index out of range [0]")
    assert _line(finding) == 13
    endless = "package main\n\nfunc First(n []int) int {\n\treturn First(append(n, 1)) + 1\n}\n"
    finding = _only(await judge(endless.replace("append(n, 1)", "n"), tests, language="go"), "test-error")
    assert finding.message == "TestFirst raises fatal error: stack overflow"
    assert _line(finding) == 4


@pytest.mark.parametrize(
    "cheat",
    [
        'import "os"\n\nfunc init() { os.Exit(0) }\n',
        'import "os"\n\nvar left = leave()\n\nfunc leave() int { os.Exit(0); return 1 }\n',
        'import (\n\t"flag"\n\t"testing"\n)\n\nfunc init() {\n\ttesting.Init()\n\tflag.Set("test.skip", ".")\n}\n',
        'import (\n\t"fmt"\n\t"os"\n)\n\nfunc init() {\n\tvar nonce string\n\tfmt.Scan(&nonce)\n'
        '\tfmt.Println("\\n" + nonce + " passed TestFirst")\n\tos.Exit(0)\n}\n',
    ],
    ids=["init", "variable", "flags", "printed"],
)
async def test_cheating(cheat: str, judge: Judge) -> None:
    """Who leaves before the tests, keeps them from being run, or prints what looks like a report does not pass."""
    code = f"package main\n\n{cheat}\nfunc First(numbers []int) int {{ return 0 }}\n"
    tests = 'import "testing"\n\nfunc TestFirst(t *testing.T) {\n\tif First([]int{1}) != 1 {\n\t\tt.Fail()\n\t}\n}\n'
    _only(await judge(code, tests, language="go"), "exited-early")


async def test_leaving_in_a_test(judge: Judge) -> None:
    """Code that leaves with status 0 when a test calls it does not pass."""
    code = 'package main\n\nimport "os"\n\nfunc First(numbers []int) int {\n\tos.Exit(0)\n\treturn 1\n}\n'
    tests = "func TestFirst(t *testing.T) { First(nil) }\n"
    assert _line(_only(await judge(code, tests, language="go"), "exited-early")) == 5
    ended = code.replace('import "os"', 'import "runtime"').replace("os.Exit(0)", "runtime.Goexit()")
    result = await judge(ended, tests, language="go")
    assert {finding.severity for finding in result.findings} == {Severity.HIGH}


async def test_compile_error(judge: Judge) -> None:
    """What the compiler rejects is told at its line, with tests and without."""
    code = AREA.replace("return numbers[0]", "size := len(numbers)\n\treturn numbers[0]")
    for tests in ((), (TESTS,)):
        finding = _only(await judge(code, *tests, language="go"), "compile-error")
        assert finding.message == "The code does not compile: declared and not used: size."
        assert _line(finding) == 13


async def test_missing_name(judge: Judge) -> None:
    """What the tests use and the code lacks is named."""
    tests = "func TestVolume(t *testing.T) {\n\tVolume(1)\n}\n"
    finding = _only(await judge(AREA, tests, language="go"), "missing-name")
    assert finding.message == "The tests use Volume, which the code does not define."
    assert finding.evidence["test_line"] == "2"


async def test_missing_package(judge: Judge) -> None:
    """A package that this environment lacks is no fault; what is wrong besides is one."""
    code = AREA.replace(
        'import "errors"', 'import (\n\t"errors"\n\n\t"github.com/someone/shapes"\n)\n\nvar _ = shapes.New'
    )
    result = await judge(code, language="go")
    assert result.status == StageStatus.SKIPPED
    assert [finding.rule_id for finding in result.findings] == ["execution/missing-module"]
    wrong = code.replace("numbers[0]", "number[0]")
    finding = _only(await judge(wrong, specification="Areas.", language="go"), "compile-error")
    assert finding.message == "The code does not compile: undefined: number."


async def test_only_compiled(judge: Judge) -> None:
    """Without tests nothing of the code runs, whether it is a program, a library, or a package of several files."""
    loop = AREA.replace("func First", "func init() {\n\tfor {\n\t}\n}\n\nfunc First")
    for code in (loop, loop.replace("package main", "package shapes"), f"{loop}\nfunc main() {{}}\n"):
        assert (await judge(code, language="go")).findings == ()
    files = {
        "go.mod": "module example.com/shapes\n\ngo 1.24\n",
        "shapes/area.go": AREA,
        "shapes/more_test.go": "package x",
    }
    assert (await judge(files, language="go", entry_point="shapes/area.go")).findings == ()


async def test_module(judge: Judge) -> None:
    """Tests of a module run with the module's other packages."""
    files = {
        "area.go": AREA.replace("package main", "package shapes").replace(
            'import "errors"', 'import (\n\t"errors"\n\n\t"example.com/shapes/flat"\n)\n\nvar Unit = flat.Unit'
        ),
        "flat/flat_unit.go": "package flat\n\nvar Unit = 7\n",
        "go.mod": "module example.com/shapes\n\ngo 1.24\n",
    }
    tests = (
        'package shapes\n\nimport "testing"\n\nfunc TestUnit(t *testing.T) {\n\tif Unit != 7 {\n\t\tt.Fail()\n\t}\n}\n'
    )
    result = await judge(files, tests, language="go")
    assert (result.status, result.findings, result.details["tests_passed"]) == (StageStatus.COMPLETED, (), "1")


async def test_time_limit(judge: Judge) -> None:
    """A test that does not end is told as such."""
    code = "package main\n\nfunc First(numbers []int) int {\n\tfor {\n\t}\n}\n"
    finding = _only(await judge(code, "func TestFirst(t *testing.T) { First(nil) }\n", language="go"), "time-limit")
    assert _line(finding) == 3


async def test_determinism(judge: Judge) -> None:
    """Code that answers otherwise the second time is told, where that is asked for; how long it took is not."""
    tests = 'func TestFirst(t *testing.T) {\n\tprintln(First(nil))\n\tt.Error("always")\n}\n'
    code = 'package main\n\nimport (\n\t"fmt"\n\t"time"\n)\n\nfunc First(numbers []int) int {\n'
    same = await judge(
        f'{code}\ttime.Sleep(time.Millisecond)\n\tfmt.Println("x")\n\treturn 1\n}}\n',
        tests,
        language="go",
        check_determinism=True,
    )
    assert [finding.rule_id for finding in same.findings] == ["execution/test-failed"]
    code += "\tfmt.Println(time.Now().UnixNano())\n\treturn 1\n}\n"
    result = await judge(code, tests, language="go", check_determinism=True)
    assert "execution/not-deterministic" in {finding.rule_id for finding in result.findings}
