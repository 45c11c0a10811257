"""How repair is measured: what counts as repaired, and as worse; over a real suite."""

from argparse import Namespace
from random import Random

import pytest
from assay.v1 import stage_pb2, validation_pb2

from benchmarks.judged import a_suite
from benchmarks.planting import PLANTS, Planted
from benchmarks.repair import Given, Trial, alike, examples, library, try_all, worse
from benchmarks.repair_report import Results, report

TEXT = "import json\nimport os\n\n\ndef told(path):\n    return json.dumps(os.path.join(path, 'a'), indent=2)\n"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (TEXT, True),
        (TEXT.replace("import json\nimport os\n", "import os\nimport json\n"), True),
        (TEXT.replace("\n\n", "\n"), True),
        (TEXT.replace("import os\n", ""), False),
        (TEXT.replace("indent=2", "indent=4"), False),
        ("def f(:\n", False),
    ],
)
def test_alike(other: str, same: bool) -> None:
    """Programs are alike whose code is the same but for the order of the imports at the top."""
    assert alike(TEXT, other) is same


def validation(verdict: str, tests: int = 0) -> validation_pb2.Validation:
    """Return a validation by a stage that ran tests."""
    done = stage_pb2.StageResult(status=stage_pb2.STAGE_STATUS_COMPLETED, details={"tests_passed": str(tests)})
    return validation_pb2.Validation(verdict=f"VERDICT_{verdict}", stage_results=[done])


def test_worse() -> None:
    """Worse is a worse verdict, or fewer tests that pass; no worse is what is better or the same."""
    assert worse(validation("AUTHENTIC"), validation("INCONCLUSIVE"))
    assert worse(validation("INAUTHENTIC", 3), validation("INAUTHENTIC", 2)) == "3 tests passed, and 2 do"
    assert not worse(validation("INAUTHENTIC", 2), validation("AUTHENTIC", 2))


def test_programs() -> None:
    """Programs are modules of the standard library, by the seed, and the examples with their tests."""
    assert [one.name for one in library(Random(1))] == [one.name for one in library(Random(1))]
    assert len(library(Random(1))) > 200
    assert {"csv_report", "lru_cache"} <= {one.name for one in examples()}
    assert all(one.tests for one in examples())


async def test_faults_are_tried() -> None:
    """A planted fault is found and repaired, one without a fix is not, and a program that is not right stands aside."""
    right, wrong = Given("a", "here", TEXT), Given("b", "here", TEXT + "\n\nprint(told(undefined))\n")
    async with a_suite(sandbox=False) as suite:
        trial = Trial(suite)
        mended = await trial.tried(right, Planted("missing import", TEXT.replace("import os\n", ""), "import os"))
        left = await trial.tried(right, Planted("undefined", TEXT.replace("path, 'a'", "paht, 'a'"), "paht"))
        results = Results()
        await try_all(trial, [wrong, right], Namespace(seed=1, count=1), results)
    assert (mended.found, mended.changed, mended.repaired, mended.worse) == (True, True, True, "")
    assert (left.found, left.changed, left.repaired, left.why) == (True, False, False, "no safe fix")
    assert (results.right, results.aside, results.touched) == (["a"], ["b"], [])
    assert {one.kind.partition(",")[0] for one in results.tried} <= set(PLANTS)
    told = report(Results([mended, left], ["a"], ["b"], ["b"]))
    assert told["faults"]["here"]["all"]["repaired"] == {"value": 0.5, "low": 0.0945, "high": 0.9055, "n": 2}
    assert told["right_ones_changed"]["value"] == 0.5
    assert [row["what"] for row in told["not_repaired"]] == ["paht"]
