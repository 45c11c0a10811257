"""What stages said, kept in a file."""

from contextlib import closing
from pathlib import Path

from assay.v1 import candidate_pb2, stage_pb2

from services.stages.scoring.training.collect import Kept, _key

INFO = stage_pb2.StageInfo(name="static", version="1")
CODE = candidate_pb2.Candidate(language="python")


def test_kept(tmp_path: Path) -> None:
    """What was kept is there when the file is opened again, and nothing else is."""
    result = stage_pb2.StageResult(stage="static", status=stage_pb2.STAGE_STATUS_COMPLETED)
    with closing(Kept(tmp_path / "kept")) as kept:
        kept.put("one", result)
    with closing(Kept(tmp_path / "kept")) as kept:
        assert kept.get("one") == result
        assert kept.get("two") is None


def test_keys() -> None:
    """A result is another's where the stage, its version, those before it, or the candidate differ."""
    keys = {
        _key(INFO, CODE, []),
        _key(stage_pb2.StageInfo(name="other", version="1"), CODE, []),
        _key(stage_pb2.StageInfo(name="static", version="2"), CODE, []),
        _key(INFO, candidate_pb2.Candidate(language="go"), []),
        _key(INFO, CODE, [("before", "1")]),
        _key(INFO, CODE, [("before", "2")]),
    }
    assert len(keys) == 6
    assert _key(INFO, CODE, []) in keys
