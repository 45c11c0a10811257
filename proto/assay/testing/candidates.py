"""Candidates that a plug-in must bear, from the ordinary to the hostile, in every language of the suite."""

from collections.abc import Mapping
from dataclasses import dataclass

from assay.languages import DEFAULT_VERSIONS, SUFFIXES
from assay.stage import Candidate, SourceFile


@dataclass(frozen=True, slots=True)
class Writing:
    """
    How a language is written, as far as the candidates need it.

    :param whole: A program.
    :param hollow: One that announces its work and does not do it.
    :param nest: What opens and closes an expression in another, and what stands before, inside and after all.
    :param line: One statement of many, with a number in place of ``%d``.
    :param text: What stands before and after the characters of a long text.
    :param comment: What stands before and after a comment; empty where there is none.
    """

    whole: str
    hollow: str
    nest: tuple[str, str, str, str, str]
    line: str
    text: tuple[str, str]
    comment: tuple[str, str] = ("// ", "")


_HASH = ("# ", "")

WRITING: Mapping[str, Writing] = {
    "python": Writing(
        "import os\n\n\ndef size(path):\n    return os.stat(path).st_size\n",
        "def save(rows):\n    # TODO: Implement this\n    raise NotImplementedError('later')\n",
        ("x = ", "(", "1", ")", "\n"),
        "value_%d = undefined_%d\n",
        ("x = '", "'\n"),
        _HASH,
    ),
    "javascript": Writing(
        "const fs = require('fs');\n\nfunction size(path) {\n  return fs.statSync(path).size;\n}\n\nsize('.');\n",
        "function save(rows) {\n  // TODO: implement this\n  throw new Error('Not implemented');\n}\n",
        ("let x = ", "[", "1", "]", ";\n"),
        "let value%d = undefined_%d;\n",
        ("let x = '", "';\n"),
    ),
    "typescript": Writing(
        "export function total(rows: number[]): number {\n  return rows.reduce((sum, row) => sum + row, 0);\n}\n",
        "export function save(rows: string[]) {\n  // TODO: implement this\n  throw new Error('Not implemented');\n}\n",
        ("const x = ", "[", "1", "]", ";\n"),
        "const value%d: number = undefined_%d;\n",
        ("const x: string = '", "';\n"),
    ),
    "go": Writing(
        'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("ready")\n}\n',
        'package store\n\nfunc Save(rows []string) error {\n\t// TODO: implement this\n\tpanic("not implemented")\n}\n',
        ("package main\n\nvar x = ", "(", "1", ")", "\n"),
        "var value%d = undefined%d\n",
        ('package main\n\nvar x = "', '"\n'),
    ),
    "java": Writing(
        "public class Main {\n  public static int twice(int number) {\n    return 2 * number;\n  }\n}\n",
        "class Store {\n  int save() {\n    // TODO: implement this\n    throw new IllegalStateException();\n  }\n}\n",
        ("class Main { int x = ", "(", "1", ")", "; }\n"),
        "class Value%d { int x = undefined%d; }\n",
        ('class Main { String x = "', '"; }\n'),
    ),
    "c": Writing(
        '#include <stdio.h>\n\nint main(void) {\n    printf("%d\\n", 3);\n    return 0;\n}\n',
        "int save(int rows) {\n    /* TODO: implement this */\n    return 0;\n}\n",
        ("int x = ", "(", "1", ")", ";\n"),
        "int value%d = undefined%d;\n",
        ('const char *x = "', '";\n'),
    ),
    "cpp": Writing(
        '#include <iostream>\n\nint main() {\n    std::cout << "ready" << std::endl;\n    return 0;\n}\n',
        '#include <stdexcept>\n\nint save() {\n    // TODO: implement this\n    throw std::logic_error("later");\n}\n',
        ("int x = ", "(", "1", ")", ";\n"),
        "int value%d = undefined%d;\n",
        ('const char *x = "', '";\n'),
    ),
    "rust": Writing(
        'fn main() {\n    println!("{}", std::env::args().count());\n}\n',
        "pub fn save(rows: u32) -> bool {\n    // TODO: implement this\n    todo!()\n}\n",
        ("const X: i32 = ", "(", "1", ")", ";\n"),
        "const VALUE%d: i32 = UNDEFINED%d;\n",
        ('const X: &str = "', '";\n'),
    ),
    "ruby": Writing(
        "def size(path)\n  File.size(path)\nend\n",
        "def save(rows)\n  # TODO: implement this\n  raise NotImplementedError\nend\n",
        ("x = ", "[", "1", "]", "\n"),
        "value%d = undefined%d\n",
        ("x = '", "'\n"),
        _HASH,
    ),
    "php": Writing(
        "<?php\n\nfunction size(string $path): int\n{\n    return filesize($path);\n}\n",
        "<?php\n\nfunction save(array $rows)\n{\n    // TODO: implement this\n    throw new Exception('later');\n}\n",
        ("<?php\n$x = ", "[", "1", "]", ";\n"),
        "<?php $value%d = $undefined%d; ?>\n",
        ("<?php\n$x = '", "';\n"),
    ),
    "bash": Writing(
        '#!/usr/bin/env bash\nset -eu\nwc -c "$1"\n',
        "save() {\n  # TODO: implement this\n  :\n}\n",
        ("x=", "$(", "echo", ")", "\n"),
        "value%d=$undefined%d\n",
        ("x='", "'\n"),
        _HASH,
    ),
    "sql": Writing(
        "SELECT name, count(*) AS rows FROM files GROUP BY name ORDER BY rows;\n",
        "-- TODO: implement this\nSELECT NULL;\n",
        ("SELECT ", "(", "1", ")", ";\n"),
        "SELECT %d AS value_%d;\n",
        ("SELECT '", "';\n"),
        ("-- ", ""),
    ),
    "html": Writing(
        "<!DOCTYPE html>\n<html>\n<head><title>Files</title></head>\n<body><p>None.</p></body>\n</html>\n",
        "<!DOCTYPE html>\n<html>\n<body>\n<!-- TODO: add the content here -->\n</body>\n</html>\n",
        ("<body>", "<p><b>", "x", "</b></p>", "</body>\n"),
        "<p id='a%d'>{{ value_%d }}</p>\n",
        ("<p title='", "'></p>\n"),
        ("<!-- ", " -->"),
    ),
    "json": Writing(
        '{"name": "files", "rows": [1, 2, 3], "ready": true}\n',
        '{"name": "files", "key": "YOUR_API_KEY_HERE"}\n',
        ("", "[", "1", "]", "\n"),
        '{"a%d": "value_%d"}\n',
        ('{"x": "', '"}\n'),
        ("", ""),
    ),
    "yaml": Writing(
        "name: files\nrows:\n  - 1\n  - 2\nready: true\n",
        "name: files\nkey: YOUR_API_KEY_HERE # TODO: set this\n",
        ("x: ", "[", "1", "]", "\n"),
        "value%d: undefined_%d\n",
        ("x: '", "'\n"),
        _HASH,
    ),
}  # fmt: skip

