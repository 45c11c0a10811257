"""Which fixes go together, and what a candidate is after them."""

from dataclasses import replace

import pytest
from assay.stage import Candidate, Finding, Fix, Location, Severity, SourceFile, TestSuite, TextEdit

from services.validation.repair_change import Change
from services.validation.repair_fixes import MAX_BYTES, Fixes
from tests.toys import finding

CODE = b"alpha = 1\nbeta = 2\n"
FILES = (SourceFile("a.py", CODE), SourceFile("b.py", b"gamma = 3\n"))
CANDIDATE = Candidate(FILES, "python", entry_point="a.py", context_files=(SourceFile("c.py", CODE),))
ALPHA, BETA, TOP = (1, 1, 1, 6), (2, 1, 2, 5), (1, 1, 1, 1)

Edit = tuple[tuple[int, int, int, int], str]


def fix(*edits: Edit, path: str = "a.py", safe: bool = True) -> Fix:
    """Return a fix of some edits in one file."""
    return Fix("Do it", tuple(TextEdit(Location(path, *place), new) for place, new in edits), safe)


def found(*fixes: Fix, mark: str = "m", severity: Severity = Severity.HIGH, confidence: float = 1.0) -> Finding:
    """Return a finding with fixes."""
    return finding(severity, confidence, fixes=fixes, fingerprint=mark)


async def change(*findings: Finding, candidate: Candidate = CANDIDATE) -> Change | None:
    """Return what the fixes of findings come to."""
    return await Fixes().change(candidate, findings)


async def text(*findings: Finding) -> bytes:
    """Return the first file after the fixes of findings."""
    made = await change(*findings)
    return CODE if made is None else made.contents["a.py"]


async def test_fixes_are_made_together() -> None:
    """Safe fixes of several findings are one change, which names them."""
    made = await change(found(fix((ALPHA, "one")), mark="1"), found(fix((BETA, "two")), mark="2"))
    assert made == Change({"a.py": b"one = 1\ntwo = 2\n"}, ("1", "2"))


async def test_a_fix_in_several_files_is_made_in_all() -> None:
    """One fix may edit several files of the candidate."""
    both = Fix("Do it", (*fix((ALPHA, "x")).edits, *fix(((1, 1, 1, 6), "y"), path="b.py").edits), safe=True)
    made = await change(found(both))
    assert made is not None
    assert made.contents == {"a.py": b"x = 1\nbeta = 2\n", "b.py": b"y = 3\n"}


@pytest.mark.parametrize(
    "one",
    [
        found(fix((ALPHA, "x"), safe=False)),
        found(),
        found(Fix("Nothing", (), safe=True)),
        found(fix((ALPHA, "x")), severity=Severity.INFO),
        found(fix((ALPHA, "x"), path="c.py")),
        found(fix((ALPHA, "x"), path="nowhere.py")),
        found(fix((ALPHA, "x"), ((1, 1, 9, 1), ""))),
        found(fix((ALPHA, "x"), ((1, 3, 1, 9), ""))),
        found(fix((ALPHA, "alpha"))),
    ],
)
async def test_what_is_not_made(one: Finding) -> None:
    """Not what a person must judge, what is merely worth knowing, what leaves the judged files, nor what is none."""
    assert await change(one) is None


async def test_tests_are_never_edited() -> None:
    """A fix in the tests that came with a candidate is not made."""
    tested = replace(CANDIDATE, tests=(TestSuite((SourceFile("tests.py", CODE),)),))
    assert await change(found(fix((ALPHA, "x"), path="tests.py")), candidate=tested) is None


async def test_the_first_safe_fix_of_a_finding_counts() -> None:
    """Of several fixes the best that needs no person is made."""
    several = found(fix((ALPHA, "x"), safe=False), fix((ALPHA, "y")), fix((ALPHA, "z")))
    assert await text(several) == b"y = 1\nbeta = 2\n"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"severity": Severity.MEDIUM}, {"severity": Severity.HIGH}, b"second"),
        ({"confidence": 0.6}, {"confidence": 0.9}, b"second"),
        ({"severity": Severity.HIGH, "confidence": 0.6}, {"severity": Severity.MEDIUM}, b"first"),
        ({}, {}, b"first"),
    ],
)
async def test_conflicts(first: dict[str, float], second: dict[str, float], expected: bytes) -> None:
    """Where two fixes exclude one another the graver finding's is made, then the surer one's, then the first."""
    one = found(fix((ALPHA, "first"), (BETA, "x")), mark="1", **first)  # type: ignore[arg-type]
    other = found(fix(((1, 2, 1, 4), "econd"), (BETA, "x")), mark="2", **second)  # type: ignore[arg-type]
    if expected == b"second":
        other = replace(other, fixes=(fix((ALPHA, "second")),))
    made = await change(one, other)
    assert made is not None
    assert made.contents["a.py"].startswith(expected)
    assert len(made.mended) == 1


async def test_a_fix_is_made_whole_or_not_at_all() -> None:
    """Where one edit of a fix is in another's way, none of its edits is made."""
    assert await text(found(fix((ALPHA, "x"))), found(fix((BETA, "y"), (ALPHA, "z")))) == b"x = 1\nbeta = 2\n"


async def test_an_edit_that_two_need_is_made_once() -> None:
    """Two findings that add the same import add it once, and two imports at one place both come in order."""
    imports = fix((TOP, "import os\n"))
    made = await change(found(imports, mark="1"), found(imports, mark="2"), found(fix((TOP, "import re\n")), mark="3"))
    assert made == Change({"a.py": b"import os\nimport re\n" + CODE}, ("1", "2", "3"))


async def test_large_files_are_left_alone() -> None:
    """A file is not edited with which those that are would be larger than the bound; another one is all the same."""
    sizes = {"a.py": MAX_BYTES - 100, "b.py": 200, "c.py": 50}
    files = tuple(SourceFile(path, CODE + b"#" * (size - len(CODE))) for path, size in sizes.items())
    made = await change(*(found(fix((ALPHA, "x"), path=path)) for path in sizes), candidate=Candidate(files, "python"))
    assert made is not None
    assert list(made.contents) == ["a.py", "c.py"]


async def test_a_change_keeps_what_it_is_not_about() -> None:
    """A changed candidate has the paths, modes, tests and context of the one before; what changes nothing is none."""
    held = replace(CANDIDATE, files=(replace(FILES[0], executable=True), FILES[1]))
    changed = Change({"a.py": b"x\n", "tests.py": b"", "c.py": b""}).of(held)
    assert changed == replace(held, files=(SourceFile("a.py", b"x\n", executable=True), FILES[1]))
    assert Change({"a.py": CODE}).of(held) is None
    assert Change({"a.py": b"#" * (17 * 1024 * 1024)}).of(held) is None
