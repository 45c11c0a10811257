"""What keys can allow."""

import pytest
from assay.errors import InvalidArgument

from gateway.contract import public_methods
from gateway.scopes import grantable, granted


def test_every_method_can_be_allowed() -> None:
    """Whatever scope a method of the contract asks for can be given to a key."""
    assert {method.scope for method in public_methods().values()} < set(grantable())


def test_granted() -> None:
    """Scopes that exist are granted, each once."""
    assert granted(["audit:read", "*", "audit:read"]) == {"audit:read", "*"}


@pytest.mark.parametrize("names", [[], ["validations"], ["validations:*"], ["validations:read "], ["", "*"]])
def test_refused(names: list[str]) -> None:
    """A scope that does not exist is refused, and a key without any."""
    with pytest.raises(InvalidArgument, match="scope"):
        granted(names)
