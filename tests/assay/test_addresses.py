"""Who can reach an address."""

import pytest
from assay.addresses import is_local


@pytest.mark.parametrize(
    "address", ["unix:/run/assay", "127.0.0.1:1", "127.8.8.8:1", "[::1]:50051", "localhost:1", "127.0.0.1:0"]
)
def test_local(address: str) -> None:
    """Unix sockets and loopback are reached from this machine alone."""
    assert is_local(address)


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0:1", "[::]:1", ":1", "10.0.0.1:1", "example.org:1", "localhost.example.org:1", "tls:127.0.0.1:1", "",
     "127.0.0.1.nip.io:1", "2130706433:1", "dns:///127.0.0.1:1", "[::ffff:10.0.0.1]:1", "unix-abstract:x"],
)  # fmt: skip
def test_not_local(address: str) -> None:
    """What another machine may reach, and what is not understood, is not local."""
    assert not is_local(address)
