"""Records made for the tests of training, and what stages said of them."""

from collections.abc import Iterator
from random import Random

from assay.stage import Category, Finding, Severity, StageResult, StageStatus
from assay.v1 import candidate_pb2, source_pb2

from benchmarks.corpus import Record
from services.stages.scoring.evidence import STAGES
from services.stages.scoring.training.collect import Told
from tests.toys import finding

WHOLE = "def total(rows):\n    found = 0\n    for row in rows:\n        found += row\n    return found\n"
STUB = "def total(rows):\n    pass\n"

VERSION = "7"


def record(number: int, *, positive: bool, tested: bool) -> Record:
    """Return a record, two of which are of one group."""
    code = source_pb2.SourceFile(path="main.py", content=(STUB if positive else WHOLE).encode())
    candidate = candidate_pb2.Candidate(files=[code], language="python")
    if tested:
        candidate.tests.add().files.add(path="tests.py", content=b"assert total([1]) == 1\n")
    kind, origin = ("stub", "handmade") if positive else ("right", "real_llm")
    return Record(f"r{number}", "python", kind, origin, positive, candidate, "made", f"g{number // 2}")


def told(count: int) -> Iterator[Told]:
    """Yield records with what the stages said: most of the stubs are found, and some that is whole is blamed."""
    random = Random(3)
    for number in range(count):
        positive, tested = bool(number % 3 == 0), bool(number % 2)
        grave = random.random() < (0.7 if positive else 0.02)
        yield Told(
            record(number, positive=positive, tested=tested),
            _said(grave=grave, failed=positive, tested=True) if tested else None,
            _said(grave=grave, failed=False, tested=False),
        )


def _said(*, grave: bool, failed: bool, tested: bool) -> dict[str, StageResult]:
    said = {name: StageResult(StageStatus.COMPLETED, stage=name, version=VERSION) for name in STAGES}
    if grave:
        said["placeholder"] = _with("placeholder", finding(Severity.HIGH, rule_id="placeholder/toy"))
    counts = {"tests_total": "1", "tests_passed": str(int(not failed)), "tests_failed": str(int(failed))}
    none = {"tests_total": "0", "tests_passed": "0", "tests_failed": "0"}
    details = {"outcome": "OK", "isolation": "resistant", **(counts if tested else none)}
    test = finding(Severity.HIGH, rule_id="execution/test-failed", category=Category.BEHAVIOR)
    said["execution"] = _with("execution", *([test] if failed and tested else []), **details)
    return said


def _with(stage: str, *findings: Finding, **details: str) -> StageResult:
    return StageResult(StageStatus.COMPLETED, findings, stage=stage, version=VERSION, details=details)
