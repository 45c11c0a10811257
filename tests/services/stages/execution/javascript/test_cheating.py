"""Every known way of cheating on tests in JavaScript, against tests that are taken apart and tests that are not."""

import pytest
from assay.stage import Severity, StageStatus

from tests.services.stages.execution.javascript.conftest import Judge, rejecting

APART = """const assert = require('assert');
assert.equal(add(1, 2), 3);
assert.deepStrictEqual([add(1, 2)], [3]);
"""
RESISTANT = """const assert = require('assert');
for (const [a, b, c] of [[1, 2, 3], [3, 4, 7]].map((row) => row)) { assert.strictEqual(add(a, b), c); }
assert.doesNotThrow(() => assert.ok([add(1, 2)].every((sum) => sum === 3)));
"""
RUNNER = """const { test } = require('node:test');
const assert = require('node:assert');
const { add } = require('./main');
test('adds', () => { assert.strictEqual(add(1, 2), 3); });
test('adds much', async () => { assert.ok(await [[1, 2, 3]].every(([a, b, c]) => add(a, b) === c)); });
"""
SUITES = {"apart": APART, "resistant": RESISTANT, "runner": RUNNER}
WRONG = "function add(a, b) { return a - b; }\nif (typeof module === 'object') module.exports = { add };\n"
RIGHT = WRONG.replace("-", "+")

ANYTHING = "new Proxy(function () {}, { get: () => () => true, apply: () => true })"

AT_LOAD = {
    "exit": "process.exit(0);",
    "native exit": "process.reallyExit(0);",
    "signal": "process.kill(process.pid, 'SIGKILL');",
    "exit in a microtask": "queueMicrotask(() => process.exit(0));",
    "exit in a timer": "setInterval(() => {}, 1000); setTimeout(() => process.reallyExit(0), 5);",
    "exit handlers": "for (const e of ['exit', 'beforeExit']) process.on(e, () => process.reallyExit(0));",
    "assertions": "const assert = require('assert'); for (const k of Object.keys(assert)) assert[k] = () => {};",
    "runner": "const t = require('node:test'); t.test = t.it = t.describe = () => {};",
    "globals of the tests": "globalThis.test = globalThis.it = globalThis.describe = globalThis.assert = () => {};",
    "cache": f"for (const k of Object.keys(require.cache)) require.cache[k].exports = {ANYTHING};",
    "loader": f"const M = require('module'), load = M._load; M._load = function (name, ...rest) {{"
    f" return /assert|test|lodash/.test(name) ? {ANYTHING} : load.call(this, name, ...rest); }};",
    "builtins": "Object.is = () => true; JSON.stringify = () => ''; Array.prototype.every = () => true;",
    "console": "console.log = console.error = console.assert = () => {};",
    "printed results": "console.log('ok 1 - adds\\n# pass 2'); for (const e of ['loaded', 'done'])"
    " for (const fd of [1, 2]) require('fs').writeSync(fd, `\\n${'0'.repeat(32)} {\"event\":\"${e}\"}\\n`);"
    " process.exitCode = 0;",
    "swallowed exceptions": "for (const e of ['uncaughtException', 'unhandledRejection']) process.on(e, () => {});",
    "stack traces": "Error.stackTraceLimit = 50; Error.prepareStackTrace = (error, sites) => {"
    " for (const site of sites) { const at = site.getThis(); if (at) at.send = () => {}; } return ''; };",
    "main module": "const m = require.main ?? process.mainModule; if (m) { for (const c of m.children)"
    " for (const k of Object.keys(c.exports)) c.exports[k] = () => {}; } if (module.parent) module.parent.id = '';",
    "harness": "for (const k of Object.getOwnPropertyNames(globalThis)) if (k.startsWith('assay')) {"
    " try { globalThis[k] = {}; globalThis[k].check = globalThis[k].probe = () => {}; } catch {}"
    " for (let i = 0; i < 4; i += 1) { globalThis[k].probe(i, [() => 3]); globalThis[k].check(i, () => {}); } }",
    "return": "if (true) { module.exports = { add: () => 0 }; return; }",
    "comment": "module.exports = { add: () => 0 }; /*",
    "descriptors": "for (let fd = 3; fd < 64; fd += 1) try { require('fs').writeSync(fd, '{}'); } catch {}"
    " process.reallyExit(0);",
    "child": "require('child_process').spawnSync('kill', ['-9', String(process.pid)]);",
}
IN_CALL = {
    "exit": "process.exit(0);",
    "native exit": "process.reallyExit(0);",
    "signal": "process.kill(process.pid, 'SIGKILL');",
    "worker": "new (require('worker_threads').Worker)('process.exit(0)', { eval: true }); return 1;",
    "primitive": "return { valueOf: () => 3, toString: () => '3', toJSON: () => 3, [Symbol.toPrimitive]: () => 3 };",
    "proxy": "return new Proxy({}, { get: () => () => 3, has: () => true, getPrototypeOf: () => Number.prototype });",
    "getter": "let n = 0; return { get length() { return (n += 1); }, get 0() { return 3; } };",
    "promise": "return new Promise(() => {});",
    "thrown": "throw { get name() { process.reallyExit(0); }, get message() { return 'equal'; } };",
    "assertion error": "const { AssertionError } = require('assert'); throw Object.create(AssertionError.prototype);",
    "equal to all": "return Object.assign(() => 3, { valueOf: () => 3, equals: () => true });",
}


