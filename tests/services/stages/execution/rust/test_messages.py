"""What rustc and panics say, as problems and failures."""

import pytest

from services.stages.execution.compiled_toolchain import Failure, Problem
from services.stages.execution.rust.messages import Entry, panic, problems_in

ENTRY = Entry("src/lib.rs", 10, "tests.rs")


def test_errors() -> None:
    """Errors have the files and lines that a person knows; warnings and the summary are none."""
    messages = (
        "warning: unused variable: `n`\n --> src/lib.rs:3:9\n  |\n\n"
        "error[E0308]: mismatched types\n --> src/lib.rs:4:5\n  |\n4 |     1\n\n"
        "error: expected `;`, found `}`\n  --> src/lib.rs:12:3\n\n"
        "error[E0425]: cannot find value `n` in this scope\n --> src/shape.rs:12:1\n\n"
        "error: aborting due to 3 previous errors; 1 warning emitted\n"
    )
    assert problems_in(messages, ENTRY) == [
        Problem("src/lib.rs", 4, "mismatched types"),
        Problem("tests.rs", 2, "expected `;`, found `}`"),
        Problem("src/shape.rs", 12, "cannot find value `n` in this scope", "n", "name"),
    ]


TOLD = {
    "a crate": (
        "error[E0432]: unresolved import `serde`",
        "use of undeclared crate or module `serde`",
        "serde",
        "module",
    ),
    "an extern crate": ("error[E0463]: can't find crate for `rand`", "can't find crate", "rand", "module"),
    "a file": ("error[E0583]: file not found for module `shape`", "mod shape;", "shape", "module"),
    "a part of the crate": (
        "error[E0432]: unresolved import `crate::shape`",
        "could not find `shape` in the crate root",
        "crate::shape",
        "module",
    ),
    "a path": (
        "error[E0433]: failed to resolve: use of undeclared crate or module `regex`",
        "use of undeclared crate or module `regex`",
        "regex",
        "module",
    ),
    "a module of the standard library": (
        "error[E0433]: failed to resolve: use of undeclared crate or module `fs`",
        "1 + use std::fs;",
        "",
        "",
    ),
    "a type of the standard library": (
        "error[E0433]: failed to resolve: use of undeclared type `HashMap`",
        "1 + use std::collections::HashMap;",
        "HashMap",
        "standard",
    ),
    "a member of the standard library": (
        "error[E0432]: unresolved import `std::collections::Foo`",
        "no `Foo` in `collections`",
        "std::collections::Foo",
        "name",
    ),
    "a function": ("error[E0425]: cannot find function `area` in this scope", "", "area", "name"),
    "a method": (
        "error[E0599]: no method named `area` found for struct `Shape` in the current scope",
        "",
        "area",
        "name",
    ),
    "nightly": (
        "error[E0554]: `#![feature]` may not be used on the stable release channel",
        "",
        "a nightly compiler",
        "module",
    ),
    "nothing": ("error[E0308]: mismatched types", "", "", ""),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_is_missing(name: str) -> None:
    """What is missing is told from the error, and from the help that belongs to it."""
    error, told, missed, missing = TOLD[name]
    (problem,) = problems_in(f"{error}\n --> src/lib.rs:1:5\n  |\n{told}\n", ENTRY)
    assert (problem.name, problem.missing) == (missed, missing)


def test_panics() -> None:
    """A panic in the tests' lines is a comparison that failed; any other one is the code's, at its line."""
    told = (
        "thread 'main' panicked at src/lib.rs:13:5:\nassertion `left == right` failed\n  left: 6\n right: 4\nnote: x\n"
    )
    assert panic(told, ENTRY) == Failure(
        message="assertion `left == right` failed", test_line=3, actual="6", expected="4"
    )
    told = "thread 'main' panicked at src/lib.rs:12:5:\nassertion failed: area(2) > 4\n"
    assert panic(told, ENTRY) == Failure(message="assertion failed: area(2) > 4", test_line=2, statement="area(2) > 4")
    told = "panicked at src/lib.rs:2:5:\nindex out of bounds: the len is 2 but the index is 2\n"
    found = panic(told, ENTRY, "small")
    assert found is not None
    assert (found.test, found.exception, found.path, found.line) == ("small", "a panic", "src/lib.rs", 2)
    assert panic('Error: "no"\n', ENTRY) is None
