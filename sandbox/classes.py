"""The limit classes: the sizes for which sandboxes of a language wait ready."""

from collections.abc import Mapping
from dataclasses import replace

from sandbox import sizing
from sandbox.language import Language
from sandbox.limits import Limits, resolve
from sandbox.sizing import Size

DEFAULT = "default"
"""The class of runs that ask for no limit of their own."""

STARTING_PROCESSES = 2
"""Beside process 1, while a container starts: the child that writes the files, and the interpreter that waits."""


def sizes(language: Language, defaults: Limits, maxima: Limits, named: Mapping[str, Size]) -> dict[str, Size]:
    """
    Return the size in which the sandboxes of each class wait: what a run has, or what compiling needs before it.

    Classes that come to the same size for this language are one, under the first of their names.

    :param named: What runs of the other classes ask for, by name.
    """
    least = min(language.least_memory_bytes, maxima.memory_bytes)
    memory = max(defaults.memory_bytes, least)
    wanted = {DEFAULT: Size(memory, defaults.processes, _disk(defaults.disk_bytes, memory)), **named}
    found: dict[str, Size] = {}
    for name, size in wanted.items():
        ready = startable(sizing.while_compiling(size, language.compile))
        if ready not in found.values():
            found[name] = ready
    return found


def class_size(asked: Mapping[str, float], defaults: Limits, maxima: Limits) -> Size:
    """
    Return the size of the runs that ask for these limits.

    :raises InvalidArgument: No run may ask for them.
    """
    limits = resolve(asked, defaults, maxima)
    disk = sizing.applied_disk(limits.disk_bytes, limits.memory_bytes, asked="disk_bytes" in asked)
    return Size(limits.memory_bytes, limits.processes, disk)


def startable(size: Size) -> Size:
    """Return the size with which a container of it can be started."""
    return replace(size, processes=max(size.processes, STARTING_PROCESSES))


def _disk(asked: int, memory_bytes: int) -> int:
    return sizing.applied_disk(asked, memory_bytes, asked=False)
