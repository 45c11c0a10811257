"""Candidates in TypeScript, compiled together with their tests, in real sandboxes."""

import pytest
from assay.stage import Severity, StageStatus

from tests.services.stages.execution.javascript.conftest import Judge, rejecting

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.languages]

ADD = "const add = (a: number, b: number): number => {\n  return a + b;\n};\n"
WRONG = ADD.replace("+", "-")
ASSERTS = """import * as assert from 'assert';

let got = add(1, 2);
let wanted: number = 3;
assert.deepEqual(got, wanted);
"""
RUNNER = """import test from 'node:test';
import assert from 'node:assert/strict';
import { add } from './main';
test('adds', async () => { const got: number = add(1, 2); assert.equal(got, 3); });
"""


@pytest.mark.parametrize(("code", "tests"), [(ADD, ASSERTS), (f"export {ADD}", RUNNER)], ids=["asserts", "runner"])
async def test_tests_are_compiled_with_the_code(judge: Judge, code: str, tests: str) -> None:
    """Right code passes by comparison outside; wrong code fails at its line, with both sides."""
    right = await judge(code, tests, language="typescript")
    assert (right.status, right.findings) == (StageStatus.COMPLETED, ())
    assert (right.details["tests_passed"], right.details["isolation"]) == ("1", "proof")
    (finding,) = (await judge(code.replace("+", "-"), tests, language="typescript")).findings
    assert (finding.evidence["actual"], finding.evidence["expected"]) == ("-1", "3")
    assert finding.location is not None
    assert finding.location.start_line == 1


async def test_types_do_not_fail_a_run(judge: Judge) -> None:
    """What only the types say is wrong runs, and is for the semantic stage to tell."""
    code = "const add = (a: string, b: Missing): boolean => (a as any) + (b as any);\n"
    result = await judge(code, ASSERTS, language="typescript")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())


@pytest.mark.parametrize(
    ("code", "rule", "line"),
    [
        ("const add = (a: number => a;\n", "execution/compile-error", 1),
        ("const add = (a: number) => {\n  return missing;\n};\n", "execution/test-error", 2),
        ("const held: any = null;\nheld.value;\n", "execution/import-error", 2),
        ("export const sum = 1;\n", "execution/missing-name", 0),
    ],
)
async def test_what_goes_wrong_is_named(judge: Judge, code: str, rule: str, line: int) -> None:
    """What does not compile, load or run is told at the line of the source, not of what it was compiled to."""
    (finding,) = (await judge(code, ASSERTS, language="typescript")).findings
    assert (finding.rule_id, finding.severity) == (rule, Severity.HIGH)
    assert (finding.location.start_line if finding.location else 0) == line


async def test_an_export_that_is_missing(judge: Judge) -> None:
    """A name that the tests import and the code does not export is the code's to have."""
    (finding,) = (await judge("export const sum = 1;\n", RUNNER, language="typescript")).findings
    assert (finding.rule_id, finding.severity) == ("execution/missing-name", Severity.HIGH)


async def test_a_module_that_is_not_here(judge: Judge) -> None:
    """A package that this environment lacks leaves the tests open."""
    code = f"import axios from 'axios';\nexport const client = axios;\n{ADD}"
    result = await judge(code, ASSERTS, language="typescript")
    assert result.status is StageStatus.SKIPPED
    assert [finding.rule_id for finding in result.findings] == ["execution/missing-module"]


async def test_tests_that_do_not_compile_are_told_as_theirs(judge: Judge) -> None:
    """What the tests import in vain is no fault of the code."""
    result = await judge(f"export {ADD}", RUNNER.replace("./main", "./helper"), language="typescript")
    assert (result.status, result.findings) == (StageStatus.SKIPPED, ())


@pytest.mark.parametrize(
    "cheat",
    [
        "process.exit(0);",
        "process.on('exit', () => (process as any).reallyExit(0));",
        "const assert = require('assert'); for (const k of Object.keys(assert)) assert[k] = () => {};",
        "Object.is = () => true; JSON.stringify = () => '';",
        "for (const k of Object.keys(require.cache)) delete require.cache[k];",
        "(globalThis as any).test = () => {};",
    ],
)
async def test_cheats_are_no_pass(judge: Judge, cheat: str) -> None:
    """What code does while it is loaded never makes a wrong function right."""
    for code, tests in ((WRONG, ASSERTS), (f"export {WRONG}", RUNNER)):
        assert rejecting(await judge(f"{cheat}\n{code}", tests, language="typescript"))


async def test_nothing_of_the_tests_is_left_to_read(judge: Judge) -> None:
    """The code finds its own file as it was, and neither what was compiled nor the tests."""
    code = "import * as fs from 'fs';\nconst read = (path: string) => fs.readFileSync(path, 'utf8');\n"
    code += "export const look = () => [fs.readdirSync('.'), read('main.ts').length];\n"
    tests = f"import * as assert from 'assert';\nassert.deepEqual(look(), [['main.ts'], {len(code)}]);\n"
    result = await judge(code, tests, language="typescript")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