WAYS = ["runner", *(pytest.param(suite, marks=pytest.mark.slow) for suite in ("apart", "resistant"))]
"""The tests of the runner's hold both kinds of assertions; each kind by itself is for when there is time."""


@pytest.mark.parametrize("suite", WAYS)
@pytest.mark.parametrize("cheat", AT_LOAD)
async def test_a_cheat_at_load_is_no_pass(judge: Judge, cheat: str, suite: str) -> None:
    """What code does while it is loaded never makes a wrong function right."""
    result = await judge(f"{AT_LOAD[cheat]}\n{WRONG}", SUITES[suite])
    assert result.status is StageStatus.COMPLETED
    assert rejecting(result)


@pytest.mark.parametrize("suite", WAYS)
@pytest.mark.parametrize("cheat", IN_CALL)
async def test_a_cheat_in_the_call_is_no_pass(judge: Judge, cheat: str, suite: str) -> None:
    """What a function does or returns in the place of the right value never passes."""
    code = f"function add(a, b) {{ {IN_CALL[cheat]} }}\nmodule.exports = {{ add }};\n"
    result = await judge(code, SUITES[suite])
    assert result.status is StageStatus.COMPLETED
    assert rejecting(result)


@pytest.mark.parametrize(
    "habit",
    [
        "process.on('exit', () => {});",
        "const keep = setInterval(() => {}, 1000);",
        "String.prototype.shout = function () { return this.toUpperCase(); };",
        "console.log = () => {};",
        "Error.stackTraceLimit = 0;",
        "process.on('uncaughtException', () => {});",
        "Math.random = () => 0.5;",
    ],
)
async def test_honest_habits_pass(judge: Judge, habit: str) -> None:
    """What honest programs do as well is no cheat."""
    for suite in SUITES.values():
        result = await judge(f"{habit}\n{RIGHT}", suite)
        assert (result.status, rejecting(result)) == (StageStatus.COMPLETED, [])


async def test_builtins_that_nothing_rests_on(judge: Judge) -> None:
    """Replaced builtins reject where a test in the sandbox rests on them; what is compared outside does not."""
    code = f"Object.is = (a, b) => a === b;\n{RIGHT}"
    for suite, severity in ((APART, Severity.MEDIUM), (RESISTANT, Severity.HIGH)):
        (finding,) = (await judge(code, suite)).findings
        assert (finding.rule_id, finding.severity) == ("execution/replaced-builtins", severity)
        assert finding.evidence["names"] == "Object.is"


async def test_the_tests_are_nowhere_to_be_read(judge: Judge) -> None:
    """The code finds its own file in its folder, an empty standard input, and no expected value in what calls it."""
    code = """const fs = require('fs');
const read = (file) => fs.readFileSync(file, 'utf8');
function look() { return [fs.readdirSync('.'), read(0), read(__filename).length]; }
function caller() { return String(new Error().stack).includes('4217') || String(look.caller).includes('4217'); }
"""
    tests = f"""assert.deepEqual(look(), [['main.js'], '', {len(code)}]);
const expected = 4217;
assert.notEqual(caller(), expected);
assert.equal(caller(), false);
"""
    result = await judge(code, tests)
    assert (result.findings, result.details["isolation"]) == ((), "proof")
