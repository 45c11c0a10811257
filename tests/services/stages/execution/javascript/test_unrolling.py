"""Writing loops over tables out."""

import pytest
from tree_sitter_language_pack import get_parser

from services.stages.execution.javascript.unrolling import unrolled


def written(text: str) -> tuple[str, tuple[int, ...]]:
    """Return a text with its loops written out, and where its lines came from."""
    source = text.encode()
    made, lines = unrolled(source, get_parser("javascript").parse(source).root_node)
    return made.decode(), lines


def test_each_row_becomes_a_block() -> None:
    """The parts of a row are declared, then comes the body; lines know where they came from."""
    text, lines = written("for (const [a, b] of [[1, 2],\n  [3, 4]]) {\n  check(a, b);\n}\nend();\n")
    assert text == ("{ let a = 1; let b = 2;\ncheck(a, b);;\n}{ let a = 3; let b = 4;\ncheck(a, b);;\n}\nend();\n")
    assert lines == (1, 3, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("[{ i: 1, o: 2 }, { o: 4, i: 3 }].forEach(({ i, o: want }) => check(i, want));\n", 2),
        ("const rows = [[1, [2]], [3, []],];\nfor (let [a, b] of rows) check(a, b);\n", 2),
        ("for (const n of [1, 2, 3]) test(`${n}`, () => { check(n); });\n", 3),
        ("describe('x', () => { [[1], [2]].forEach(([n]) => { it('y', async () => { await check(n); }); }); });\n", 2),
    ],
)
def test_tables_are_found(text: str, blocks: int) -> None:
    """Loops of both kinds over literals, in place or named once before, are written out."""
    made, lines = written(text)
    assert made.count("{ let ") == blocks
    assert len(lines) == made.count("\n") + 1
    assert "forEach" not in made


@pytest.mark.parametrize(
    "text",
    [
        "for (const n of list()) check(n);\n",
        "for (const [a, b] of [[1, 2], row]) check(a, b);\n",
        "for (const [a, b = 2] of [[1]]) check(a, b);\n",
        "for (const [a, b] of [[1, 2], [3]]) check(a, b);\n",
        "for (const n of [1, ...more]) check(n);\n",
        "for (const n of [1, , 2]) check(n);\n",
        "for (const n of [1, 2]) { if (n) break; check(n); }\n",
        "for (const n of [1, 2]) { var last = n; }\ncheck(last);\n",
        "[1, 2].forEach((n) => { if (n) return; check(n); });\n",
        "[1, 2].forEach((n, at) => check(n, at));\n",
        "[1, 2].forEach(async (n) => check(await n));\n",
        "const rows = [[1]];\nfor (const [n] of rows) check(n);\ncheck(rows);\n",
        "const a = 1;\nfor (const [b, a] of [[2, a]]) check(a, b);\n",
        "for (const key in { a: 1 }) check(key);\n",
        f"for (const n of [{'0, ' * 201}]) check(n);\n",
    ],
)
def test_what_is_no_plain_table_stays(text: str) -> None:
    """Where the rows are not written down in full, or the body needs the loop, nothing is changed."""
    assert written(text) == (text, ())
