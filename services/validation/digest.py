"""The digest of a candidate: equal for equal candidates, whatever wrote them down."""

import hashlib
import json

from assay.stage import Candidate, SourceFile


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
        "tests": [
            {"framework": suite.framework.name, "files": [_file(f) for f in suite.files]} for suite in candidate.tests
        ],
        "allowed_dependencies": None
        if candidate.allowed_dependencies is None
        else sorted(candidate.allowed_dependencies),
        "project_type": candidate.project_type,
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _file(file: SourceFile) -> list[str | bool]:
    return [file.path, hashlib.sha256(file.content).hexdigest(), file.executable]
