"""Imports are read from the syntax tree, with what guards them and where they stand."""

import textwrap

import pytest

from services.stages.semantic.imports import Guard, Import, parse, read_imports, references


def imports_of(code: str) -> list[Import]:
    """Return the imports of a program."""
    data = textwrap.dedent(code).encode()
    return read_imports(parse(data), data)


def modules_of(code: str) -> list[str]:
    """Return the imported modules, with the dots before them."""
    return ["." * found.level + found.module for found in imports_of(code)]


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import os, a.b as c\n", ["os", "a.b"]),
        ("from x.y import (z,\n  w as v)\n", ["x.y"]),
        ("from x import *\n", ["x"]),
        ("from . import q\nfrom ..pk.g import r\n", [".", "..pk.g"]),
        ("from __future__ import annotations\n", ["__future__"]),
        ("def f():\n    class A:\n        import deep\n", ["deep"]),
        ("import importlib\nimportlib.import_module('lit.eral')\n", ["importlib", "lit.eral"]),
        ("x = [__import__('bar').y for _ in ()]\n", ["bar"]),
        ("import_module(f'x{y}')\nimport_module(name)\nimport_module('../x')\nimport_module('x' + y)\n", []),
        ("match x:\n    case 1:\n        import inner\n", ["inner"]),
        ("with a:\n    for b in c:\n        while d:\n            import inner\n", ["inner"]),
        ("type X = int\nimport newer\n", ["newer"]),
        ("s = '''\nimport not_code\n'''\n# import nor_this\n", []),
        ("def f(:\n    import broken\nimport good\n", ["broken", "good"]),
        ("", []),
    ],
)
def test_imports_are_found_wherever_they_stand(code: str, modules: list[str]) -> None:
    """Every form of import yields its module, and text that only looks like one yields none."""
    assert modules_of(code) == modules


@pytest.mark.parametrize(
    ("code", "guards"),
    [
        ("import a\n", [Guard.NONE]),
        ("try:\n    import a\nexcept ImportError:\n    import b\n", [Guard.OPTIONAL, Guard.OPTIONAL]),
        ("try:\n    import a\nexcept (ValueError, builtins.ModuleNotFoundError) as e:\n    pass\n", [Guard.OPTIONAL]),
        ("try:\n    import a\nexcept:\n    pass\n", [Guard.OPTIONAL]),
        ("try:\n    import a\nexcept ValueError:\n    import b\n", [Guard.NONE, Guard.NONE]),
        ("try:\n    import a\nfinally:\n    pass\n", [Guard.NONE]),
        ("with contextlib.suppress(ImportError):\n    import a\n", [Guard.OPTIONAL]),
        ("if TYPE_CHECKING:\n    import a\nimport b\n", [Guard.TYPES, Guard.NONE]),
        ("if sys.platform == 'win32':\n    import a\nelse:\n    import b\n", [Guard.OPTIONAL, Guard.OPTIONAL]),
        ("if debug:\n    import a\n", [Guard.NONE]),
        ("pytest.importorskip('a')\n", [Guard.OPTIONAL]),
    ],
)
def test_guards_are_seen(code: str, guards: list[Guard]) -> None:
    """An import knows whether the code provides for its failure."""
    assert [found.guard for found in imports_of(code)] == guards


def test_ranges_are_of_the_names() -> None:
    """The ranges of modules and members hold their names and nothing else."""
    code = "from é.b import (c,\n   dd as e)\nimport f.g\n"
    data = code.encode()
    first, second = imports_of(code)
    spans = [first.range, first.root_range, *(member.range for member in first.members), second.range]
    assert [data[start:end].decode() for start, end in spans] == ["é.b", "é", "c", "dd", "f.g"]
    assert [member.binds for member in first.members] == [True, False]


def test_references_are_uses_of_the_name_itself() -> None:
    """Attributes, arguments' names and imports that happen to be spelt alike are no references."""
    data = b"import abc\nabc.abc(abc=abc)\nx.abc\n"
    assert references(parse(data), "abc") == [(11, 14), (23, 26)]


def test_deep_nesting_is_read() -> None:
    """Source nested deeper than the interpreter's stack is read all the same."""
    code = "import a\nx = __import__('b')\ny = " + "(" * 20_000 + ")" * 20_000 + "\nimport c\n"
    assert {"a", "b"} <= set(modules_of(code))
