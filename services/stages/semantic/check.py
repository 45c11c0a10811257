"""The stage's work on one candidate, done in a worker process: read its imports, judge each, word the findings."""

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assay.languages import of_path
from assay.stage import Candidate, Finding, Fix, SourceFile, TextEdit

from services.stages.rules import MAX_FINDINGS, in_order
from services.stages.semantic.catalog import DATA, Catalog
from services.stages.semantic.closed_keywords import ClosedKeywords
from services.stages.semantic.distributions import ImportNames, read_pairs
from services.stages.semantic.environment import Environment
from services.stages.semantic.imports import parse, read_imports, references
from services.stages.semantic.installed_members import InstalledMembers
from services.stages.semantic.judge import Judge
from services.stages.semantic.names import normalised
from services.stages.semantic.nearest import Suggestions
from services.stages.semantic.package_imports import PackageImports
from services.stages.semantic.part import MAX_CANDIDATE_FINDINGS, Report
from services.stages.semantic.problem import Problem
from services.stages.semantic.standard_imports import StandardImports
from services.stages.semantic.stdlib import StandardLibrary, Version, version_text
from services.stages.semantic.versions import version_of
from services.stages.source import Source, UnreadableSource, decode

if TYPE_CHECKING:
    from tree_sitter import Tree

MAX_EDITS = 100
"""Edits of one fix: a name used more often is left to a person."""

MODULE_SEARCH = (b"sys.path.", b"sys.path[", b"sys.modules[", b"sys.meta_path", b"site.addsitedir", b"spec_from_file")
"""With these a file adds modules of its own, or places to look for them."""


def check(candidate: Candidate, prefix: str = "") -> Report:
    """
    Judge every import of a Python candidate. A file that is no text is passed over: that is another stage's finding.

    :param prefix: Of the environment whose packages are known; empty where none is.
    :raises InvalidArgument: The language version is none.
    :raises CatalogBroken: The shipped catalog is not what its manifest says.
    """
    version = version_of(candidate)
    environment = _environment(prefix)
    judge = _judge(candidate, version, environment)
    findings: list[Finding] = []
    modules: set[str] = set()
    for file in candidate.files:
        if of_path(file.path) == "python":
            findings.extend(_judged(judge, environment, file, modules))
    manifest = _catalog().manifest
    details = {
        "imported_modules": str(len(modules)),
        "catalog": f"{manifest.count} packages as of {manifest.date}",
        "python_version": version_text(version),
    }
    findings.sort(key=lambda finding: -finding.severity)
    return Report(tuple(findings[:MAX_CANDIDATE_FINDINGS]), details)


def _judge(candidate: Candidate, version: Version, environment: Environment | None) -> Judge:
    allowed = candidate.allowed_dependencies
    dependencies = None if allowed is None else frozenset(normalised(name) for name in allowed)
    suggestions = Suggestions()
    standard = StandardImports(_library(), version, _table("python2"), _table("successors"), suggestions)
    packages = PackageImports(_import_names(), _library(), dependencies, suggestions, environment)
    return Judge(candidate, standard, packages)


def _judged(judge: Judge, environment: Environment | None, file: SourceFile, modules: set[str]) -> tuple[Finding, ...]:
    try:
        source = decode(file.content, file.path)
    except UnreadableSource:
        return ()
    tree = parse(source.data)
    imports = read_imports(tree, source.data)
    modules.update(found.module for found in imports if found.module and not found.level)
    elsewhere = any(word in source.data for word in MODULE_SEARCH)
    problems = judge.problems(file.path, imports, elsewhere=elsewhere)
    if environment is not None:
        foreign = [found for found in imports if judge.is_foreign(found)]
        problems += InstalledMembers(environment).problems(foreign, tree, source.data)
    problems += ClosedKeywords(imports, _library(), Suggestions()).problems(tree, source.data)
    problems = sorted(problems, key=lambda problem: -problem.rule.severity)[:MAX_FINDINGS]
    return in_order(_finding(problem, source, tree) for problem in problems)


def _finding(problem: Problem, source: Source, tree: "Tree") -> Finding:
    return problem.rule.finding(
        problem.message,
        source.location(*problem.range),
        suggestion=problem.suggestion,
        fixes=_fixes(problem, source, tree),
        evidence={key: value for key, value in problem.evidence.items() if value},
    )


def _fixes(problem: Problem, source: Source, tree: "Tree") -> tuple[Fix, ...]:
    """Return the fix that writes what was meant, in the import and wherever the file uses the name."""
    correction = problem.correction
    if correction is None:
        return ()
    edits = [TextEdit(source.location(*problem.range), correction.name)]
    if correction.binds:
        uses = references(tree, correction.binds)
        edits += [TextEdit(source.location(*use), correction.bound) for use in uses]
    if len(edits) > MAX_EDITS:
        return ()
    return (Fix(f"Write {correction.name}", tuple(edits), safe=True),)


@lru_cache(maxsize=4)
def _environment(prefix: str) -> Environment | None:
    return Environment(Path(prefix)) if prefix else None


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
