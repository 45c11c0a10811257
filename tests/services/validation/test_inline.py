"""Comments that ignore: where they count, by language, and what only looks like one."""

import time

import pytest

from services.validation.inline import MAX_BYTES, MAX_IGNORES, ignores


def lines(text: str, path: str = "a.py") -> set[int]:
    """Return the lines for which comments of a text count."""
    return set(ignores(text.encode(), path, "python"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "x = 1\ny = 2  # assay: ignore[a/b] known\n"),
        ("a.rb", "x = 1\ny = 2 # assay: ignore[a/b]\n"),
        ("a.sh", 'x=1\ny="$x" # assay: ignore[a/b]\n'),
        ("a.yaml", "x: it's\ny: John's # assay: ignore[a/b]\n"),
        ("a.js", "x = `\n` // assay: ignore[a/b]\n"),
        ("a.ts", "let x = 1;\nlet y = 'a'; /* assay: ignore[a/b] known */ f();\n"),
        ("a.go", "x := '\"'\ny := 1 // assay: ignore[a/b]\n"),
        ("a.java", 'var s = """\n"""; // assay: ignore[a/b]\n'),
        ("a.c", "int x;\nint y; /* assay: ignore[a/b] */\n"),
        ("a.cpp", "int x;\nint y; // assay: ignore[a/b]\n"),
        ("a.rs", "fn f<'a>(x: &'a str) {}\nlet y = 1; // assay: ignore[a/b]\n"),
        ("a.php", "<?php\n$y = 1; # assay: ignore[a/b]\n"),
        ("a.sql", "select 'a';\nselect 1; -- assay: ignore[a/b]\n"),
        ("a.html", "<p>it's</p>\n<p> <!-- assay: ignore[a/b] known -->\n"),
        ("a.jsonc", '{\n"x": 1 // assay: ignore[a/b]\n}\n'),
        ("a.py", "x = 1\r\ny = 2  # type: ignore  # assay: ignore[a/b]\r\n"),
        ("a.py", "x = 1\ry = 2  # assay: ignore[a/b]\r"),
    ],
)
def test_the_line_itself(path: str, text: str) -> None:
    """A comment at the end of a line counts for that line alone, in every language's own marks."""
    assert lines(text, path) == {2}


def test_the_line_above() -> None:
    """A comment that stands alone counts for the next line too."""
    assert lines("x = 1\n    # assay: ignore[a/b, c/*] because\ny = 2\n") == {2, 3}
    (found,) = ignores(b"# assay: ignore[a/b, c/*] because\ny = 2\n", "a.py", "python")[2]
    assert (found.rules, found.line, found.reason) == (("a/b", "c/*"), 1, "because")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'x = "# assay: ignore[a/b]"\n'),
        ("a.py", '"""\n# assay: ignore[a/b]\n"""\n'),
        ("a.py", "x = '\\' # assay: ignore[a/b]'\n"),
        ("a.js", "x = `\n// assay: ignore[a/b]\n`\n"),
        ("a.js", 'x = "// assay: ignore[a/b]"\n'),
        ("a.go", "x := `\n// assay: ignore[a/b]\n`\n"),
        ("a.json", '{"x": "// assay: ignore[a/b]"}\n'),
        ("a.sql", "select '-- assay: ignore[a/b]';\n"),
        ("a.sh", "echo ${x#assay: ignore[a/b]}\n"),
        ("a.html", "<p># assay: ignore[a/b]</p>\n"),
        ("a.py", "# assay: ignore\n"),
        ("a.py", "# assay: ignore[]\n"),
        ("a.py", "# noqa\n"),
        ("a.txt", "# assay: ignore[a/b]\n"),
    ],
)
def test_what_only_looks_like_one(path: str, text: str) -> None:
    """A comment in a string is none, and one that names no rule ignores none."""
    assert not ignores(text.encode(), path, "")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        '"' * MAX_BYTES,
        "'''" + "'' " * (MAX_BYTES // 4),
        "\\" * MAX_BYTES,
        "/*" * (MAX_BYTES // 2),
        "<!--" * (MAX_BYTES // 4),
        "`" * MAX_BYTES,
        "# assay: ignore[a/b]\n" * (MAX_BYTES // 21),
        "# " + "assay: ignore[" * (MAX_BYTES // 14),
    ],
)
@pytest.mark.parametrize("path", ["a.py", "a.js", "a.html", "a.php"])
def test_hostile_texts(text: str, path: str) -> None:
    """A text made to be slow to scan is not, and what counts of it is bounded."""
    started = time.monotonic()
    found = ignores(("assay:" + text).encode()[:MAX_BYTES], path, "")
    assert time.monotonic() - started < 20
    assert len(found) <= MAX_IGNORES + 1


def test_large_files() -> None:
    """The comments of a file beyond the bound do not count."""
    assert not ignores(b"# assay: ignore[a/b]\n" + b" " * MAX_BYTES, "a.py", "python")
