"""Ruby: scripts that raise, and minitest."""

import re
from typing import TYPE_CHECKING

from assay.stage import Candidate, StageContext, StageResult, TestFramework, Workers

from .ruby_tests import RubyTests
from .session import Interpreter, Session

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

MINITEST = re.compile(r"\bMinitest::|^[ \t]*require[ (]+[\"']minitest", re.MULTILINE)
FOREIGN = (
    (re.compile(r"^[ \t]*require[ (]+[\"']rspec|\bRSpec\.", re.MULTILINE), "RSpec"),
    (re.compile(r"^[ \t]*require[ (]+[\"']test/unit|\bTest::Unit\b", re.MULTILINE), "test-unit"),
)


async def judge_ruby(
    candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
) -> StageResult:
    """Run a candidate in Ruby; see :class:`services.stages.execution.language.Language`."""
    return await Session(RUBY, candidate, context, stub, workers).run()


def _lacking(text: str, framework: TestFramework) -> str:
    for pattern, name in FOREIGN:
        if pattern.search(text):
            return f"they need {name}, which is not in this environment"
    return "pytest is for Python" if framework is TestFramework.PYTEST else ""


RUBY = Interpreter(
    dialect=RubyTests(),
    is_unittest=lambda text: MINITEST.search(text) is not None,
    lacking=_lacking,
)
