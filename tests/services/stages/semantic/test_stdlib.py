"""The table of the standard library agrees with the interpreter and with its history."""

import importlib
import sys

import pytest

from services.stages.semantic.stdlib import Span, StandardLibrary, parse_version

PLATFORM_MODULES = (
    "msvcrt",
    "winreg",
    "_winapi",
    "nt",
    "posix",
    "fcntl",
    "_scproxy",
    "winsound",
    "asyncio.windows_events",
)


@pytest.fixture(scope="module")
def library() -> StandardLibrary:
    """The shipped table."""
    return StandardLibrary()


def test_every_module_of_this_interpreter_is_known(library: StandardLibrary) -> None:
    """Each top-level module that the running interpreter lists is in the table for its version."""
    version = parse_version(f"{sys.version_info.major}.{sys.version_info.minor}")
    known = {name for name in sys.stdlib_module_names if (span := library.module(name)) and version in span}
    assert sys.stdlib_module_names - known == set()


@pytest.mark.parametrize("module", ["os", "typing", "collections", "asyncio", "json", "socket", "ast", "unittest.mock"])
def test_every_member_of_this_interpreter_is_known(library: StandardLibrary, module: str) -> None:
    """Each public name of a module here is in the table for this version."""
    version = parse_version(f"{sys.version_info.major}.{sys.version_info.minor}")
    names = {name for name in dir(importlib.import_module(module)) if not name.startswith("_")}
    known = {name for name in names if (span := library.member(module, name)) and version in span}
    assert names - known == set()


@pytest.mark.parametrize(
    ("module", "first", "last"),
    [
        ("os.path", "3.6", "3.15"),
        ("xml.etree.ElementTree", "3.6", "3.15"),
        ("tomllib", "3.11", "3.15"),
        ("distutils", "3.6", "3.11"),
        ("cgi", "3.6", "3.12"),
        ("annotationlib", "3.14", "3.15"),
        ("zoneinfo", "3.9", "3.15"),
    ],
)
def test_modules_have_their_versions(library: StandardLibrary, module: str, first: str, last: str) -> None:
    """Modules came and went when the documentation says."""
    assert library.module(module) == Span(parse_version(first), parse_version(last))


@pytest.mark.parametrize("module", PLATFORM_MODULES)
def test_modules_of_other_platforms_are_known(library: StandardLibrary, module: str) -> None:
    """Modules that only some platform has are in the table."""
    assert module in library


@pytest.mark.parametrize(
    ("module", "name", "span"),
    [
        ("os", "O_BINARY", Span((3, 6), (3, 15))),
        ("collections", "Mapping", Span((3, 6), (3, 9))),
        ("typing", "Self", Span((3, 11), (3, 15))),
        ("itertools", "batched", Span((3, 12), (3, 15))),
        ("itertools", "izip", Span((3, 6), (2, 7))),
        ("os", "make_directory_tree", None),
    ],
)
def test_members_have_their_versions(library: StandardLibrary, module: str, name: str, span: Span | None) -> None:
    """Names of modules came and went when the documentation says, on whichever platform."""
    assert library.member(module, name) == span


def test_spans_say_when_a_name_came_and_went() -> None:
    """A span names the version that brought a name and the one that took it."""
    assert Span.parse("3.9-3.11").added_in == "3.9"
    assert Span.parse("-3.11").removed_in == "3.12"
    assert Span.parse("-2.7").removed_in == "3.0"
    assert (3, 13) in Span.parse("")


@pytest.mark.parametrize("text", ["", "3", "three", "2.7", "3.x", "-1.2"])
def test_what_is_no_version_is_refused(text: str) -> None:
    """Text that is no version of Python 3 raises ValueError."""
    with pytest.raises(ValueError):
        parse_version(text)


def test_unknown_versions_become_the_nearest() -> None:
    """A version outside the table is judged as the nearest in it."""
    assert parse_version("3.2") == (3, 6)
    assert parse_version("3.99.1") == (3, 15)
