"""The validator keeps the contract of validators, and its places and edits are exact."""

from assay.stage import Candidate, SourceFile
from assay.testing import candidates, check_validator
from assay_plugin_example.validator import HouseStyle


async def test_conformance() -> None:
    """The validator keeps the contract, with candidates good and bad, and its own examples are right."""
    assert await check_validator(HouseStyle, candidates=candidates("python"), name="house-style") == []


def test_place() -> None:
    """The place is counted in characters, and the edit mends the line."""
    line = "if größe: breakpoint()"
    file = SourceFile("main.py", line.encode())
    (finding,) = HouseStyle().check(file, Candidate((file,), "python"))
    where = finding.location
    assert line[where.start_column - 1 : where.end_column - 1] == "breakpoint()"
    (edit,) = finding.fixes[0].edits
    mended = line[: edit.range.start_column - 1] + edit.new_text + line[edit.range.end_column - 1 :]
    assert mended == "if größe: pass"
