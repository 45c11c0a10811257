"""What is installed, read without running any of it."""

from pathlib import Path

import pytest

from services.stages.semantic.environment import Environment


@pytest.fixture
def installed(environment: Path) -> Environment:
    """The packages that the tests made."""
    return Environment(environment)


@pytest.mark.parametrize(
    ("module", "lacks"),
    [
        ("parcel.crate", True),
        ("parcel.crate.deep", True),
        ("parcel.box", False),
        ("spread.other", False),
        ("unheard_of.part", False),
        ("parcel", False),
    ],
)
def test_a_submodule_is_missing_only_from_a_whole_package(installed: Environment, module: str, lacks: bool) -> None:
    """A regular package lacks what is not in its folder; namespaces and what is not installed lack nothing surely."""
    assert installed.lacks(module) is lacks


@pytest.mark.parametrize("text", ["__path__ = []\n", "import sys\nsys.modules['a.b'] = sys\n", "NAMES = ['b']\n"])
def test_a_package_that_may_find_a_module_elsewhere_does_not_lack_it(tmp_path: Path, text: str) -> None:
    """A package that changes where modules are found, or has the word, is not said to lack one."""
    home = tmp_path / "lib" / "python3.13" / "site-packages" / "a"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text(text)
    assert not Environment(tmp_path).lacks("a.b")


def test_compiled_modules_are_there(tmp_path: Path) -> None:
    """A shared library is a module, though nothing can be read of it."""
    home = tmp_path / "lib" / "python3.13" / "site-packages" / "a"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text("")
    (home / "fast.cpython-313-x86_64-linux-gnu.so").write_bytes(b"")
    installed = Environment(tmp_path)
    assert not installed.lacks("a.fast")
    assert installed.may_have("a.fast", "anything")


@pytest.mark.parametrize(
    ("module", "name", "may_have"),
    [
        ("parcel", "Crate", False),
        ("parcel", "Box", True),
        ("parcel.lazy", "Late", True),
        ("parcel.lazy", "Nowhere", False),
        ("stubbed", "newer", True),
        ("unheard_of", "anything", True),
    ],
)
def test_a_name_is_missing_where_no_source_has_it(
    installed: Environment, module: str, name: str, may_have: bool
) -> None:
    """A module may have what its source mentions, and one that makes names what its package mentions."""
    assert installed.may_have(module, name) is may_have


def test_stubs_do_not_have_the_last_word_on_classes(installed: Environment) -> None:
    """What the source of a class sets is there, whatever its stub says."""
    assert installed.class_may_have("stubbed", "Client", "fresh")
    assert not installed.class_may_have("stubbed", "Client", "stale")


def test_only_modules_that_answer_to_a_few_names_are_asked(installed: Environment) -> None:
    """A function that answers to names counts where it looks nothing up by them."""
    assert installed.answers_by_name("parcel.asked")
    assert not installed.answers_by_name("parcel.lazy")
    assert not installed.answers_by_name("parcel")


def test_distributions_are_named_with_their_versions(installed: Environment) -> None:
    """A module's distribution is found by name or by its record, and none is made up."""
    assert installed.distribution("parcel.box") == "parcel 2.5"
    assert installed.distribution("stubbed") == ""


def test_stubs_that_leave_out_a_module(tmp_path: Path) -> None:
    """A module that a package has is there although its stubs, which are a package of their own, do not have it."""
    packages = tmp_path / "lib" / "python3.13" / "site-packages"
    for home, names in (("a", ("__init__.py", "part.py")), ("a-stubs", ("__init__.pyi",))):
        (packages / home).mkdir(parents=True)
        for name in names:
            (packages / home / name).write_text("")
    environment = Environment(tmp_path)
    assert environment.may_have("a", "part")
    assert not environment.may_have("a", "other")
