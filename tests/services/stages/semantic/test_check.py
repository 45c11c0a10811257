"""The check of a candidate: where findings stand, what mends them, and what its surroundings change."""

import keyword
import random

import pytest
from assay.errors import InvalidArgument
from assay.stage import Candidate, Category, Finding, Severity, SourceFile, TestSuite

from services.stages.semantic.catalog import Catalog
from services.stages.semantic.check import check


def candidate(code: str | bytes, *, version: str = "3.13", path: str = "main.py") -> Candidate:
    """Return a candidate of one file."""
    return Candidate((SourceFile(path, code if isinstance(code, bytes) else code.encode()),), "python", version)


def files(**contents: str) -> Candidate:
    """Return a candidate of several files; "__" in a name stands for a slash."""
    return Candidate(
        tuple(SourceFile(name.replace("__", "/") + ".py", text.encode()) for name, text in contents.items()), "python"
    )


def only(code: str, **options: str) -> Finding:
    """Return the one finding of a program."""
    (finding,) = check(candidate(code, **options)).findings
    return finding


def fixed(code: str) -> str:
    """Apply the one fix of the one finding."""
    (fix,) = only(code).fixes
    lines = code.splitlines(keepends=True)
    for edit in sorted(fix.edits, key=lambda edit: (edit.range.start_line, edit.range.start_column), reverse=True):
        place = edit.range
        line = lines[place.start_line - 1]
        lines[place.start_line - 1] = line[: place.start_column - 1] + edit.new_text + line[place.end_column - 1 :]
    assert fix.safe
    return "".join(lines)


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("import quantum_flux.core\n", (1, 8, 1, 20)),
        ("x = 'é'; from quantum_flux import y\n", (1, 15, 1, 27)),
        ("from os import (path,\r\n    make_directory_tree)\r\n", (2, 5, 2, 24)),
        ("import json, \\\n  os.paths as p\n", (2, 3, 2, 11)),
    ],
)
def test_findings_stand_at_the_name(code: str, place: tuple[int, int, int, int]) -> None:
    """A finding's range is that of the name at fault: lines and columns from 1, in code points, the end exclusive."""
    where = only(code).location
    assert where is not None
    assert (where.start_line, where.start_column, where.end_line, where.end_column) == place


@pytest.mark.parametrize(
    ("code", "mended"),
    [
        ("from reqeusts import get\n", "from requests import get\n"),
        ("import reqeusts as r\n", "import requests as r\n"),
        ("import datetme\ndatetme.date\n", "import datetime\ndatetime.date\n"),  # a package is called so too
        (
            "import reqeusts\nreqeusts.pick(reqeusts=1, x=reqeusts.y).reqeusts\n",
            "import requests\nrequests.pick(reqeusts=1, x=requests.y).reqeusts\n",
        ),
        ("import reqeusts.adapters\nreqeusts.get\n", "import requests.adapters\nrequests.get\n"),
        ("from enum import IntEnun\nx = IntEnun\n", "from enum import IntEnum\nx = IntEnum\n"),
        ("from concurrent.future import wait\n", "from concurrent.futures import wait\n"),
    ],
)  # fmt: skip
def test_a_slip_is_mended_wherever_the_name_is_used(code: str, mended: str) -> None:
    """The safe fix of a misspelt name writes the right one in the import and at each use."""
    assert fixed(code) == mended
    assert check(candidate(mended)).findings == ()


def test_made_up_name_has_no_fix() -> None:
    """A name that is no slip of a known one gets no edit."""
    assert only("import quantum_flux_serializer\n").fixes == ()


def test_member_of_a_plain_module_is_suggested_as_such() -> None:
    """Importing a function as a module is told how to import it."""
    assert only("import time.sleep\n").suggestion == "from time import sleep"


def test_one_name_is_reported_once_and_at_its_gravest() -> None:
    """The same missing package is one finding in a file, and the import that must succeed decides its weight."""
    code = (
        "try:\n    import quantum_flux\nexcept ImportError:\n    pass\nimport quantum_flux\nimport quantum_flux.core\n"
    )
    finding = only(code)
    assert finding.severity is Severity.HIGH
    assert finding.location is not None
    assert finding.location.start_line == 5


@pytest.mark.parametrize(
    ("version", "rules"),
    [
        ("3.8", {"semantic/newer-than-python"}),
        ("3.11", set()),
        ("3.12", {"semantic/removed-from-stdlib"}),
        ("", {"semantic/removed-from-stdlib"}),
    ],
)
def test_the_candidates_python_version_decides(version: str, rules: set[str]) -> None:
    """What came later or left earlier than the candidate's version is found; the server's own version plays no part."""
    findings = check(candidate("import tomllib\nimport distutils.core\n", version=version)).findings
    assert rules <= {finding.rule_id for finding in findings}
    assert all(finding.severity is Severity.MEDIUM for finding in findings)
    assert bool(findings) is bool(rules)


@pytest.mark.parametrize("version", ["2.7", "three", "3"])
def test_what_is_no_version_is_refused(version: str) -> None:
    """A language version that is none is an error that names the field."""
    with pytest.raises(InvalidArgument, match=r"candidate\.language_version"):
        check(candidate("import os\n", version=version))


