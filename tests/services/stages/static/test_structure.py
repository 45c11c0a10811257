"""Whether a file is whole: by its tree where the grammar is exact, else by the scan beside it."""

import pytest
from assay.stage import Category, Location, Severity

from services.stages.static.balance import MAX_BRACKETS, balance
from services.stages.static.dialects import DIALECTS
from tests.services.stages.static.judging import found, rules

WHOLE = {
    "javascript": "const f = (a) => `x ${a ? `<${a}` : '}'} y`.replace(/[/({]/g, \"}\"); // (\n",
    "typescript": "type A<T> = { [K in keyof T]: T[K] }; /* { */ const re = /\\(/;\n",
    "go": 'package a\n\nvar s = `{ " ` + "}" + string(\'(\') // {\n',
    "java": 'class A { String s = """\n  { " (\n  """; char c = \'{\'; } // {\n',
    "c": "#define OPEN {\n#if 0\nit's (\n#else\nint x[] = {'{', 1};\n#endif\n/* ( */ char *s = \"\\\"{\";\n",
    "cpp": "auto s = R\"x(( { \")x\"; int n = 1'000'000; char c = '\\'';\n",
    "rust": "fn f<'a>(s: &'a str) -> char { let t = r#\"{ \" (\"#; '{' } // (\n",
    "php": "<p>{ ( ' </p>\n<?php $a = ['}']; /* ( */ # {\n$t = <<<X\n { ( '\nX;\n?>\n<p>(\n",
    "sql": "SELECT 'it''s (' AS a, \"(\" AS b, $x$ ( $x$ /* ( */; -- (\n",
}


@pytest.mark.parametrize("language", WHOLE)
def test_whole(language: str) -> None:
    """Brackets in strings, characters, comments, texts and branches that are not taken count for nothing."""
    seen = balance(WHOLE[language].encode(), DIALECTS[language])
    assert (seen.closers, seen.stray, seen.open_text, seen.too_deep) == ("", -1, -1, -1)


@pytest.mark.parametrize("language", WHOLE)
def test_open(language: str) -> None:
    """What is open at the end is told from the inside out, and comments behind it do not count."""
    start = "<?php " if language == "php" else ""
    comment = "-- x" if language == "sql" else "// x"
    seen = balance(f"{start}f([{{ {comment}".encode(), DIALECTS[language])
    assert (seen.closers, seen.end) == ("}])", len(f"{start}f([{{"))


def test_stray() -> None:
    """The first bracket that closes none, or one of another sort, is told."""
    assert balance(b"f(])", DIALECTS["go"]).stray == 2
    assert balance(b"f())", DIALECTS["go"]).stray == 3


def test_branches() -> None:
    """Of a condition's branches one counts, and which of them does not matter to what comes after."""
    code = b"#if A\nif (x) {\n#elif B\nif (y) {\n#else\nif (z) {\n#endif\n}\n"
    seen = balance(code, DIALECTS["c"])
    assert (seen.closers, seen.stray) == ("", -1)


def test_comments_of_directives() -> None:
    """A comment behind a directive goes on over lines, and one behind a condition is no part of it."""
    code = b'#define A 1 /* it\n is not { */\n#define B "/*"\n#if 0 /* for editors */\n}\n#endif\nint x[] = {1};\n'
    seen = balance(code, DIALECTS["c"])
    assert (seen.closers, seen.stray, seen.open_text) == ("", -1, -1)


def test_depth_is_bounded() -> None:
    """Brackets beyond the bound are too deep, whatever closes them."""
    seen = balance(b"(" * (MAX_BRACKETS + 1) + b")" * (MAX_BRACKETS + 1), DIALECTS["go"])
    assert seen.too_deep == MAX_BRACKETS


CUT = {
    "javascript": "function f(a) {\n  return a.map((x) => {\n    x +",
    "typescript": "export class A {\n  private items: string[] =",
    "go": "package a\n\nfunc f() {\n\tg(",
    "java": "class A {\n    void f() {\n        g();\n",
    "c": '#include <gtk/gtk.h>\n\nint main(void)\n{\n    g_print (_("one',
    "cpp": "namespace a {\nclass B {\npublic:\n",
    "rust": "fn f() {\n    let x = match y {\n        1 =>",
    "ruby": "class A\n  def f\n    g\n",
    "php": "<?php\nfunction f() {\n    return [\n",
    "bash": "if [ -f a ]; then\n  for x in *; do\n    echo x\n",
    "sql": "INSERT INTO a (b, c) VALUES (1, 'one",
    "html": "<html><body><div><p class='a",
    "json": '{"a": [1, {"b": "c',
    "yaml": "a:\n  b: [1, {c: 2}\n",
}


@pytest.mark.parametrize("language", CUT)
def test_cut_off(language: str) -> None:
    """A file that stops is one finding of its own sort, at its end, in every language."""
    (finding,) = found(CUT[language], language)
    assert (finding.rule_id, finding.category) == ("static/cut-off", Category.TRUNCATION)
    assert finding.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("#include <stdio.h>\n", "static/syntax-error"),
        ('#include "a.h"\n', "static/possible-syntax-error"),
    ],
)
def test_headers_decide_what_an_error_of_c_is(before: str, after: str) -> None:
    """The same line is an error where no macro can be unknown, and a doubt where a header may have one."""
    code = f"{before}int main(void)\n{{\n    for each (x) y;\n    return 0;\n}}\n"
    assert rules(code, "c") == {after}


def test_own_macros_are_known() -> None:
    """What the file itself defines may stand where the grammar expects something else."""
    loop = "#define each(x) (x = 0; x < 3; x++)\n"
    code = f'#include <stdio.h>\n{loop}int main(void)\n{{\n    int x;\n    for each (x) puts("");\n}}\n'
    assert "static/syntax-error" not in rules(code, "c")


def test_a_header_may_be_of_either_language() -> None:
    """A header with C++ in it is read as C++, whatever its suffix says."""
    assert rules("namespace a {\nclass B {\npublic:\n  B() = default;\n};\n}\n", "c", path="b.h") == set()


def test_place_of_a_wrong_line() -> None:
    """A syntax error is told at its line, from where it goes wrong to the line's end."""
    (finding,) = found("const é = 1;\nconst b = = 2;\n", "javascript")
    assert finding.location is not None
    assert finding.location.start_line == 2
    assert finding.location.end_column == 15


def test_place_of_a_cut() -> None:
    """A cut is told at the file's last character, counted in code points."""
    (finding,) = found('f("é😀", [', "javascript")
    assert finding.location == Location("a.js", 1, 9, 1, 10)


@pytest.mark.parametrize("language", ["javascript", "go", "java", "rust", "ruby", "php", "c", "sql", "bash", "json"])
def test_only_comments(language: str) -> None:
    """An empty entry point is one finding in every language."""
    assert rules(" \n\n", language) == {"static/empty-file"}
