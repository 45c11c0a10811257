"""Who calls whom, and who uses what."""

from host.catalog import entries
from host.edges import DATABASE, NATS, callers, calls
from host.nats_permissions import users


def test_names() -> None:
    """Who calls and who is called are services of the catalog; each is called by another, and none by itself."""
    names = set(entries())
    assert {*DATABASE, *NATS, *calls()} <= names
    for name in names:
        assert callers(name)
        assert set(callers(name)) <= names - {name}


def test_the_sandbox_is_called_by_few() -> None:
    """What holds the Docker socket is called by those that run code for somebody, and by who looks whether it can."""
    assert set(callers("sandbox")) == {"gateway", "execution", "system"}


def test_users_of_nats() -> None:
    """Those that use NATS are those that have a user there."""
    assert set(NATS) == set(users())
