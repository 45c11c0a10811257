"""Names of installed modules that answer to a few by a function of their own."""

from pathlib import Path

import pytest
from assay.stage import Candidate, SourceFile

from services.stages.semantic.check import check


def rules(code: str, environment: Path, **beside: str) -> list[str]:
    """Return the rules that fire in a program, with the packages of an environment and files beside it."""
    files = (SourceFile("main.py", code.encode()),)
    context = tuple(SourceFile(f"{name}.py", text.encode()) for name, text in beside.items())
    report = check(Candidate(files, "python", "3.13", context_files=context), str(environment))
    return [finding.rule_id.removeprefix("semantic/") for finding in report.findings]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from parcel.asked import New\n", ["unknown-package-member"]),
        ("from parcel.asked import Old\n", []),
        ("from parcel.lazy import Late\n", []),
        ("try:\n    from parcel.asked import New\nexcept ImportError:\n    New = None\n", []),
        ("from parcel import Crate\n", []),
    ],
)
def test_names_that_the_module_does_not_answer_to_are_found(code: str, found: list[str], environment: Path) -> None:
    """A name that the module's source does not have is refused by it; other modules are left to the type checker."""
    assert rules(code, environment) == found


def test_attributes_of_a_module_count_too(tmp_path: Path) -> None:
    """What is taken of such a module by its own name is looked up, but not in strings and comments."""
    home = tmp_path / "lib" / "python3.13" / "site-packages" / "requests"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text(
        "def __getattr__(name):\n    if name == 'get':\n        return print\n    raise AttributeError\n"
    )
    code = "import requests\n\n# requests.gone\ntext = 'requests.gone'\nrequests.get('a')\nrequests.gone('a')\n"
    assert rules(code, tmp_path) == ["unknown-attribute"]
    assert rules(code, tmp_path, requests="gone = print\n") == []


def test_what_is_installed_exists(tmp_path: Path) -> None:
    """A package of the environment is not called made up, whether an index has it or not."""
    home = tmp_path / "lib" / "python3.13" / "site-packages" / "quantum_flux_serializer"
    home.mkdir(parents=True)
    (home / "__init__.py").write_text("")
    assert rules("import quantum_flux_serializer\n", tmp_path) == []
    assert rules("import quantum_flux_deserializer\n", tmp_path) == ["unknown-package"]
