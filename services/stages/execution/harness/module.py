"""A test module as pytest is given it: a namespace, not a file."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

from .channel import bounded

MAX_ID = 190
"""Characters of a test's id, so that there is room for a number behind it."""


class Shown(ModuleType):
    """A module as pytest may see it: with the names that the test file binds, or that pytest's users set."""

    def __init__(self, names: dict[str, Any], own: set[str]) -> None:
        super().__init__(str(names.get("__name__", "")))
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_own", set(own))

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        """The names that are shown, in the order of their definition."""
        own = object.__getattribute__(self, "_own")
        return {name: value for name, value in object.__getattribute__(self, "_names").items() if name in own}

    def __dir__(self) -> list[str]:
        return list(self.__dict__)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"the tests do not bind {name!r}") from None

    def __setattr__(self, name: str, value: object) -> None:
        object.__getattribute__(self, "_names")[name] = value
        object.__getattribute__(self, "_own").add(name)

    def __delattr__(self, name: str) -> None:
        del object.__getattribute__(self, "_names")[name]


def items_of(node: Any, kind: type) -> Iterator[Any]:
    """Yield the tests below a collector; what goes wrong passes through."""
    for child in node.collect():
        if isinstance(child, kind):
            yield child
        else:
            yield from items_of(child, kind)


def identified(items: list[Any]) -> Iterator[str]:
    """Yield an id for each test: its class and its name, with the parameters in brackets."""
    seen: dict[str, int] = {}
    for item in items:
        chain = item.listchain()
        test = bounded(".".join(node.name for node in chain[2:]), MAX_ID)
        seen[test] = count = seen.get(test, 0) + 1
        yield test if count == 1 else f"{test} ({count})"


def module_class() -> Any:
    """Return the class of pytest's that collects a module which is no file."""
    import pytest

    class Tests(pytest.Module):
        """A module that was executed already."""

        def __init__(self, *, shown: ModuleType, **fields: Any) -> None:
            super().__init__(**fields)
            self._shown = shown

        def _getobj(self) -> ModuleType:
            return self._shown

    return Tests
