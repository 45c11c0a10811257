"""A stage: Python code imports nothing that the operator forbids."""

import ast
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assay.stage import (
    Candidate,
    Category,
    Finding,
    Location,
    RuleInfo,
    Severity,
    SourceFile,
    Stage,
    StageContext,
    StageResources,
    StageResult,
    StageStatus,
    Workers,
)

from assay_plugin_example.validator import place

FORBIDDEN = RuleInfo(
    rule_id="import-policy/forbidden",
    category=Category.SPECIFICATION,
    severity=Severity.HIGH,
    explanation=(
        "The code imports a module that the operator of this suite forbids, by the option 'forbidden' of this stage. "
        "Modules below a forbidden one are forbidden too; relative imports are not looked at."
    ),
    fires=("import telnetlib\n",),
    passes=("import ssl\n",),
)


@dataclass(frozen=True)
class ImportPolicy:
    """Finds imports of modules that are forbidden; they are read in worker processes."""

    workers: Workers
    forbidden: frozenset[str]
    name: str = "import-policy"
    version: str = "1"
    description: str = "Imports of modules that the operator forbids."
    languages: frozenset[str] = frozenset({"python"})
    requires: tuple[str, ...] = ()
    rules: tuple[RuleInfo, ...] = (FORBIDDEN,)

    async def run(self, candidate: Candidate, context: StageContext) -> StageResult:
        """Judge one candidate."""
        if not self.forbidden:
            reason = "no module is forbidden; name some in the option 'forbidden' of the stage 'import-policy'"
            return StageResult(StageStatus.SKIPPED, reason=reason)
        findings: list[Finding] = []
        for file in candidate.files:
            if file.path.endswith((".py", ".pyi")):
                findings += await self.workers.run(forbidden_imports, file, self.forbidden)
        for finding in findings:
            await context.found(finding)
        return StageResult(StageStatus.COMPLETED, tuple(findings))


def forbidden_imports(file: SourceFile, forbidden: frozenset[str]) -> list[Finding]:
    """Return the findings in one file. Runs in a worker: a parser must never run in the server's own process."""
    try:
        source = file.content.decode("utf-8-sig")
        nodes = list(ast.walk(ast.parse(source)))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    return [
        finding(alias.name, place(file.path, source, alias))
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if below(alias.name, forbidden)
    ] + [
        finding(node.module or "", place(file.path, source, node))
        for node in nodes
        if isinstance(node, ast.ImportFrom) and not node.level and below(node.module or "", forbidden)
    ]


def below(module: str, forbidden: frozenset[str]) -> bool:
    """Whether a module is a forbidden one, or one below it."""
    return any(module == name or module.startswith(f"{name}.") for name in forbidden)


def finding(module: str, where: Location) -> Finding:
    """Return what is said of one import."""
    return Finding(
        rule_id=FORBIDDEN.rule_id,
        category=FORBIDDEN.category,
        severity=FORBIDDEN.severity,
        message=f"The module {module!r} is forbidden here.",
        location=where,
    )


@asynccontextmanager
async def stage(resources: StageResources) -> AsyncIterator[Stage]:
    """Build the stage, by its options: ``forbidden``, names of modules with commas between them."""
    names = (name.strip() for name in resources.options.get("forbidden", "").split(","))
    yield ImportPolicy(resources.workers, frozenset(name for name in names if name))
