"""Suites of cases: the entry point as a program, in every language, compared outside its sandbox."""

from dataclasses import replace

import pytest
from assay.stage import (
    CheckerProgram,
    Comparison,
    Finding,
    OutputChecker,
    ProgramCase,
    SourceFile,
    Stage,
    StageResult,
    StageStatus,
    TestFramework,
    TestSuite,
)

from tests.services.stages.execution.conftest import Context, candidate

pytestmark = pytest.mark.docker

TWICE = {
    "python": "print(2 * int(input()))\n",
    "javascript": "console.log(2 * Number(require('fs').readFileSync(0, 'utf8')));\n",
    "bash": "read n\necho $((2 * n))\n",
    "c": '#include <stdio.h>\n\nint main(void) {\n    int n;\n    scanf("%d", &n);\n    printf("%d\\n", 2 * n);\n}\n',
}


MORE = {
    "cpp": "#include <iostream>\n\nint main() {\n    int n;\n    std::cin >> n;\n    std::cout << 2 * n << '\\n';\n}\n",
    "go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tvar n int\n\tfmt.Scan(&n)\n\tfmt.Println(2 * n)\n}\n',
    "java": "public class Main {\n    public static void main(String[] arguments) {\n"
    "        System.out.println(2 * new java.util.Scanner(System.in).nextInt());\n    }\n}\n",
    "php": "<?php\necho 2 * (int) fgets(STDIN), PHP_EOL;\n",
    "ruby": "puts 2 * gets.to_i\n",
    "rust": "use std::io;\n\nfn main() {\n    let mut line = String::new();\n"
    "    io::stdin().read_line(&mut line).unwrap();\n"
    '    println!("{}", 2 * line.trim().parse::<i32>().unwrap());\n}\n',
    "typescript": "import { readFileSync } from 'node:fs';\n\nconsole.log(2 * Number(readFileSync(0, 'utf8')));\n",
}
"""The same in languages whose images are not built everywhere."""

MAIN_LINE = {"c": 3, "cpp": 3, "go": 5, "java": 2, "rust": 3}

LATER = [pytest.param(name, marks=(pytest.mark.slow, pytest.mark.languages)) for name in MORE]


async def run(
    execution: Stage,
    code: str,
    *cases: ProgramCase,
    language: str = "python",
    tests: tuple[TestSuite, ...] = (),
    checker: OutputChecker | None = None,
    check_determinism: bool = False,
) -> StageResult:
    """Run a candidate with one suite of cases."""
    suite = TestSuite(cases=cases, checker=checker or OutputChecker())
    context = Context(check_determinism=check_determinism)
    result = await execution.run(replace(candidate(code, language=language), tests=(suite, *tests)), context)
    assert all(finding in result.findings for finding in context.findings)
    return result


def only(result: StageResult, rule: str) -> Finding:
    """Return the one finding of a result, which has this rule."""
    assert [finding.rule_id for finding in result.findings] == [f"execution/{rule}"]
    assert result.status is StageStatus.COMPLETED
    return result.findings[0]


@pytest.mark.parametrize("language", [*TWICE, *LATER])
async def test_every_language(execution: Stage, language: str) -> None:
    """Cases pass and fail in compiled and in interpreted languages alike, as proof, and are counted."""
    cases = (ProgramCase(b"4", b"8\n"), ProgramCase(b"5", b"11", name="odd"), ProgramCase(b"0", b"0"))
    result = await run(execution, (TWICE | MORE)[language], *cases, language=language)
    finding = only(result, "test-failed")
    assert finding.message == "Case odd fails: line 1: '10' instead of '11', byte 2."
    assert finding.evidence["actual"] == "10\n"
    assert finding.evidence["expected"] == "11"
    assert finding.location is not None
    assert finding.location.start_line == MAIN_LINE.get(language, 1)
    counted = [result.details[f"tests_{name}"] for name in ("total", "passed", "failed", "skipped")]
    assert counted == ["3", "2", "1", "0"]
    assert result.details["isolation"] == "proof"


ENDS = {
    "status": ("import sys; sys.exit(3)", "test-error", "ends with exit status 3 instead of 0"),
    "no status": ("print(1)", "test-failed", "exit status 0 instead of 7"),
    "exception": ("[][1]", "test-error", "ends with exit status 1"),
    "signal": ("import os; os.kill(os.getpid(), 11)", "crashed", "signal 11"),
    "memory": ("held = bytearray(10**9)\nfor i in range(0, 10**9, 4096): held[i] = 1", "memory-limit", "memory"),
}


@pytest.mark.parametrize("name", ENDS)
async def test_ends(execution: Stage, name: str) -> None:
    """A case that does not end as it should is what happened, with the case's name."""
    code, rule, message = ENDS[name]
    case = ProgramCase(b"", b"1\n", name="first", expected_exit_code=7 if name == "no status" else 0)
    finding = only(await run(execution, code + "\n", case), rule)
    assert message in finding.message
    assert "case first" in finding.message.lower()
    assert finding.evidence["test"] == "first"


async def test_another_status_can_be_right(execution: Stage) -> None:
    """A case passes with the exit status that it should have."""
    result = await run(execution, "print(1)\nraise SystemExit(7)\n", ProgramCase(b"", b"1\n", expected_exit_code=7))
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
    assert result.details["outcome"] == "OK"