LANGUAGES = tuple(WRITING)
"""The languages that :func:`candidates` can write: all of :mod:`assay.languages`."""


def candidates(language: str = "python") -> tuple[Candidate, ...]:
    """Return candidates in a language that a plug-in must bear; some are no programs of it at all."""
    contents = {**_any_language(WRITING[language]), **(_PYTHON_ALONE if language == "python" else {})}
    name = f"main{_suffix(language)}"
    single = [_candidate(language, SourceFile(name, content)) for content in contents.values()]
    return (*single, _of_several_files(language))


def _any_language(writing: Writing) -> dict[str, bytes]:
    whole, hollow = writing.whole.encode(), writing.hollow.encode()
    before, opens, inside, closes, after = writing.nest
    start, end = writing.comment
    wide = "größe \N{SNOWMAN}\N{MUSICAL SYMBOL G CLEF}\N{PILE OF POO}"
    note = f"{start}TODO {wide}{end}\n" if start else ""
    return {
        "ordinary": whole,
        "hollow": hollow,
        "empty": b"",
        "blank": b"\n \n\t\n",
        "no line end": whole.rstrip(),
        "windows": hollow.replace(b"\n", b"\r\n"),
        "old mac": hollow.replace(b"\n", b"\r"),
        "byte order mark": b"\xef\xbb\xbf" + hollow,
        "wide characters": f"{writing.text[0]}{wide}{writing.text[1]}{note}".encode(),
        "other separators": "\u2028\u0085\x0c".join((note, writing.hollow)).encode(),
        "latin-1": whole + f"{start}\xe9{end}\n".encode("latin-1"),
        "no text": bytes(range(256)) * 4,
        "NUL": whole + b"\x00\n",
        "cut off": whole[: len(whole) * 2 // 3],
        "fenced": b"```" + b"\n" + whole + b"```\n",
        "no program": b"Sure! Here is the code you asked for, with all of its parts filled in.\n",
        "deep": (before + opens * 2_000 + inside + closes * 2_000 + after).encode(),
        "never closed": (before + opens * 2_000).encode(),
        "long line": (writing.text[0] + "a" * 200_000 + writing.text[1]).encode(),
        "many lines": "".join(writing.line % (number, number) for number in range(1_500)).encode(),
    }


_PYTHON_ALONE = {
    "unknown import": b"import reqeusts_of_nobody\n\nreqeusts_of_nobody.get('x')\n",
    "form feed": b"x = 1\n\x0c\ny = undefined_name\n",
    "cookie": b"# -*- coding: latin-1 -*-\nname = '\xe9'\n",
    "other separators in a text": "x = '\u2028\u0085'; y = undefined_name\n".encode(),
    "deep blocks": b"".join(b" " * depth + b"if 1:\n" for depth in range(150)) + b" " * 150 + b"pass\n",
}


def _of_several_files(language: str) -> Candidate:
    suffix, writing = _suffix(language), WRITING[language]
    return Candidate(
        files=(
            SourceFile(f"pkg/first{suffix}", writing.whole.encode()),
            SourceFile(f"pkg/core{suffix}", writing.hollow.encode()),
            SourceFile("notes.txt", b"TODO: not a program\n"),
        ),
        language=language,
        language_version=DEFAULT_VERSIONS.get(language, ""),
        entry_point=f"pkg/core{suffix}",
        context_files=(SourceFile(f"beside{suffix}", writing.hollow.encode()),),
    )


def _candidate(language: str, file: SourceFile) -> Candidate:
    return Candidate((file,), language, DEFAULT_VERSIONS.get(language, ""), file.path)


def _suffix(language: str) -> str:
    return next(suffix for suffix, named in SUFFIXES.items() if named == language)
