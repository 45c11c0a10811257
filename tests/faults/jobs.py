"""Jobs for a suite under faults: each unlike every other, so that its result cannot be taken for another's."""

import secrets
from dataclasses import dataclass, field

from assay.v1 import candidate_pb2, source_pb2, validation_pb2

AUTHENTIC, INAUTHENTIC = validation_pb2.VERDICT_AUTHENTIC, validation_pb2.VERDICT_INAUTHENTIC

READING = ("static", "placeholder")

LABEL = "ledger"


@dataclass
class Job:
    """
    One entry of the ledger.

    :param marker: Stands in the code, in the label, and in what the program prints where it is run.
    :param verdict: What it has to come to.
    :param runs: Whether a program is run for it.
    :param trace: The trace in which it is asked for.
    """

    marker: str
    request: validation_pb2.CreateValidationRequest
    verdict: validation_pb2.Verdict
    runs: bool = False
    trace: str = field(default_factory=lambda: secrets.token_hex(16))
    asked: float = 0.0
    acknowledged: float = 0.0
    """When it was; 0: it was not. As all times here, of the monotonic clock."""
    id: str = ""
    ended: float = 0.0
    """When it was seen to have ended; 0: it was not."""
    validation: validation_pb2.Validation = field(default_factory=validation_pb2.Validation)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What its call carries: the trace, which the suite goes on with wherever the job goes."""
        return (("traceparent", f"00-{self.trace}-{secrets.token_hex(8)}-01"),)


def _job(marker: str, code: str, stages: tuple[str, ...], verdict: validation_pb2.Verdict) -> Job:
    candidate = candidate_pb2.Candidate(
        files=[source_pb2.SourceFile(path="main.py", content=code.encode())], labels={LABEL: marker}
    )
    policy = validation_pb2.ValidationPolicy(stages=stages)
    request = validation_pb2.CreateValidationRequest(candidate=candidate, policy=policy, request_id=marker)
    return Job(marker, request, verdict, runs="execution" in stages)


def reading(number: int) -> Job:
    """Return a job that is only read; every other one announces work that it does not do."""
    marker = f"read-{number}-{secrets.token_hex(6)}"
    name = marker.replace("-", "_")
    if number % 2:
        code = f"def {name}(value: int) -> int:\n    # TODO: implement\n    pass\n"
        return _job(marker, code, READING, INAUTHENTIC)
    return _job(marker, f"def {name}(value: int) -> int:\n    return value + {number}\n", READING, AUTHENTIC)


def running(number: int, seconds: float = 0.0) -> Job:
    """
    Return a job whose program has to print its marker; every third one prints another.

    :param seconds: For how long it sleeps before.
    """
    marker = f"run-{number}-{secrets.token_hex(6)}"
    printed = marker if number % 3 else f"not-{marker}"
    code = f"import time\n\ntime.sleep({seconds})\nprint({printed!r})\n"
    job = _job(marker, code, ("execution",), AUTHENTIC if number % 3 else INAUTHENTIC)
    job.request.candidate.tests.add().cases.add(expected_stdout=f"{marker}\n".encode())
    return job
