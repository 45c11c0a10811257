"""Test files taken apart, for the tests of each step."""

import ast
from collections.abc import Callable

import pytest

from services.stages.execution.harness.collect import collect
from services.stages.execution.python.apart import Setting, take
from services.stages.execution.python.scope import given_by
from services.stages.execution.python.taken import Place, Taken

Apart = Callable[..., Taken]


@pytest.fixture
def apart() -> Apart:
    """Give a function that takes a test file apart, whose candidate is ``main`` where the file imports it."""

    def run(source: str, *, kept: tuple[Place, ...] = (), wanted: tuple[str, ...] = (), code: str = "") -> Taken:
        content = source.encode()
        found = collect(content, "tests.py")
        setting = Setting({"main"}, given_by(ast.parse(code)), "main" not in found.imported, wanted, kept)
        return take(content, found, setting)

    return run
