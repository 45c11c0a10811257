"""Where the time of a validation goes."""

from assay.convert import duration_to_proto
from assay.v1 import stage_pb2

from benchmarks.validate_latency import longest_chain


def test_longest_chain() -> None:
    """Stages that wait for one another add up; those side by side do not; one that did not run is no time."""
    seconds = {"static": 1.0, "placeholder": 5.0, "semantic": 2.0, "execution": 3.0, "scoring": 0.5}
    results = [
        stage_pb2.StageResult(stage=name, run_duration=duration_to_proto(time)) for name, time in seconds.items()
    ]
    requires = {"execution": ["static"], "scoring": ["execution", "semantic", "review"]}
    assert longest_chain(results, requires) == 5.0
    results[1].run_duration.Clear()
    assert longest_chain(results, requires) == 4.5
    assert longest_chain([], requires) == 0.0
