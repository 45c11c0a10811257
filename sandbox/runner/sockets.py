"""What waits in the TCP and UDP sockets of the sandbox's own network, as the kernel lists it; see proc_net(5)."""

from collections.abc import Iterable

LISTS = ("tcp", "tcp6", "udp", "udp6")
FEW = 16
"""So many sockets hold less than the least memory limit, whatever waits in them."""


def in_use() -> bool:
    """Tell whether there are more than a few sockets: the lists are long to read, their number is not."""
    return sum(count(_read(f"/proc/net/{name}")) for name in ("sockstat", "sockstat6")) > FEW


def count(text: str) -> int:
    """Return how many TCP and UDP sockets ``/proc/net/sockstat`` or ``sockstat6`` tells of."""
    lines = (line.split() for line in text.splitlines())
    return sum(int(words[2]) for words in lines if words and words[0] in {"TCP:", "UDP:", "TCP6:", "UDP6:"})


def waiting_bytes() -> int:
    """Return the bytes in all send and receive queues."""
    return sum(queued(_read(f"/proc/net/{name}").splitlines()[1:]) for name in LISTS)


def queued(lines: Iterable[str]) -> int:
    """Return the bytes in the queues of the sockets on these lines, headings left out."""
    total = 0
    for line in lines:
        sent, _, received = line.split()[4].partition(":")
        total += int(sent, 16) + int(received, 16)
    return total


def _read(name: str) -> str:
    try:
        with open(name, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
