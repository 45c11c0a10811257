"""Candidates in JavaScript in real sandboxes: what is found, where, and how it was judged."""

import pytest
from assay.stage import Severity, StageStatus

from tests.services.stages.execution.javascript.conftest import Judge

ADD = "function add(a, b) {\n  return a + b;\n}\n"
WRONG = ADD.replace("+", "-")
EXPORTED = "module.exports = { add };\n"


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        (ADD, "assert.equal(add(1, 2), 3);\nassert.deepEqual([add(1, 1)], [2]);\n"),
        (
            ADD + EXPORTED,
            "const { test } = require('node:test');\nconst assert = require('node:assert');\n"
            "const { add } = require('./main');\ntest('one', () => { assert.equal(add(1, 2), 3); });\n"
            "test('two', async () => { assert.equal(await add(1, 1), 2); });\n",
        ),
        (
            {"lib/sum.mjs": "export " + ADD},
            "import assert from 'node:assert';\nimport { describe, it } from 'node:test';\n"
            "import { add } from './lib/sum.mjs';\n"
            "describe('add', () => {\n"
            "for (const [n, sum] of [[1, 3], [2, 4]]) it(`${n}`, () => { assert.equal(add(n, 2), sum); });\n});\n",
        ),
        (
            {"main.js": "export default " + ADD, "package.json": '{"type": "module"}'},
            "import add from './main.js';\nassert.equal(add(1, 2), 3);\nassert.equal(add('a', 'b'), 'ab');\n",
        ),
        (
            "import fs from 'node:fs';\n" + ADD,
            "const _ = require('lodash');\nconst got = await add(1, 2);\nassert.ok(_.isEqual(got, 3));\n"
            "assert.equal(typeof fs.readFileSync, 'function');\n",
        ),
        (
            ADD + EXPORTED,
            "const { add } = require('./main');\ntest('one', () => { expect(add(1, 2)).toBe(3); });\n"
            "describe('more', () => { beforeEach(() => {});\n"
            "it('two', (done) => { expect(add(1, 1)).toBe(2); done(); }); });\n",
        ),
    ],
    ids=["asserts", "runner", "module", "default export", "appended to a module", "jest"],
)
async def test_every_way_to_write_tests(judge: Judge, code: str | dict[str, str], tests: str) -> None:
    """Scripts, node:test, modules of both kinds and Jest's words run; right code passes, and wrong code fails."""
    right = await judge(code, tests)
    assert (right.status, right.findings) == (StageStatus.COMPLETED, ())
    assert (right.details["tests_passed"], right.details["tests_failed"]) == ("2", "0")
    wrong = code.replace("+", "-") if isinstance(code, str) else {p: c.replace("+", "-") for p, c in code.items()}
    result = await judge(wrong, tests)
    assert {finding.rule_id for finding in result.findings} == {"execution/test-failed"}


async def test_a_failure_tells_all_that_a_person_needs(judge: Judge) -> None:
    """A finding has the function's line, both sides, the test's line and how it was judged."""
    result = await judge(
        WRONG, "const sum = add(1, 2);\nassert.strictEqual(sum, 3);\nassert.throws(() => add(), RangeError);\n"
    )
    first, second = result.findings
    assert first.message == "The test in line 2 fails: got -1, expected 3."
    assert first.location is not None
    assert first.location.start_line == 1
    assert (first.evidence["actual"], first.evidence["expected"], first.evidence["isolation"]) == ("-1", "3", "proof")
    assert second.message == "The test in line 3 fails: got NaN and no exception, expected RangeError."
    assert (result.details["isolation"], result.details["tests_total"]) == ("proof", "2")


@pytest.mark.parametrize(
    ("tests", "isolation"),
    [
        ("assert.equal(add(1, 2), 3);\n", "proof"),
        ("for (let n = 1; n < 2; n += 1) assert.equal(add(n, 2), 3);\n", "resistant"),
        ("assert.equal(add(1, 2), 3);\nassert.throws(() => { throw add(1, 2); }, () => true);\n", "mixed"),
        ("const sum = add(1, 2);\nif (sum !== 3) { console.log('no'); } else { console.log('yes'); }\n", "resistant"),
    ],
)
async def test_each_result_says_how_it_was_judged(judge: Judge, tests: str, isolation: str) -> None:
    """Tests that were compared outside prove; those that share a process with the code resist."""
    result = await judge(ADD, tests)
    assert (result.findings, result.details["isolation"]) == ((), isolation)


