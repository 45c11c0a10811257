"""How scenarios ask."""

from typing import Any

from assay.client import Suite
from assay.v1 import candidate_pb2, source_pb2, validation_pb2

AUTHENTIC = b'''"""Word counts."""

from collections import Counter


def most_common(text: str, count: int = 3) -> list[tuple[str, int]]:
    """Return the words that occur most often in a text, with their numbers."""
    words = (word.strip(".,;:!?").lower() for word in text.split())
    return Counter(word for word in words if word).most_common(count)
'''


def candidate(content: bytes, tests: bytes = b"", **fields: Any) -> candidate_pb2.Candidate:
    """Return a candidate of one file, and one of tests where there are any."""
    message = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="words.py", content=content)], **fields)
    if tests:
        message.tests.add().files.add(path="test_words.py", content=tests)
    return message


async def judged(suite: Suite, content: bytes, tests: bytes = b"", **fields: Any) -> validation_pb2.Validation:
    """Return the validation of a candidate."""
    request = validation_pb2.ValidateRequest(candidate=candidate(content, tests), **fields)
    return (await suite.validation.Validate(request, timeout=90)).validation


def rules(validation: validation_pb2.Validation, stage: str) -> list[str]:
    """Return the rules by which a stage found something."""
    (result,) = [result for result in validation.stage_results if result.stage == stage]
    return [finding.rule_id for finding in result.findings]


def names(validation: validation_pb2.Validation) -> tuple[str, str]:
    """Return the names of the state and the verdict."""
    return validation_pb2.State.Name(validation.state), validation_pb2.Verdict.Name(validation.verdict)
