"""A stage that cannot be reached for a while: queued validations wait for it, the others say so at once."""

from pathlib import Path

from assay.client import connect
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, validation_pb2

from tests.processes import host, started
from tests.scenarios.fleet import free_addresses

BOUND = 60.0


async def test_comes_back(folder: Path) -> None:
    """What is queued meanwhile gets its verdict once the stage is there, by a further attempt."""
    (address,) = free_addresses(1)
    files = [source_pb2.SourceFile(path="a.py", content=b"x = 1\n")]
    policy = validation_pb2.ValidationPolicy(stages=["static"])
    candidate = candidate_pb2.Candidate(files=files)
    async with (
        host("validation", state=folder, ASSAY_PEERS=f'{{"static": "{address}"}}') as engine,
        connect(engine.address) as suite,
    ):
        waited_for = await suite.validation.Validate(
            validation_pb2.ValidateRequest(candidate=candidate, policy=policy), timeout=BOUND
        )
        request = validation_pb2.CreateValidationRequest(candidate=candidate, policy=policy)
        queued = (await suite.validation.CreateValidation(request, timeout=BOUND)).validation
        stage = await started("static", state=folder, listen=address)
        try:
            await stage.serving()
            again = suite.validation.WatchValidation(validation_pb2.WatchValidationRequest(id=queued.id), timeout=BOUND)
            end = [event.snapshot async for event in again if event.HasField("snapshot")][-1]
        finally:
            await stage.end()
    assert waited_for.validation.verdict == validation_pb2.VERDICT_INCONCLUSIVE
    assert end.verdict == validation_pb2.VERDICT_AUTHENTIC
    assert [result.status for result in end.stage_results] == [stage_pb2.STAGE_STATUS_COMPLETED]
