"""Equality outside the sandbox, held against Node and lodash themselves."""

import json
from itertools import product

import grpc.aio
import pytest
from assay.v1.sandbox_pb2 import ExecuteRequest
from assay.v1.sandbox_pb2_grpc import SandboxServiceStub
from assay.v1.source_pb2 import SourceFile

from services.stages.execution.javascript import conversion, equality, program
from services.stages.execution.javascript.equality import LODASH, LOOSE, STRICT, Undecidable, is_deeply_equal
from services.stages.execution.javascript.values import UNDEFINED, Value, array, decode, show

VALUES = """
undefined, null, true, false, 0, -0, 1, 1.5, NaN, Infinity, 1n, 0n, "", "0", "1", "a", " 1 ", "NaN", "true",
[], [undefined], [null], [0], [1], ["1"], [1, 2], [2, 1], [,], [[1]], [[[1], 2], "x"], ["a"],
{}, {a: 1}, {a: "1"}, {b: 1}, {a: undefined}, {a: 1, b: 2}, {b: 2, a: 1}, {0: 1, length: 1}, {a: {b: [1]}},
Object.create(null), Object.assign(Object.create(null), {a: 1}), new Point(),
new List(), new Map(), new Map([["a", 1]]), new Map([["a", "1"]]), new Map([[{a: 1}, 1]]),
new Map([["b", 2], ["a", 1]]), new Map([["a", 1], ["b", 2]]), new Set(), new Set([1, 2]), new Set([2, 1]),
new Set(["1", 2]), new Set([{a: 1}]), new Set([[1]]), new Set([NaN]), new Date(0), new Date(1), /a/, /a/g,
new Error("a"), new TypeError("a"), new Error("b"),
new Number(1), new String("a"), new Boolean(false), Object.assign([1], {a: 1}), new Uint8Array([1]), new Int8Array([1]),
{[Symbol.for("s")]: 1}
"""
ASK = """
const assert = require("node:assert");
const lodash = require("node:module").createRequire("/opt/assay/tests/")("lodash");
const { encode } = require("./harness/encode.cjs");
// An error of its own saves an assertion from working out what differs.
const no = new Error();
const holds = (ask) => { try { ask(); return true; } catch { return false; } };
class Point { a = 1 }
class List extends Array {}
const make = () => [VALUES];
const left = make(), right = make(), rows = [];
for (const a of left) for (const b of right) rows.push([
  holds(() => { if (!(a == b)) throw a; }), a === b, Object.is(a, b), holds(() => assert.equal(a, b, no)),
  holds(() => assert.deepEqual(a, b, no)), holds(() => assert.deepStrictEqual(a, b, no)), lodash.isEqual(a, b),
].map(Number).join(""));
console.log(JSON.stringify({ values: left.map((value) => JSON.parse(encode(value))), rows,
  json: left.map((value) => { try { return JSON.stringify(value) ?? null; } catch { return false; } }) }));
"""


@pytest.fixture(scope="module")
async def told(sandbox: grpc.aio.Channel) -> dict[str, list[object]]:
    """Give what Node says of each value, and of each pair of them."""
    files = [SourceFile(path="main.cjs", content=ASK.replace("VALUES", VALUES).encode())]
    files += [SourceFile(path=f"harness/{f.name}", content=f.read_bytes()) for f in program.HARNESS.glob("*.cjs")]
    request = ExecuteRequest(language="javascript", files=files)
    response = await SandboxServiceStub(sandbox).Execute(request, timeout=120)
    assert not response.result.stderr.content
    return json.loads(response.result.stdout.content)  # type: ignore[no-any-return]


def _or_none(compare: object, left: Value, right: Value) -> bool | None:
    try:
        return compare(left, right)  # type: ignore[operator, no-any-return]
    except Undecidable:
        return None


async def test_pairs_are_equal_as_node_says(told: dict[str, list[object]]) -> None:
    """Whatever plain data can tell is what JavaScript says of the values themselves, for every pair of them."""
    compare = [
        equality.is_loosely_equal,
        equality.is_strictly_equal,
        equality.is_same_value,
        equality.is_legacy_equal,
        *(lambda a, b, depth=depth: is_deeply_equal(a, b, depth) for depth in (LOOSE, STRICT, LODASH)),
    ]
    values = [decode(value) for value in told["values"]]
    wrong, undecided = [], 0
    for (left, right), row in zip(product(values, values), told["rows"], strict=True):
        for number, (function, says) in enumerate(zip(compare, str(row), strict=True)):
            got = _or_none(function, left, right)
            undecided += got is None
            if got is not None and got != bool(int(says)):
                wrong.append((number, show(left), show(right), says))
    assert not wrong
    assert undecided < len(compare) * len(values) ** 2 / 10


async def test_json_is_written_as_node_writes_it(told: dict[str, list[object]]) -> None:
    """What JSON.stringify gives is the same, where the value has no say in it."""
    for value, text in zip(map(decode, told["values"]), told["json"], strict=True):
        try:
            got = conversion.to_json(value)
        except ValueError:
            continue
        assert got == (UNDEFINED if text is None else text)


def test_jest_forgives_what_it_says_it_does() -> None:
    """By toEqual properties that are undefined, and holes, are no difference; -0 is."""
    assert is_deeply_equal(decode([{"t": "hole"}]), decode([{"t": "undefined"}]), equality.JEST)
    with_undefined = decode({"t": "Object", "c": "Point", "p": [["a", {"t": "undefined"}]]})
    assert is_deeply_equal(with_undefined, decode({"t": "Object", "c": "Object"}), equality.JEST)
    assert not is_deeply_equal(array(0.0), array(-0.0), equality.JEST)


def test_what_is_unordered_is_compared_within_bounds() -> None:
    """A set whose elements would have to be compared each with each is undecided beyond a bound."""
    many = decode({"t": "Set", "c": "Set", "i": [[i] for i in range(2_000)]})
    with pytest.raises(Undecidable):
        is_deeply_equal(many, decode({"t": "Set", "c": "Set", "i": [[-i] for i in range(2_000)]}), STRICT)