@pytest.mark.parametrize(
    ("code", "rule", "line"),
    [
        ("const first = null;\nfirst.value;\n", "execution/import-error", 2),
        ("const = 1;\n", "execution/import-error", 1),
        ("function add() {\n  return missing;\n}\n", "execution/test-error", 2),
        ("function add(a, b) {\n  return add(a, b);\n}\n", "execution/test-error", 2),
        ("function add() {\n  throw 'text';\n}\n", "execution/test-error", 0),
        ("function sum() {}\n", "execution/missing-name", 0),
        (
            "function add() {\n  const held = [];\n  for (;;) held.push(new Array(1e6).fill(1));\n}\n",
            "execution/memory-limit",
            1,
        ),
        pytest.param("function add() {\n  for (;;);\n}\n", "execution/time-limit", 1, marks=pytest.mark.slow),
    ],
)
async def test_what_goes_wrong_is_named(judge: Judge, code: str, rule: str, line: int) -> None:
    """Exceptions at load and in a call, names that are not there and limits have their rules and places."""
    result = await judge(code, "assert.equal(add(1, 2), 3);\n")
    (finding,) = result.findings
    assert (finding.rule_id, finding.severity) == (rule, Severity.HIGH)
    assert (finding.location.start_line if finding.location else 0) == line


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("const axios = require('axios');\n" + ADD, "execution/missing-module"),
        ("import axios from 'axios';\nexport " + ADD, "execution/missing-module"),
        ("const helper = require('./helper');\n" + ADD, "execution/missing-module"),
        ("document.title = 'x';\n" + ADD, "execution/environment"),
        ({"main.mjs": "import './main.css';\nexport " + ADD, "main.css": "a {}"}, "execution/environment"),
        ("const view = <p>{1}</p>;\n" + ADD, "execution/environment"),
        ("const held = require('fs').readFileSync('no-such-file');\n" + ADD, "execution/environment"),
        (
            "const lines = require('fs').readFileSync(0, 'utf8').split('\\n');\nlines[1].trim();\n" + ADD,
            "execution/environment",
        ),
        ("async function add() {\n  await fetch('http://192.0.2.1/');\n}\n", "execution/environment"),
    ],
)
async def test_what_the_environment_lacks_leaves_the_tests_open(
    judge: Judge, code: str | dict[str, str], rule: str
) -> None:
    """Missing here is not wrong: the stage is skipped with the reason, and the finding only informs."""
    result = await judge(code, "(async () => { assert.equal(await add(1, 2), 3); })();\n")
    assert result.status is StageStatus.SKIPPED
    assert result.reason
    assert [(finding.rule_id, finding.severity) for finding in result.findings] == [(rule, Severity.INFO)]


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ("assert.equal(add(1, 2) 3);\n", "not JavaScript"),
        ("require('chai');\nassert.equal(add(1, 2), 3);\n", "chai"),
        ("const { helper } = require('./helper');\nassert.equal(helper(add(1, 2)), 3);\n", "helper"),
        ("expect(add).toHaveBeenCalled();\n", "expect"),
    ],
)
async def test_tests_that_cannot_run_say_nothing_about_the_code(judge: Judge, tests: str, reason: str) -> None:
    """A fault of the tests is told as theirs, and the stage is skipped."""
    result = await judge(ADD, tests)
    assert (result.status, result.findings) == (StageStatus.SKIPPED, ())
    assert reason in result.reason


async def test_tests_that_are_not_waited_for_count(judge: Judge) -> None:
    """What a promise or a timer does after the last line of the tests belongs to them."""
    check = "() => { assert.equal(add(1, 2), 3); }"
    late = f"setTimeout({check}, 20);\nPromise.resolve().then({check});\n"
    assert (await judge(ADD, late)).details["tests_passed"] == "2"
    assert len((await judge(WRONG, late)).findings) == 2


async def test_tests_may_leave_by_themselves(judge: Judge) -> None:
    """A script of tests that ends with process.exit has said what it says by its status."""
    tests = "let failed = 0;\ntry { if (add(1, 2) != 3) failed += 1; } catch { failed += 1; }\n"
    tests += "process.exit(failed ? 1 : 0);\n"
    assert (await judge(ADD, tests)).findings == ()
    (finding,) = (await judge(WRONG, tests)).findings
    assert (finding.rule_id, finding.severity) == ("execution/test-failed", Severity.HIGH)


async def test_tests_that_are_all_skipped_are_no_pass(judge: Judge) -> None:
    """A skip is told as one; where nothing else was run, nothing is claimed."""
    result = await judge(WRONG, "test.skip('adds', () => { assert.equal(add(1, 2), 3); });\n")
    assert (result.status, result.findings, result.details["tests_skipped"]) == (StageStatus.SKIPPED, (), "1")
    assert "skipped" in result.reason


async def test_tests_and_code_may_share_names(judge: Judge) -> None:
    """What both declare does not meet, and what only the tests declare the code can use."""
    tests = "const helper = 1;\nconst limit = 3;\nassert.equal(add(1, helper), 2);\n"
    assert (await judge(ADD + "const helper = 5;\n", tests)).findings == ()
    assert (
        await judge("function add() {\n  return limit;\n}\n", "const limit = 3;\nassert.equal(add(), 3);\n")
    ).findings == ()


async def test_without_tests_the_code_is_loaded(judge: Judge) -> None:
    """Code that loads has no finding, a script may end by itself, and its main part does not run."""
    assert (await judge(f"{ADD}if (require.main === module) throw new Error();\n")).findings == ()
    (finding,) = (await judge("(async () => { await null; missing(); })();\n")).findings
    assert (finding.rule_id, finding.severity) == ("execution/import-error", Severity.HIGH)
    (finding,) = (await judge("console.log('usage');\nprocess.exit(2);\n")).findings
    assert (finding.rule_id, finding.severity) == ("execution/exits-on-import", Severity.INFO)


async def test_determinism_is_looked_for_where_it_is_asked_for(judge: Judge) -> None:
    """A value that differs from run to run is told with both, and one that does not is not."""
    tests = "assert.notEqual(pick(), 2);\nassert.ok(pick() < 1);\n"
    (finding,) = (await judge("function pick() { return Math.random(); }\n", tests, determinism=True)).findings
    assert (finding.rule_id, finding.severity) == ("execution/not-deterministic", Severity.MEDIUM)
    assert finding.evidence["first"] != finding.evidence["second"]
    assert (await judge("function pick() { return 0.5; }\n", tests, determinism=True)).findings == ()
