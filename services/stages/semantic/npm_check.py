"""The work on the imports of one JavaScript or TypeScript candidate, done in a worker process."""

from functools import cache

from assay.stage import Candidate, Finding, Fix, SourceFile, TextEdit

from services.stages.files import source_files
from services.stages.rules import MAX_FINDINGS, in_order
from services.stages.semantic.nearest import Suggestions
from services.stages.semantic.npm_catalog import NpmCatalog
from services.stages.semantic.npm_declared import declared
from services.stages.semantic.npm_imports import read_specifiers
from services.stages.semantic.npm_judge import NpmJudge
from services.stages.semantic.part import Report
from services.stages.semantic.problem import Problem
from services.stages.source import Source

LANGUAGES = frozenset({"javascript", "typescript"})


def check(candidate: Candidate) -> Report:
    """
    Judge every import of a JavaScript or TypeScript candidate.

    :raises CatalogBroken: The shipped catalog is not what its manifest says.
    """
    catalog = _catalog()
    judge = NpmJudge(catalog, declared(candidate), Suggestions())
    findings: list[Finding] = []
    modules: set[str] = set()
    for file, language in source_files(candidate, LANGUAGES):
        findings.extend(_judged(judge, file, language, modules))
    details = {
        "imported_modules": str(len(modules)),
        "npm_catalog": f"{catalog.manifest.count} packages as of {catalog.manifest.date}",
    }
    return Report(tuple(findings), details)


def _judged(judge: NpmJudge, file: SourceFile, language: str, modules: set[str]) -> tuple[Finding, ...]:
    text = file.content.decode("utf-8-sig", "replace")
    source = Source(file.path, text, text.encode())
    imports = read_specifiers(source.data, language, file.path)
    modules.update(found.name for found in imports)
    problems = sorted(judge.problems(imports), key=lambda problem: -problem.rule.severity)[:MAX_FINDINGS]
    return in_order(_finding(problem, source) for problem in problems)


def _finding(problem: Problem, source: Source) -> Finding:
    place = source.location(*problem.range)
    meant = problem.correction
    return problem.rule.finding(
        problem.message,
        place,
        suggestion=problem.suggestion,
        fixes=(Fix(f"Write {meant.name}", (TextEdit(place, meant.name),), safe=True),) if meant else (),
        evidence={key: value for key, value in problem.evidence.items() if value},
    )


@cache
def _catalog() -> NpmCatalog:
    return NpmCatalog()
