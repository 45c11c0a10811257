"""
Which services there are, by name: built-ins as import strings, and stages of others by entry point.

An entry point of the group ``assay.stages`` names a :data:`assay.stage.StageFactory`; its stage is served by the same
servicer as the built-in ones. A plug-in that is broken, or that takes a name already taken, stops the start.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

STAGE_GROUP = "assay.stages"
STAGE_SERVICE = "services.stages.service:service"
GATEWAY = "gateway"
"""The name of the door in front of all the others."""


class BrokenCatalog(Exception):
    """The catalog names something that cannot be loaded, or one name twice."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One name of the catalog.

    :param target: "module:attribute" of the service that serves it. Names with one target are served by one instance.
    :param factory: For a stage, "module:attribute" of its factory; empty for other services.
    """

    name: str
    target: str
    factory: str = ""


BUILT_IN: tuple[Entry, ...] = (
    # Opened first, so closed last: what the others tell at their end is stored.
    Entry("events", "services.events.service:service"),
    Entry("sandbox", "sandbox.service:service"),
    Entry("static", STAGE_SERVICE, "services.stages.static.stage:stage"),
    Entry("placeholder", STAGE_SERVICE, "services.stages.placeholder.stage:stage"),
    Entry("semantic", STAGE_SERVICE, "services.stages.semantic.stage:stage"),
    Entry("execution", STAGE_SERVICE, "services.stages.execution.stage:stage"),
    Entry("scoring", STAGE_SERVICE, "services.stages.scoring.stage:stage"),
    Entry("validation", "services.validation.service:service"),
    Entry("system", "services.system.service:service"),
    Entry(GATEWAY, "gateway.service:service"),
)


def entries() -> dict[str, Entry]:
    """
    Return the catalog by name.

    :raises BrokenCatalog: A plug-in takes a name that is taken.
    """
    found = {entry.name: entry for entry in BUILT_IN}
    for point in _plugins():
        if point.name in found:
            raise BrokenCatalog(f"the entry point {point.value!r} takes the name {point.name!r}, which is taken")
        found[point.name] = Entry(point.name, STAGE_SERVICE, point.value)
    return found


def _plugins() -> list[EntryPoint]:
    return sorted(entry_points(group=STAGE_GROUP), key=lambda point: (point.name, point.value))


def stage_names() -> tuple[str, ...]:
    """Return the names of all stages, built-in ones first."""
    return tuple(entry.name for entry in entries().values() if entry.factory)


def load(target: str) -> Any:
    """
    Import what "module:attribute" names.

    :raises BrokenCatalog: It cannot be imported.
    """
    module, _, attribute = target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except Exception as error:
        raise BrokenCatalog(f"{target} cannot be loaded: {type(error).__name__}: {error}") from error
