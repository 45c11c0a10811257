"""Loads that failed because there was nothing to read: no input, no arguments, no file."""

import re

from assay.stage import Candidate
from assay.v1.sandbox_pb2 import ExecutionResult

from services.stages.execution.report import Report


class Inputs:
    """
    Explains loads that failed.

    :param reads: What reads input or arguments, in a source.
    :param nothing: Messages of errors that follow from having read nothing.
    """

    def __init__(self, reads: str, nothing: str) -> None:
        self._reads = re.compile(reads)
        self._nothing = re.compile(nothing, re.IGNORECASE)

    def explain(self, candidate: Candidate, result: ExecutionResult, report: Report) -> None:
        """Say of a load error that the environment brought it about, where it follows from nothing having been read."""
        error = report.load_error
        if error is None or error.environment or error.exit or not self._nothing.search(error.message):
            return
        lacking = ""
        if self._reads.search(candidate.entry().content.decode(errors="replace")):
            lacking = "input"
        elif b"Failed to open stream: No such file" in result.stderr.content:
            lacking = "file"
        if lacking:
            report.load_error = error.model_copy(update={"environment": lacking})
