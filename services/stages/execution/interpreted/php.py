"""PHP: scripts that throw, or assert."""

import re
from typing import TYPE_CHECKING

from assay.stage import Candidate, StageContext, StageResult, TestFramework, Workers

from .inputs import Inputs
from .php_tests import PhpTests
from .session import Interpreter, Session

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

PHPUNIT = re.compile(r"\bPHPUnit\\|\bextends\s+\\?(?:\w+\\)*TestCase\b")
PEST = re.compile(r"^\s*(?:it|test)\s*\(\s*(['\"]).*?\1\s*,\s*(?:function|fn)\b", re.MULTILINE)


async def judge_php(
    candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
) -> StageResult:
    """Run a candidate in PHP; see :class:`services.stages.execution.language.Language`."""
    return await Session(PHP, candidate, context, stub, workers).run()


def _lacking(text: str, framework: TestFramework) -> str:
    if framework is TestFramework.PYTEST:
        return "pytest is for Python"
    if framework is TestFramework.UNITTEST or PHPUNIT.search(text):
        return "they need PHPUnit, which is not in this environment"
    return "they need Pest, which is not in this environment" if PEST.search(text) else ""


INPUTS = Inputs(
    r"\b(?:STDIN|readline|fgets|fgetc|fscanf|stream_get_contents)\b|\$argv|\$argc|php://stdin|\$_[A-Z]+\b",
    r"(?:null|false|bool) given|on (?:null|false)\b|by zero|be empty",
)
PHP = Interpreter(dialect=PhpTests(), lacking=_lacking, explain=INPUTS.explain)
