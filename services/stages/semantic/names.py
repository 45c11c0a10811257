"""How the names of distributions are compared."""

import re

_SEPARATORS = re.compile(r"[-_.]+")


def normalised(name: str) -> str:
    """Return the form in which an index compares distribution names (PEP 503): lower case, single hyphens."""
    return _SEPARATORS.sub("-", name).lower()
