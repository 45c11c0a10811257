"""Sources that were made to be slow end, in any language; what is not read is told as such."""

import pytest
from assay.errors import PluginFailed

from services.stages.placeholder.analysis import check
from services.stages.placeholder.nesting import MAX_INDENTS, MAX_NESTING
from services.stages.rules import MAX_FINDINGS

pytestmark = pytest.mark.timeout(60)

DEEP = 100_000


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", b"{" * DEEP + b"}" * DEEP),
        ("javascript", b"x=" + b"{a:" * DEEP + b"'YOUR_API_KEY'" + b"}" * DEEP),
        ("typescript", b"let x = " + b"(" * DEEP),
        ("go", b"package a\nfunc f() " + b"{" * DEEP + b"}" * DEEP),
        ("java", b"class A { void f() " + b"{" * DEEP + b"}" * DEEP + b"}"),
        ("c", b"int f() " + b"{" * DEEP + b"}" * DEEP),
        ("cpp", b"int x[] = " + b"{" * DEEP + b"};"),
        ("rust", b"fn f() -> X { " + b"Ok(" * DEEP + b"1" + b")" * DEEP + b" }"),
        ("ruby", b"x = " + b"[" * DEEP + b"]" * DEEP),
        ("php", b"<?php " + b"{" * DEEP + b"}" * DEEP),
        ("bash", b"x=" + b"$(" * DEEP + b")" * DEEP),
        ("sql", b"SELECT " + b"(" * DEEP + b"1" + b")" * DEEP),
        ("json", b"[" * DEEP + b"]" * DEEP),
        ("yaml", b"a: " + b"[" * DEEP + b"]" * DEEP),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_brackets_too_deep_are_refused(language: str, code: bytes) -> None:
    """A file that nests deeper than anybody's is not read, and said not to be: it never counts as a pass."""
    with pytest.raises(PluginFailed, match=rf"deeper than {MAX_NESTING} in a\.x"):
        check(code, "a.x", "", language)


@pytest.mark.parametrize(
    "code",
    [
        b"".join(b" " * level + b"a:\n" for level in range(1_000)),
        b"- " * 1_000 + b"a\n",
        b"? " * 1_000 + b"a\n",
        b"a:\n" + b"".join(b" " * level + b"- b:\n" for level in range(2, 1_000, 2)),
    ],
)
def test_indents_too_deep_are_refused(code: bytes) -> None:
    """YAML that its parser's scanner cannot hold is not read, however its levels are written."""
    with pytest.raises(PluginFailed, match=rf"deeper than {MAX_INDENTS} in a\.yaml"):
        check(code, "a.yaml", "", "yaml")


def test_long_lines_of_yaml_are_read() -> None:
    """Text that stands far to the right nests no deeper for it, and a list of lists as deep as anybody's is read."""
    code = b"a: |\n" + b" " * 500 + b"b\nkey: YOUR_API_KEY\n" + b"c:\n" + b"- " * 100 + b"d\n"
    assert [finding.rule_id for finding in check(code, "a.yaml", "", "yaml")] == ["placeholder/fill-in-token"]


def test_python_has_its_own_bound() -> None:
    """Python refuses such a file by itself, which the static stage tells; there is nothing to find in it."""
    assert check(b"x = " + b"(" * DEEP, "a.py") == ()


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", b"x = " + b"-" * DEEP + b"1"),
        ("python", b"".join(b" " * level + b"if x:\n" for level in range(1_500))),
        (
            "python",
            b"def f():\n" + b"".join(b" " * level + b"try:\n" for level in range(1, 1_000)) + b" " * 1_001 + b"1",
        ),
        ("javascript", b"x=>" * DEEP + b"1"),
        ("javascript", b"function f(){" * (MAX_NESTING - 1) + b"}" * (MAX_NESTING - 1)),
        ("javascript", b"x=" + b"<a>" * 10_000 + b"</a>" * 10_000),
        ("typescript", b"let x: " + b"A<" * 10_000 + b"B" + b">" * 10_000),
        ("c", b"int " + b"*" * DEEP + b"f(int a) { return 0; }"),
        ("cpp", b"void f() { std::cout" + b' << "TODO"' * 20_000 + b"; }"),
        ("ruby", b"def f\n" * 5_000 + b"end\n" * 5_000),
        ("html", b"<div>" * 5_000),
        ("yaml", b"".join(b" " * level + b"a:\n" for level in range(MAX_INDENTS - 2))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_nesting_ends(language: str, code: bytes) -> None:
    """What nests without brackets is read as deep as anybody's code is."""
    assert isinstance(check(code, "a.x", "", language), tuple)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", b"#\n" * 60_000),
        ("javascript", b"//a\n" * 60_000),
        ("javascript", b"// TODO\n" * 20_000),
        ("yaml", b"# a\n" * 60_000),
        ("javascript", b"function f(a){}\n" * 4_000),
        ("java", b"class A extends A { int f(int x) { return 0; } }\n" * 2_000),
        ("go", b"package a\nfunc f() {\n" + b"if err != nil {\n}\n" * 8_000 + b"}"),
        ("json", b'["YOUR_API_KEY"' + b',"YOUR_API_KEY"' * 20_000 + b"]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_many_things_end(language: str, code: bytes) -> None:
    """Tens of thousands of comments, functions or tokens are read, and no more is told than a person can read."""
    assert len(check(code, "a.x", "", language)) <= MAX_FINDINGS


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", b"/* TODO implement " + b"a " * 2_000_000 + b"*/"),
        ("python", b"# TODO implement " + b"a " * 2_000_000),
        ("python", b"def f(x):\n    # " + b"." * 2_000_000 + b"x\n    return x\n"),
        ("python", b"x = '" + b"YOUR_API_KEY " * 400_000 + b"'"),
        ("python", b"def f(x):\n    '''Return " + b"a " * 2_000_000 + b"'''\n    return None\n"),
        ("javascript", b"function f(a) { throw new Error('" + b"not " * 1_000_000 + b"'); }"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_long_things_end(language: str, code: bytes) -> None:
    """Of a comment, a string or a message of megabytes only the beginning is looked at."""
    assert isinstance(check(code, "a.x", "", language), tuple)


@pytest.mark.parametrize(
    "words",
    [
        b"in a real " + b"would " * 300,
        b"simulate " * 200,
        b"add the " * 240,
        b"rest of the " * 160,
        b"your " * 390,
        b"implement " * 190,
        b"-" * 1900,
        b" ." * 900,
        b"not " * 480,
        b"(" * 400 + b"..." + b")" * 400,
    ],
)
def test_words_that_match_almost(words: bytes) -> None:
    """Comments that almost match, again and again, take no more time than others."""
    assert isinstance(check((b"# " + words + b"\n") * 200, "a.py"), tuple)


@pytest.mark.parametrize(
    "language", ["cpp", "typescript", "ruby", "php", "html", "yaml", "bash", "sql", "rust", "java"]
)
def test_garbage_ends(language: str) -> None:
    """Bytes that are no program are read to their end."""
    for code in (bytes(range(32, 127)) * 200, b"\0" * 10_000, "é😀{<".encode() * 300, b"<<A %w{'\"`#" * 150):
        assert isinstance(check(code, "a.x", "", language), tuple)


def test_what_is_no_text() -> None:
    """Bytes that are no UTF-8 have no findings; the static stage says what they are."""
    assert check(b"\xff\xfe// TODO", "a.js", "", "javascript") == ()
