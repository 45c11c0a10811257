"""Taking tests apart: what stays in their text, and what is compared outside."""

import pytest

from services.stages.execution.javascript.apart import Tests
from services.stages.execution.javascript.preparation import Code, Order, prepare

CODE = "function f(x) { return x; }\nclass Box {}\n"


def prepared(tests: str, code: str = CODE, language: str = "javascript") -> tuple[Code, Tests]:
    """Return what is read of a candidate and its tests."""
    suffix = {"javascript": "js", "typescript": "ts"}[language]
    entry = f"main.{suffix}"
    order = Order(entry, code.encode(), f"main.test.{suffix}", tests.encode(), frozenset({entry}), language, "H")
    code_read, tests_read = prepare(order)
    assert tests_read is not None
    return code_read, tests_read


def taken(tests: str, code: str = CODE) -> Tests:
    """Return tests in JavaScript, taken apart."""
    return prepared(tests, code)[1]


@pytest.mark.parametrize(
    ("assertion", "asked"),
    [
        ("assert.equal(f(1), 42)", "f(1)"),
        ("assert.strictEqual(f(1), 42, 'message')", "f(1)"),
        ("assert.deepEqual(f([1]), [42, {a: 'b'}])", "f([1])"),
        ("assert.deepStrictEqual(new Box().size, 42)", "new Box().size"),
        ("assert.notStrictEqual(f(1), 42)", "f(1)"),
        ("assert(f(1) === 42)", "f(1)"),
        ("assert.ok(42 == f(1))", "f(1)"),
        ("console.assert(JSON.stringify(f(1)) === JSON.stringify([42]))", "f(1)"),
        ("console.assert(Math.abs(f(1) - 42) < 1e-6)", "f(1)"),
        ("if (f(1) !== 42) throw new Error('wrong')", "f(1)"),
        ("if (f(1) !== 42) { console.error('42'); process.exit(1); }", "f(1)"),
        ("expect(f(1)).toBe(42)", "f(1)"),
        ("expect(f(1)).not.toEqual([42])", "f(1)"),
        ("expect(f(1)).toBeCloseTo(42, 3)", "f(1)"),
        ("expect(f(1)).to.deep.equal([42])", "f(1)"),
        ("assert.ok([42, 43].includes(f(1)))", "f(1)"),
        ("assert.ok(typeof f(1) === 'string' && f(1).length === 42)", "f(1).length"),
        ("assert.throws(() => f(-1), /got 42/)", "f(-1)"),
        ("expect(() => f(-1)).toThrow('42')", "f(-1)"),
        ("await assert.rejects(() => f(-1), { message: '42' })", "f(-1)"),
        ("await expect(f(1)).resolves.toBe(42)", "await (f(1))"),
        ("await expect(f(-1)).rejects.toThrow('42')", "await (f(-1))"),
    ],
)
def test_the_expected_value_leaves_the_text(assertion: str, asked: str) -> None:
    """Of an assertion that can be read what it asks stays in the text, and what it expects does not."""
    tests = taken(f"{assertion};\n")
    (site,) = tests.sites
    assert asked in tests.text
    assert "42" not in tests.text
    assert (site.is_apart, site.is_proof, site.line) == (True, True, 1)
    assert tests.problem == ""


@pytest.mark.parametrize(
    "tests",
    [
        "const expected = [42];\nassert.deepEqual(f(1), expected);\n",
        "var x0 = f(1);\nvar v0 = 42;\nif (!same(x0, v0)) { throw 'no'; }\n"
        "function same(a, b) { return _.isEqual(a, b); }\n"
        "const _ = require('lodash');\n",
        "const check = (input, wanted) => assert.deepEqual(f(input), wanted);\ncheck(1, 42);\n",
        "function check(actual, wanted) { if (actual !== wanted) throw new Error(actual); }\ncheck(f(1), 42);\n",
        "const run = () => {\n  assert.equal(f(1), 42);\n};\nrun();\n",
        "(function () { assert.equal(f(1), 42); })();\n",
        "describe('f', () => { it('works', async () => { const got = await f(1); assert.equal(got, 42); }); });\n",
        "const { equal: same } = require('node:assert/strict');\nsame(f(1), 42);\n",
        "import { strictEqual } from 'node:assert';\nstrictEqual(f(1), 42);\n",
    ],
)
def test_expectations_are_found_through_variables_and_functions(tests: str) -> None:
    """Values that the tests name first, and functions of theirs that compare, are looked into."""
    read = taken(tests)
    assert "42" not in read.text
    assert any(site.is_proof for site in read.sites)


def test_what_the_code_is_given_stays() -> None:
    """An object that the code may change is asked for after the call, and never taken for known."""
    tests = taken("const list = [2, 1];\nf(list);\nassert.deepEqual(list, [1, 2]);\nassert.deepEqual(f(list), list);\n")
    first, second = tests.sites
    assert "[2, 1]" in tests.text
    assert (first.is_proof, second.is_proof) == (True, False)


