"""How a reading stage goes through a candidate: file by file, telling each finding as it comes."""

from collections.abc import Awaitable, Callable, Sequence

from assay.stage import Finding, SourceFile, StageContext, StageResult, StageStatus

Judge = Callable[[SourceFile, str], Awaitable[Sequence[Finding]]]
"""Returns what is wrong with a file of a language."""


async def read(files: Sequence[tuple[SourceFile, str]], judge: Judge, context: StageContext) -> StageResult:
    """
    Judge files in their order, and return the stage's result.

    :param files: Each with its language; see :func:`services.stages.files.source_files`.
    """
    findings: list[Finding] = []
    for index, (file, language) in enumerate(files):
        await context.progress(f"reading {file.path}", index / len(files))
        found = await judge(file, language)
        for finding in found:
            await context.found(finding)
        findings.extend(found)
    return StageResult(StageStatus.COMPLETED, tuple(findings), details={"files": str(len(files))})
