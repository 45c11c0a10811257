"""Which version of Python a candidate is judged by."""

from assay.errors import InvalidArgument
from assay.languages import DEFAULT_VERSIONS
from assay.stage import Candidate

from services.stages.semantic.stdlib import Version, parse_version


def version_of(candidate: Candidate) -> Version:
    """
    Return the version that a Python candidate names, or the suite's default.

    :raises InvalidArgument: It is none.
    """
    try:
        return parse_version(candidate.language_version or DEFAULT_VERSIONS["python"])
    except ValueError:
        raise InvalidArgument("candidate.language_version", "is no version of Python 3, such as 3.13") from None
