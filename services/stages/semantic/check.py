"""The stage's work on one candidate, done in a worker process: read its imports, judge each, word the findings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from assay.errors import InvalidArgument
from assay.languages import DEFAULT_VERSIONS, of_path
from assay.stage import Candidate, Finding, Fix, Location, Severity, SourceFile, TextEdit

from services.stages.semantic.catalog import DATA, Catalog
from services.stages.semantic.distributions import ImportNames, read_pairs
from services.stages.semantic.imports import Guard, Import, ImportReader, Place
from services.stages.semantic.names import normalised
from services.stages.semantic.own_modules import OwnModules
from services.stages.semantic.package_imports import PackageImports
from services.stages.semantic.problem import Problem, softened
from services.stages.semantic.rules import BY_NAME
from services.stages.semantic.standard_imports import StandardImports
from services.stages.semantic.stdlib import StandardLibrary, Version, parse_version, version_text

MAX_FINDINGS = 200
"""Of one candidate: beyond this many, more say nothing new."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the check of one candidate found, and how much it looked at."""

    findings: tuple[Finding, ...]
    details: dict[str, str]


def check(candidate: Candidate) -> Report:
    """
    Judge every import of a Python candidate.

    :raises InvalidArgument: The language version is none.
    :raises CatalogBroken: The shipped catalog is not what its manifest says.
    """
    version = _version(candidate)
    judge = Judge(candidate, version)
    findings: list[Finding] = []
    modules: set[str] = set()
    for file in judge.sources:
        reader = ImportReader(file.content)
        imports = reader.read()
        modules.update(found.module for found in imports if found.module)
        findings.extend(_finding(problem, file.path, reader) for problem in _once(judge.problems(file.path, imports)))
    catalog = _catalog()
    details = {
        "imported_modules": str(len(modules)),
        "catalog": f"{catalog.manifest.date}, {catalog.manifest.count} packages",
        "python": version_text(version),
    }
    return Report(tuple(findings[:MAX_FINDINGS]), details)


class Judge:
    """Judges the imports of one candidate's files."""

    def __init__(self, candidate: Candidate, version: Version) -> None:
        self.sources = [file for file in candidate.files if of_path(file.path) == "python"] or list(candidate.files[:1])
        helpers = (file for suite in candidate.tests for file in suite.files)
        self._own = OwnModules(file.path for file in (*candidate.files, *helpers))
        self._standard = StandardImports(
            _library(),
            version,
            {} if candidate.language_version.startswith("2") else _table("python2"),
            _table("successors"),
        )
        allowed = candidate.allowed_dependencies
        names = None if allowed is None else frozenset(normalised(name) for name in allowed)
        self._packages = PackageImports(_import_names(), _library(), names)

    def problems(self, path: str, imports: Iterable[Import]) -> Iterator[Problem]:
        """Yield what is wrong with the imports of one file."""
        for found in imports:
            if found.level:
                yield from self._relative(path, found)
            elif self._own.has_root(found.root):
                continue
            elif self._standard.covers(found):
                yield from self._standard.problems(found)
            else:
                yield from self._packages.problems(found)

    def _relative(self, path: str, found: Import) -> Iterator[Problem]:
        # One file out of a package says nothing of its siblings.
        if len(self.sources) < 2 or found.guard is Guard.OPTIONAL:
            return
        if not self._own.resolves(path, found.level, found.module, [member.name for member in found.members]):
            name = "." * found.level + found.module
            yield Problem(
                "unresolved-relative-import", softened(Severity.MEDIUM, found.guard), name, found.place,
                f"The relative import '{name}' names no module among the candidate's files.", confidence=0.7,
            )  # fmt: skip


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """Keep the gravest of those with one subject, the first of these where they are alike."""
    kept: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        key = (problem.rule, problem.subject)
        if key not in kept or problem.severity > kept[key].severity:
            kept[key] = problem
    return list(kept.values())


def _finding(problem: Problem, path: str, reader: ImportReader) -> Finding:
    rule = BY_NAME[problem.rule]
    return Finding(
        rule_id=rule.id,
        category=rule.category,
        severity=problem.severity,
        message=problem.message,
        location=_location(path, problem.place),
        confidence=problem.confidence,
        suggestion=problem.suggestion,
        fixes=_fixes(problem, path, reader),
        evidence={key: value for key, value in problem.evidence.items() if value},
        stage="semantic",
    )


def _fixes(problem: Problem, path: str, reader: ImportReader) -> tuple[Fix, ...]:
    if not problem.instead:
        return ()
    edit = TextEdit(_location(path, problem.place), problem.instead)
    return (Fix(f"Import {problem.instead}", (edit,), safe=not problem.binds),)


def _location(path: str, place: Place) -> Location:
    return Location(path, place.start_line, place.start_column, place.end_line, place.end_column)


def _version(candidate: Candidate) -> Version:
    try:
        return parse_version(candidate.language_version or DEFAULT_VERSIONS["python"])
    except ValueError:
        raise InvalidArgument("candidate.language_version", "is no Python version such as 3.13") from None


@cache
def _catalog() -> Catalog:
    return Catalog()


@cache
def _library() -> StandardLibrary:
    return StandardLibrary()


@cache
def _import_names() -> ImportNames:
    return ImportNames(_catalog())


@cache
def _table(name: str) -> dict[str, str]:
    return read_pairs(DATA / f"{name}.tsv")
