"""Where the candidate defines what a test calls."""

import pytest

from services.stages.execution.subject import MAX_BYTES, called, definition_line, location_of
from tests.services.stages.execution.conftest import candidate

SOURCES = {
    "c": ("/* area(2) is 4 */\nint area(int);\n\nstatic int\narea(int side) {\n    return side;\n}\n", 5),
    "c++": ("using namespace std;\nvector<int> area(vector<int> sides, int n = 2) const {\n", 2),
    "a call": ("int other() {\n    return area(2);\n}\nint area(int n)\n{\n", 4),
    "a condition": ("int other() {\n    if (area(2)) {\n    }\n}\n", 0),
    "a declaration": ("int area(int n);\n", 0),
    "rust": ("// fn area\npub fn area<T>(side: T) -> T {\n", 2),
    "go": ("func (s Shape) area() int {\n", 1),
    "python": ("def area(side):\n", 1),
    "ruby": ("module A\n  def self.area(side)\n", 2),
    "php": ("<?php\nfunction &area($side) {\n", 2),
    "java": ("class A {\n    public static <T> int area(int side) throws E {\n", 2),
    "bash": ("other() {\narea() {\n", 2),
}


@pytest.mark.parametrize("name", SOURCES)
def test_definition_line(name: str) -> None:
    """A definition is told from calls, declarations and comments, in every language."""
    source, line = SOURCES[name]
    assert definition_line(source.encode(), "area") == line


def test_called() -> None:
    """Names that are called come in their order, each once."""
    assert called(["assert(same(area(2), sides::<u8>(3)))", "area(1)"]) == ["assert", "same", "area", "sides"]


def test_location_of() -> None:
    """The first name that the candidate defines is where it is; of one that it does not there is no place."""
    code = candidate({"main.c": "int other;\n", "area.c": "int side;\nint area(void) {\n}\n"}, language="c")
    found = location_of(code, ["assert", "area"])
    assert found is not None
    assert (found.path, found.start_line) == ("area.c", 2)
    assert location_of(code, ["volume"]) is None


@pytest.mark.parametrize("piece", ["/*", "int f(", "f(f(", "f ", "//", "int f(int n) "])
def test_hostile_sources_take_no_time(piece: str) -> None:
    """Sources as long as are searched at all end at once, whatever they repeat; longer ones are not searched."""
    definition_line((piece * MAX_BYTES)[:MAX_BYTES].encode(), "f")
    assert definition_line(b"int f() {" + b" " * MAX_BYTES, "f") == 0
