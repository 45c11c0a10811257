"""Which versions of Python can be judged."""

import pytest
from assay.errors import InvalidArgument

from services.stages.static.versions import minor_version


@pytest.mark.parametrize(("text", "minor"), [("", 13), ("3.7", 7), ("3.11.4", 11), ("3.15", 15)])
def test_known_versions(text: str, minor: int) -> None:
    """A version of Python 3 within the linter's range is taken; none means the default."""
    assert minor_version(text) == minor


@pytest.mark.parametrize("text", ["banana", "2.7", "3", "3.6", "3.99", "3.13.", "3.-1", " 3.13", "3.13\n", "٣.١٣"])
def test_other_versions_are_refused(text: str) -> None:
    """Nonsense and versions out of range are an error that names the field."""
    with pytest.raises(InvalidArgument) as caught:
        minor_version(text)
    assert caught.value.field == "candidate.language_version"
