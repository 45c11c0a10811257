"""The file that is judged, as the checks of what ty says see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assay.stage import Finding, Location

from services.stages.rules import Rule
from services.stages.semantic.environment import Environment
from services.stages.semantic.imports import Import, read_imports
from services.stages.semantic.own_modules import OwnModules
from services.stages.semantic.stdlib import StandardLibrary, Version
from services.stages.semantic.types_context import Context
from services.stages.semantic.types_server import Told
from services.stages.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Judged:
    """
    A finding, and what could be asked to mend it.

    :param name: The name at fault; empty where nothing more is to be known.
    :param is_keyword: Whether it names an argument.
    :param places: Where the name stands that would be written otherwise.
    :param known: The names that could stand there, where nobody needs to be asked for them.
    """

    finding: Finding
    name: str = ""
    is_keyword: bool = False
    places: tuple[Location, ...] = ()
    known: tuple[str, ...] = ()


class JudgedFile:
    """
    One file of a candidate with all that is known around it.

    :param others: The candidate's other sources.
    :param own: Its modules.
    :param environment: Whose types ty knows; None: no packages'.
    """

    def __init__(
        self,
        source: Source,
        others: Sequence[bytes],
        own: OwnModules,
        version: Version,
        environment: Environment | None,
    ) -> None:
        self.source = source
        self.context = Context(source, others)
        self.own = own
        self.version = version
        self.environment = environment
        self.library = _library()

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """What the file imports."""
        return tuple(read_imports(self.context.tree, self.source.data))

    @cached_property
    def imported_names(self) -> frozenset[str]:
        """The names that imports bring, by what they are called where they come from, and modules by their first."""
        members = (member.name for found in self.imports for member in found.members)
        return frozenset((*members, *(found.alias or found.root for found in self.imports)))

    @cached_property
    def is_part(self) -> bool:
        """Whether the file imports modules that are neither installed nor given: it is a part of something larger."""
        return any(found.level or not self._is_found(found.root) for found in self.imports)

    def _is_found(self, root: str) -> bool:
        return root in self.library or (self.environment is not None and self.environment.has(root))

    @cached_property
    def libraries(self) -> tuple[tuple[Environment, str], ...]:
        """The installed packages and standard modules that the file imports, by their first names."""
        roots = sorted({found.root for found in self.imports if not found.level and not self.own.has_root(found.root)})
        standard = [(_standard_sources(), root) for root in roots if root in self.library]
        packages = [(self.environment, root) for root in roots if root not in self.library]
        return (*standard, *((environment, root) for environment, root in packages if environment is not None))

    @cached_property
    def hides_modules(self) -> bool:
        """Whether the file imports a module of the candidate that is named like one that ty finds first."""
        roots = {found.root for found in self.imports if not found.level and self.own.has_root(found.root)}
        return any(self._is_found(root) for root in roots)

    def node(self, told: Told) -> "Node":
        """Return the node at a place that ty speaks of."""
        return self.context.node(self.source.offset(*told.start), self.source.offset(*told.end))

    def place(self, told: Told) -> Location:
        """Return the range that ty speaks of."""
        return Location(self.source.path, *told.start, *told.end)

    def member(
        self, rule: Rule, told: Told, name: str, message: str, evidence: Mapping[str, str] | None = None
    ) -> Judged:
        """Return the finding about an attribute, at its name: the last of what ty speaks of."""
        line, column = told.end
        place = Location(self.source.path, line, column - len(name), line, column)
        return Judged(rule.finding(message, place, evidence=evidence), name, places=(place,))

    def evidence(self, module: str) -> dict[str, str]:
        """Return which module it is about, and which distribution in which version was looked at."""
        held = self.environment.distribution(module) if self.environment is not None else ""
        return {"module": module, **({"distribution": held} if held else {})}


@lru_cache(maxsize=1)
def _library() -> StandardLibrary:
    return StandardLibrary()


@lru_cache(maxsize=1)
def _standard_sources() -> Environment:
    """Return the sources of this interpreter's standard library: a second opinion to ty's stubs of it."""
    import sysconfig

    return Environment.of_folder(Path(sysconfig.get_path("stdlib")))
