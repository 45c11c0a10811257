"""
Conformance suites that any stage and any validator can be run through, built in or not.

    async def test_stage():
        assert await check_stage(stage, Resources(), candidates=candidates("python")) == []

    async def test_validator():
        assert await check_validator(MyValidator, candidates=candidates("python")) == []

They say what a plug-in does against the contracts of :mod:`assay.stage` and :mod:`assay.validator`, as a list of
sentences; whether it is right about the code is not their business.
"""

from assay.testing.candidates import LANGUAGES, candidates
from assay.testing.stages import Context, check_stage
from assay.testing.validators import check_validator
from assay.testing.workers import LocalWorkers, Resources

__all__ = ["LANGUAGES", "Context", "LocalWorkers", "Resources", "candidates", "check_stage", "check_validator"]
