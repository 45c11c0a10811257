"""How answers of the suite are read."""

import pytest
from assay.v1 import candidate_pb2, finding_pb2, source_pb2, stage_pb2, validation_pb2

from benchmarks.corpus import Record
from benchmarks.judged import READING, a_suite, by_findings, by_verdict, judge_all

HIGH, MEDIUM = finding_pb2.SEVERITY_HIGH, finding_pb2.SEVERITY_MEDIUM
SECURITY, SYNTAX = finding_pb2.FINDING_CATEGORY_SECURITY, finding_pb2.FINDING_CATEGORY_SYNTAX
DONE, FAILED = stage_pb2.STAGE_STATUS_COMPLETED, stage_pb2.STAGE_STATUS_FAILED
ELSEWHERE = stage_pb2.STAGE_STATUS_NOT_APPLICABLE


def answer(
    *results: tuple[stage_pb2.StageStatus, list[tuple[finding_pb2.Severity, finding_pb2.FindingCategory]]],
) -> validation_pb2.Validation:
    """Return a validation in which stages said something."""
    return validation_pb2.Validation(
        verdict=validation_pb2.VERDICT_AUTHENTIC,
        stage_results=[
            stage_pb2.StageResult(
                status=status,
                findings=[finding_pb2.Finding(rule_id="a/b", severity=s, category=c) for s, c in findings],
            )
            for status, findings in results
        ],
    )


@pytest.mark.parametrize(
    ("validation", "verdict"),
    [
        (answer((DONE, [(HIGH, SYNTAX)]), (FAILED, [])), "INAUTHENTIC"),
        (answer((DONE, [(HIGH, SECURITY), (MEDIUM, SYNTAX)])), "AUTHENTIC"),
        (answer((DONE, []), (ELSEWHERE, [])), "AUTHENTIC"),
        (answer((DONE, []), (FAILED, [])), "INCONCLUSIVE"),
        (answer((ELSEWHERE, [])), "INCONCLUSIVE"),
        (answer(), "INCONCLUSIVE"),
    ],
)
def test_by_findings(validation: validation_pb2.Validation, verdict: str) -> None:
    """HIGH rejects unless it is on security; a stage that could not do its work leaves the rest undecided."""
    assert by_findings(validation) == (verdict, ("a/b",) if verdict == "INAUTHENTIC" else ())
    assert by_verdict(validation)[0] == "AUTHENTIC"


async def test_judge_all() -> None:
    """Records go through the real engine in both ways, and an answer that is an error is told as one."""
    texts = {"good": b"def f(x):\n    return x + 1\n", "cut": b"def f(x):\n    return (x +\n", "empty": None}
    wanted = [
        Record(
            name,
            "python",
            "made",
            "handmade",
            True,
            candidate_pb2.Candidate(
                files=[] if text is None else [source_pb2.SourceFile(path="main.py", content=text)],
                language="python",
            ),
        )
        for name, text in texts.items()
    ]
    async with a_suite(sandbox=False) as suite:
        found = await judge_all(suite, wanted, READING, way="findings", concurrency=2)
        decided = await judge_all(suite, wanted, READING, way="verdict", concurrency=2)
    assert [row.verdict for row in found] == ["AUTHENTIC", "INAUTHENTIC", "ERROR"]
    assert [row.verdict for row in decided] == ["AUTHENTIC", "INAUTHENTIC", "ERROR"]
    assert set(found[0].stages) == set(READING)
    assert found[1].rules
    assert found[2].explanation.startswith("INVALID_ARGUMENT")
