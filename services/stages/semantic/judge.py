"""Judges the imports of one candidate: whose is each, and does it exist?"""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from assay.languages import of_path
from assay.stage import Candidate

from services.stages.semantic import rules
from services.stages.semantic.imports import Guard, Import
from services.stages.semantic.own_modules import OwnModules
from services.stages.semantic.package_imports import PackageImports
from services.stages.semantic.problem import Problem
from services.stages.semantic.standard_imports import StandardImports


class Judge:
    """
    Judges what a candidate's files import.

    :param standard: Judges the imports from the standard library.
    :param packages: Judges those from anywhere else.
    """

    def __init__(self, candidate: Candidate, standard: StandardImports, packages: PackageImports) -> None:
        paths = [file.path for file in (*candidate.files, *candidate.context_files)]
        self._own = OwnModules([*paths, *(file.path for suite in candidate.tests for file in suite.files)])
        self._is_alone = sum(of_path(path) == "python" for path in paths) < 2
        self._standard = standard
        self._packages = packages

    def problems(self, path: str, imports: Iterable[Import], *, elsewhere: bool = False) -> list[Problem]:
        """
        Return what is wrong with the imports of the file `path`: the gravest for each subject.

        :param elsewhere: The file adds to the places where modules are looked for.
        """
        kept: dict[str, Problem] = {}
        for found in imports:
            for problem in self._judged(path, found, elsewhere=elsewhere):
                before = kept.get(problem.subject)
                if before is None or problem.rule.severity > before.rule.severity:
                    kept[problem.subject] = problem
        return list(kept.values())

    def is_foreign(self, found: Import) -> bool:
        """Whether an import is neither of the candidate's own modules nor of the standard library."""
        return not found.level and not self._own.has_root(found.root) and not self._standard.covers(found)

    def _judged(self, path: str, found: Import, *, elsewhere: bool) -> Iterator[Problem]:
        if found.level:
            yield from self._relative(path, found)
        elif self._own.has_root(found.root):
            return
        elif self._standard.covers(found):
            yield from self._standard.problems(found)
        else:
            yield from self._packages.problems(found, elsewhere=elsewhere)

    def _relative(self, path: str, found: Import) -> Iterator[Problem]:
        # One file out of a package says nothing of its siblings.
        if self._is_alone or found.guard is Guard.OPTIONAL or _is_built(path, found.module):
            return
        if not self._own.resolves(path, found.level, found.module, [member.name for member in found.members]):
            name = "." * found.level + found.module
            message = f"The relative import '{name}' names no module among the candidate's files."
            yield Problem(rules.UNRESOLVED_RELATIVE, name, found.range, message)


def _is_built(path: str, module: str) -> bool:
    """Whether a module is named as those are that a build makes: extensions, protocol code, version files."""
    name = module.rpartition(".")[2]
    return (
        name.startswith("_")
        or name.endswith(("_pb2", "_pb2_grpc", "version"))
        or name == PurePosixPath(path).parent.name
    )
