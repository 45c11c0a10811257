"""What an address says of who can reach it."""

import ipaddress


def is_local(address: str) -> bool:
    """
    Say whether only this machine can reach an address: a Unix socket, or a port on a loopback address.

    :param address: "host:port" or "unix:/path".
    """
    if address.startswith("unix:"):
        return True
    host = address.rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # The one name that stands for loopback wherever it is asked for (RFC 6761, section 6.3).
        return host == "localhost"