@pytest.mark.slow
async def test_after_a_time_limit_no_more_is_run(execution: Stage) -> None:
    """The first case that does not end is the last one: each would take as long again."""
    code = "n = int(input())\nwhile n == 2:\n    pass\nprint(n)\n"
    result = await run(execution, code, *(ProgramCase(str(n).encode(), b"1") for n in (1, 2, 1)))
    assert "in case 2" in only(result, "time-limit").message
    assert result.details["tests_skipped"] == "1"


async def test_checkers(execution: Stage) -> None:
    """A suite's checker compares, a case's own goes before it, and a program can decide."""
    even = CheckerProgram(
        "python", (SourceFile("check.py", b"import sys\nsys.exit(int(open(sys.argv[2]).read()) % 2)\n"),)
    )
    result = await run(
        execution,
        "print(input())\n",
        ProgramCase(b"0.3333", b"0.3334"),
        ProgramCase(b"0.3333", b"0.3334", checker=OutputChecker(Comparison.EXACT)),
        ProgramCase(b"4", b"", checker=OutputChecker(Comparison.PROGRAM, program=even)),
        ProgramCase(b"5", b"", checker=OutputChecker(Comparison.PROGRAM, program=even)),
        checker=OutputChecker(Comparison.FLOATS, absolute=0.001),
    )
    assert [finding.evidence["test"] for finding in result.findings] == ["2", "4"]


async def test_a_checker_that_fails_decides_nothing(execution: Stage) -> None:
    """Where a checker breaks, the stage is skipped, and says why."""
    broken = CheckerProgram("python", (SourceFile("check.py", b"raise SystemExit(9)\n"),))
    checker = OutputChecker(Comparison.PROGRAM, program=broken)
    result = await run(execution, "print(1)\n", ProgramCase(b"", b"", checker=checker))
    assert result.status is StageStatus.SKIPPED
    assert "could not be decided" in result.reason


async def test_what_the_environment_lacks(execution: Stage) -> None:
    """A package that is not there is no failed case."""
    result = await run(execution, "import zorkmid_client\nprint(1)\n", ProgramCase(b"", b"1"), ProgramCase(b"", b"2"))
    assert result.status is StageStatus.SKIPPED
    assert [finding.rule_id for finding in result.findings] == ["execution/missing-module"]


async def test_a_module_that_is_only_said_to_lack(execution: Stage) -> None:
    """A program that claims the lack of something which it does not import fails its case."""
    code = "import sys\nsys.exit(\"ModuleNotFoundError: No module named 'zorkmid'\")\n"
    only(await run(execution, code, ProgramCase(b"", b"1")), "test-error")


async def test_a_program_that_does_not_compile(execution: Stage) -> None:
    """A compile error is one finding at its line, and no case is run."""
    code = "int main(void) {\n    return undeclared;\n}\n"
    result = await run(execution, code, ProgramCase(b"", b""), ProgramCase(b"", b""), language="c")
    finding = only(result, "compile-error")
    assert finding.location is not None
    assert finding.location.start_line == 2
    assert (result.details["outcome"], result.details["tests_skipped"]) == ("COMPILE_ERROR", "2")


@pytest.mark.slow
@pytest.mark.languages
async def test_typescript_that_does_not_compile(execution: Stage) -> None:
    """What esbuild says is told as other compilers' errors are."""
    finding = only(await run(execution, "const a = ;\n", ProgramCase(b"", b""), language="typescript"), "compile-error")
    assert finding.location is not None
    assert finding.location.start_line == 1
    result = await run(execution, "import a from 'zorkmid';\na();\n", ProgramCase(b"", b""), language="typescript")
    assert result.status is StageStatus.SKIPPED
    assert [finding.rule_id for finding in result.findings] == ["execution/missing-module"]


async def test_not_deterministic(execution: Stage) -> None:
    """Where it is asked for, a program that answers otherwise the second time is found."""
    code = "import time\nprint(time.time_ns())\n"
    always = CheckerProgram("python", (SourceFile("yes.py", b"\n"),))
    case = ProgramCase(b"", b"", checker=OutputChecker(Comparison.PROGRAM, program=always))
    only(await run(execution, code, case, check_determinism=True), "not-deterministic")
    assert (await run(execution, code, case)).findings == ()


async def test_beside_tests_in_files(execution: Stage) -> None:
    """Cases and files of one candidate are both run, and add up."""
    code = "def twice(n):\n    return 2 * n\n\n\nif __name__ == '__main__':\n    print(twice(int(input())))\n"
    files = TestSuite((SourceFile("test_it.py", b"assert twice(2) == 5\n"),), TestFramework.ASSERTS)
    result = await run(execution, code, ProgramCase(b"4", b"8"), tests=(files,))
    only(result, "test-failed")
    assert (result.details["tests_total"], result.details["tests_passed"]) == ("2", "1")


async def test_the_expectation_is_nowhere_in_the_sandbox(execution: Stage) -> None:
    """A program that looks through its files and its environment does not find what it should print."""
    code = (
        "import os, pathlib\n"
        "texts = [path.read_text(errors='replace') for path in pathlib.Path('/work').rglob('*') if path.is_file()]\n"
        "print(any('XYZ' + 'ZY' in text for text in (*texts, *os.environ.values(), str(os.sys.argv))))\n"
    )
    finding = only(await run(execution, code, ProgramCase(b"", b"XYZZY")), "test-failed")
    assert finding.evidence["actual"] == "False\n"
