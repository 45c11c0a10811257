"""The stage keeps the contract of stages, and finds what is forbidden and nothing else."""

import pytest
from assay.stage import Candidate, SourceFile, StageStatus
from assay.testing import Context, Resources, candidates, check_stage
from assay_plugin_example.stage import FORBIDDEN, stage

RESOURCES = Resources({"forbidden": "telnetlib, xml"})


async def test_conformance() -> None:
    """The stage keeps the contract, with candidates good and bad."""
    assert await check_stage(stage, RESOURCES, candidates=candidates("python"), name="import-policy") == []


async def lines(code: str) -> list[int]:
    """Return the lines at which something is found."""
    async with stage(RESOURCES) as policy:
        result = await policy.run(Candidate((SourceFile("main.py", code.encode()),), "python"), Context())
    return [finding.location.start_line for finding in result.findings]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (FORBIDDEN.fires[0], [1]),
        (FORBIDDEN.passes[0], []),
        ("import os\nimport xml.etree.ElementTree as tree\n", [2]),
        ("from xml import sax\nfrom . import xml\nimport xmlrpc\n", [1]),
    ],
)
async def test_forbidden(code: str, expected: list[int]) -> None:
    """Forbidden modules and those below them are found, where they stand."""
    assert await lines(code) == expected


async def test_not_configured() -> None:
    """Without anything forbidden the stage is skipped and says what to set."""
    async with stage(Resources()) as policy:
        result = await policy.run(Candidate((SourceFile("main.py", b""),), "python"), Context())
    assert result.status is StageStatus.SKIPPED
    assert "'forbidden'" in result.reason
