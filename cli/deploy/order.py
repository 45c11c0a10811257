"""In which order services of the suite are rolled out: those that others call come before them."""

from collections.abc import Iterable

SANDBOX = "sandbox"
VALIDATION = "validation"
GATEWAY = "gateway"


def grouped(names: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return services in groups, by the groups' names, in their order. Those of a group are rolled out at one time."""
    known = sorted(names)
    groups = [
        (SANDBOX, tuple(name for name in known if name == SANDBOX)),
        ("stages", tuple(name for name in known if name not in {SANDBOX, VALIDATION, GATEWAY})),
        (VALIDATION, tuple(name for name in known if name == VALIDATION)),
        (GATEWAY, tuple(name for name in known if name == GATEWAY)),
    ]
    return [(name, group) for name, group in groups if group]
