"""The digest of a candidate: equal for equal candidates, whatever wrote them down."""

import hashlib
import json

from assay.stage import Candidate, OutputChecker, ProgramCase, SourceFile, TestSuite


def candidate_digest(candidate: Candidate) -> str:
    """
    Return the SHA-256, in hexadecimal, of a candidate's canonical form.

    The canonical form is JSON with sorted keys; contents stand in it as digests of their own. Labels and author are
    left out: they say who asks, not what is judged.
    """
    canonical = {
        "files": [_file(file) for file in candidate.files],
        "context_files": [_file(file) for file in candidate.context_files],
        "language": candidate.language,
        "language_version": candidate.language_version,
        "entry_point": candidate.entry_point,
        "specification": candidate.specification,
        "tests": [_suite(suite) for suite in candidate.tests],
        "allowed_dependencies": None
        if candidate.allowed_dependencies is None
        else sorted(candidate.allowed_dependencies),
        "project_type": candidate.project_type,
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _suite(suite: TestSuite) -> dict[str, object]:
    return {
        "framework": suite.framework.name,
        "files": [_file(file) for file in suite.files],
        "cases": [_case(case) for case in suite.cases],
        "checker": _checker(suite.checker),
    }


def _case(case: ProgramCase) -> dict[str, object]:
    return {
        "name": case.name,
        "stdin": _content(case.stdin),
        "arguments": case.arguments,
        "expected_stdout": _content(case.expected_stdout),
        "checker": None if case.checker is None else _checker(case.checker),
        "expected_exit_code": case.expected_exit_code,
    }


def _checker(checker: OutputChecker) -> dict[str, object]:
    program = checker.program
    return {
        "comparison": checker.comparison.name,
        "absolute": checker.absolute,
        "relative": checker.relative,
        "program": None
        if program is None
        else [program.language, [_file(file) for file in program.files], program.entry_point, program.arguments],
    }


def _file(file: SourceFile) -> list[str | bool]:
    return [file.path, _content(file.content), file.executable]


def _content(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
