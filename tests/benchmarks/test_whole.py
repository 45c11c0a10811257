"""What is required of the whole: bounds held against figures that can be counted by hand."""

from assay.v1 import candidate_pb2, source_pb2

from benchmarks.corpus import Record
from benchmarks.judged import Judged
from benchmarks.whole import whole

TESTS = candidate_pb2.TestSuite(files=[source_pb2.SourceFile(path="tests.py", content=b"assert True\n")])


def judged(positive: bool, verdict: str, score: float | None, *, tested: bool = True) -> Judged:
    """Return a record and what was said of it."""
    code = source_pb2.SourceFile(path="main.py", content=b"x = 1\n")
    candidate = candidate_pb2.Candidate(files=[code], tests=[TESTS] if tested else [])
    return Judged(Record("r", "python", "made", "handmade", positive, candidate), verdict, score=score)


def rows(*said: Judged) -> dict[str, tuple[float | None, bool | None]]:
    """Return each figure, and whether its bound is met."""
    return {row["name"]: (row["value"], row["met"]) for row in whole(said)}


def test_met() -> None:
    """Where everything is right and sure, every bound is met; recall without tests has none."""
    found = rows(judged(True, "INAUTHENTIC", 0.0), judged(False, "AUTHENTIC", 1.0))
    assert found == {
        "false positives: with tests": (0.0, True),
        "false positives: without tests": (None, None),
        "recall: with tests": (1.0, True),
        "recall: without tests": (None, None),
        "inconclusive": (0.0, True),
        "Brier: with tests": (0.0, True),
    }


def test_missed() -> None:
    """Records with tests and without are measured apart, and what is missed is said."""
    found = rows(
        judged(True, "AUTHENTIC", 0.9),
        judged(True, "INCONCLUSIVE", 0.5, tested=False),
        judged(False, "INAUTHENTIC", 0.1, tested=False),
        judged(False, "ERROR", None),
    )
    assert found["recall: with tests"] == (0.0, False)
    assert found["recall: without tests"] == (0.0, None)
    assert found["false positives: with tests"] == (0.0, True)
    assert found["false positives: without tests"] == (1.0, False)
    assert found["inconclusive"] == (0.5, False)
    assert found["Brier: with tests"] == (0.81, False)
