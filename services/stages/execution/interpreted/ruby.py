"""Ruby: scripts that raise, minitest and test-unit."""

import re
from typing import TYPE_CHECKING

from assay.stage import Candidate, StageContext, StageResult, TestFramework, Workers

from .inputs import Inputs
from .ruby_tests import RubyTests
from .session import Interpreter, Session

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

FRAMEWORKS = (
    ("minitest", re.compile(r"\bMinitest::|^[ \t]*require[ (]+[\"']minitest", re.MULTILINE)),
    ("testunit", re.compile(r"\bTest::Unit\b|^[ \t]*require[ (]+[\"']test/unit", re.MULTILINE)),
)
RSPEC = re.compile(r"\bRSpec\.|^[ \t]*require[ (]+[\"']rspec", re.MULTILINE)


async def judge_ruby(
    candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
) -> StageResult:
    """Run a candidate in Ruby; see :class:`services.stages.execution.language.Language`."""
    return await Session(RUBY, candidate, context, stub, workers).run()


def _framework(text: str) -> str:
    return next((name for name, pattern in FRAMEWORKS if pattern.search(text)), "")


def _lacking(text: str, framework: TestFramework) -> str:
    if RSPEC.search(text):
        return "they need RSpec, which is not in this environment"
    return "pytest is for Python" if framework is TestFramework.PYTEST else ""


INPUTS = Inputs(
    r"\b(?:gets|readlines?|ARGV|ARGF|STDIN)\b|\$(?:stdin|<|\*)", r"\bnil\b|divided by 0|^invalid value for|end of file"
)
RUBY = Interpreter(
    dialect=RubyTests(), framework=_framework, unittest="minitest", lacking=_lacking, explain=INPUTS.explain
)