@pytest.mark.parametrize(
    "assertion",
    [
        "assert.throws(() => f(-1), (error) => error.code === 42)",
        "assert.rejects(f)",
        "expect(f(1)).rejects.toBe(42)",
        "assert.strictEqual(f(1), f(2))",
        "assert.match(f(1), /4.2/)",
        "assert.equal(...f(1))",
        "assert.fail('42')",
    ],
)
def test_what_cannot_be_read_stays_as_it_is(assertion: str) -> None:
    """Such an assertion runs in the sandbox, and says so."""
    tests = taken(f"{assertion};\n")
    (site,) = tests.sites
    assert assertion in tests.text
    assert (site.is_apart, site.is_proof) == (False, False)


@pytest.mark.parametrize(
    "tests",
    [
        "for (let n = 0; n < 2; n += 1) { assert.equal(f(n), 42); }\n",
        "if (f(1)) { assert.equal(f(1), 42); }\n",
        "f([1, 2]).forEach((n) => { assert.equal(f(n), 42); });\n",
        "test.skip('f', () => { assert.equal(f(1), 42); });\n",
        "try { assert.equal(f(1), 42); } finally { f(2); }\n",
        "function never() { assert.equal(f(1), 42); }\n",
        "function twice() { assert.equal(f(1), 42); }\ntwice();\ntwice();\n",
        "function some() { if (f(0)) return; assert.equal(f(1), 42); }\nsome();\n",
        "let wanted = 42; for (wanted of [1]) f(wanted);\nassert.equal(f(1), wanted);\n",
        "assert.ok(f([1]).every((n) => n === 1));\n",
        "assert.ok(f(1) instanceof Box);\n",
    ],
)
def test_what_may_not_be_reached_or_is_compared_inside_is_no_proof(tests: str) -> None:
    """Only what every run must reach, and what is compared outside, proves something."""
    assert not any(site.is_proof for site in taken(tests).sites)


def test_a_guard_of_the_tests_own_helpers_stays() -> None:
    """What a class or callback of the tests throws is part of what the code is given."""
    text = "class Store { get(key) { if (!key) throw new Error('no key'); } }\nassert.equal(f(new Store()), 42);\n"
    tests = taken(text)
    assert "throw new Error('no key')" in tests.text
    assert len(tests.sites) == 1


def test_lines_stay_where_they_are() -> None:
    """Each line of what runs is the line that it was, however long an assertion is."""
    text = "assert.deepEqual(\n  f(1),\n  [\n    1,\n  ],\n);\nconst late = f(2);\nassert.equal(late, 3);\n"
    tests = taken(text)
    assert tests.text.count("\n") == text.count("\n")
    assert "late = f(2)" in tests.text.split("\n")[6]
    assert [site.line for site in tests.sites] == [1, 8]


def test_tests_know_their_candidate() -> None:
    """Tests that import the code stand beside it, others in its scope; a file of its name is it wherever they look."""
    assert taken("assert.equal(f(1), 1);\n").appended
    beside = taken("const { f } = require('../src/main.js');\nassert.equal(f(1), 1);\n")
    assert (beside.appended, 'require("./main.js")' in beside.text) == (False, True)
    module = taken("import { f } from './main';\nassert.equal(f(1), 1);\n")
    assert (module.appended, module.wrapped) == (False, True)
    assert module.imported == {"f"}


def test_names_that_both_declare_do_not_meet() -> None:
    """Tests that declare a name of the code's stand in a function of their own."""
    assert not taken("const own = 1;\nassert.equal(f(own), 1);\n").wrapped
    assert taken("const f2 = f;\nfunction f() {}\n").wrapped


def test_typescript_is_read_as_javascript_is() -> None:
    """Type annotations and assertions do not stand in the way."""
    text = "const wanted: number[] = [42];\nassert.deepStrictEqual(f(1 as any)!, wanted as number[]);\n"
    _, tests = prepared(text, "export const f = (x: any): number[] => [x];\n", "typescript")
    assert "42" not in tests.text
    assert tests.sites[0].is_proof


@pytest.mark.parametrize(
    ("tests", "problem"),
    [("assert.equal(f(1), ;\n", "not JavaScript"), ("expect(f).toHaveBeenCalledWith(1);\n", "expect")],
)
def test_what_cannot_be_run_is_told(tests: str, problem: str) -> None:
    """Tests that are no program, or need what is not there, say why."""
    assert problem in taken(tests).problem


@pytest.mark.parametrize(
    ("code", "is_module"),
    [
        ("export const f = 1;\n", True),
        ("import fs from 'fs';\n", True),
        ("const x = await f();\n", True),
        ("const fs = require('fs');\nmodule.exports = {};\n", False),
        ("function f() {}\n", False),
    ],
)
def test_the_kind_of_a_module_is_told(code: str, is_module: bool) -> None:
    """Imports, exports and awaiting at the top make an ECMAScript module."""
    assert prepared("assert(1);\n", code)[0].is_module is is_module


def test_what_is_known_of_the_code() -> None:
    """Its functions have their lines, and what it reads or holds is seen."""
    code, _ = prepared("assert(1);\n", "const a = () => 1,\n  b = 2;\nexport function c() { process.stdin.read(); }\n")
    assert dict(code.lines) == {"a": 1, "b": 2, "c": 3}
    assert (code.reads_input, code.has_markup) == (True, False)