def test_own_modules_are_not_looked_up() -> None:
    """The candidate's files, context files and tests are modules of its own."""
    code = b"import quantum_flux\nimport flux_context.deep\nimport flux_checks\nfrom shop.prices import x\n"
    whole = Candidate(
        (SourceFile("main.py", code), SourceFile("quantum_flux.py", b""), SourceFile("src/shop/prices.py", b"")),
        "python",
        tests=(TestSuite((SourceFile("flux_checks.py", b""),)),),
        context_files=(SourceFile("flux_context/deep.py", b""),),
    )
    assert check(whole).findings == ()


def test_relative_imports_resolve_among_the_files() -> None:
    """Among several files a relative import must name one of them; a file alone is not asked."""
    broken = files(
        pkg____init__="", pkg__a="from .b import x\nfrom . import c\nfrom .gone import y\n", pkg__b="", pkg__c=""
    )
    (finding,) = check(broken).findings
    assert finding.rule_id == "semantic/unresolved-relative-import"
    assert "'.gone'" in finding.message
    assert check(candidate("from .gone import y\n", path="pkg/a.py")).findings == ()


def test_only_allowed_dependencies_may_be_used() -> None:
    """With a list of dependencies, a module of another distribution is found; names are compared as an index does."""
    code = b"import json\nimport yaml\nfrom PIL import Image\nimport requests\nimport google.cloud.storage\n"
    allowed = frozenset({"PyYAML", "Google_Cloud.Storage", "pillow"})
    whole = Candidate((SourceFile("main.py", code),), "python", allowed_dependencies=allowed)
    (finding,) = check(whole).findings
    assert (finding.rule_id, finding.evidence["distribution"]) == ("semantic/undeclared-dependency", "requests")
    none = Candidate((SourceFile("main.py", b"import json, yaml\n"),), "python", allowed_dependencies=frozenset())
    assert [finding.severity for finding in check(none).findings] == [Severity.MEDIUM]


def test_a_file_that_looks_for_modules_elsewhere_may_find_them() -> None:
    """Where the file adds to the module search path, an unknown module weighs little."""
    finding = only("import sys\nsys.path.insert(0, 'lib')\nimport quantum_flux_serializer\n")
    assert finding.rule_id == "semantic/unknown-local-module"


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\xff\xfe", b"\xff\xfei\x00m\x00", b"# coding: nonsense\nimport quantum_flux\n", b"import \x00\n"],
)
def test_what_is_no_source_is_no_error(content: bytes) -> None:
    """Bytes that are no readable source neither raise nor are taken for imports."""
    assert check(candidate(content)).findings == ()


def test_other_files_are_not_read() -> None:
    """Files of other languages among the candidate's are passed over."""
    assert check(candidate("import quantum_flux\n", path="notes.txt")).findings == ()


def test_findings_are_bounded() -> None:
    """A file of thousands of missing modules yields a bounded number of findings."""
    code = "".join(f"import quantum_flux_{number}\n" for number in range(1_000))
    assert len(check(candidate(code)).findings) == 200


def test_the_gravest_findings_are_kept() -> None:
    """However many trifles come first, the made-up package behind them is among the findings kept."""
    code = "".join(f"import _quantum_flux_{number}\n" for number in range(1_000)) + "import quantum_flux\n"
    findings = check(candidate(code)).findings
    assert "semantic/unknown-package" in {finding.rule_id for finding in findings}


def test_many_files_stay_bounded() -> None:
    """The findings of all files together are bounded, and the gravest come first."""
    trifles = {f"a{number}": "".join(f"import _q{number}_{n}\n" for n in range(200)) for number in range(6)}
    findings = check(files(**trifles, z="import quantum_flux\n")).findings
    assert len(findings) == 1_000
    assert findings[0].rule_id == "semantic/unknown-package"


def test_what_a_build_makes_may_be_missing() -> None:
    """Extensions, protocol code and version files beside the sources are made later."""
    whole = files(
        pkg__a="from ._speedups import x\nfrom .service_pb2 import y\nfrom .version import z\nfrom .pkg import w\n",
        pkg__b="",
    )
    assert check(whole).findings == ()


def test_a_file_beside_its_tests_is_alone() -> None:
    """Tests that come with one file say nothing of that file's siblings."""
    suite = TestSuite((SourceFile("test_a.py", b"import a\n"),))
    lone = Candidate((SourceFile("pkg/a.py", b"from .gone import x\n"),), "python", tests=(suite,))
    assert check(lone).findings == ()


def test_a_distribution_that_the_catalog_knows_is_never_called_made_up() -> None:
    """Of two thousand names drawn from the catalog, imported as a distribution's module is commonly named, none is."""
    catalog = Catalog()
    names = {catalog.name_at(place) for place in random.Random(4).sample(range(catalog.manifest.count), 2_000)}
    modules = sorted({name.replace("-", "_") for name in names})
    modules = [module for module in modules if module.isidentifier() and not keyword.iskeyword(module)]
    assert len(modules) > 1_500
    for start in range(0, len(modules), 100):
        code = "".join(f"import {module}\n" for module in modules[start : start + 100])
        found = check(candidate(code)).findings
        assert [finding.message for finding in found if finding.category is Category.HALLUCINATION] == []
