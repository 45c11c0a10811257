"""
The part that asks TypeScript's compiler about JavaScript and TypeScript: names, members, exports, constants.

The compiler stays in a process of Node's; see the folder `typescript`, and `scripts/typescript`, which fills it.
"""

import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from assay.languages import of_path
from assay.stage import Candidate, SourceFile, StageResources

from services.stages.files import source_files
from services.stages.language_server import LanguageServer, ServerSpec
from services.stages.rules import in_order
from services.stages.semantic.part import Part, Report

RULES_VERSION = "1"
FOLDER = Path(__file__).parent / "typescript"
LANGUAGES = frozenset({"javascript", "typescript"})
MEMORY_BYTES = 1536 * 1024**2
HEAP_MIB = 1024
"""Of JavaScript values; the rest is Node's own."""
_MEMORY = (f"--max-old-space-size={HEAP_MIB}", "--max-semi-space-size=64")
"""What a question makes is rubbish after it: with room for it, collecting takes less of the time."""
SECONDS = 20.0

_SUFFIXES = {"javascript": ".js", "typescript": ".ts"}


class JavaScriptPart:
    """Says of names and members in JavaScript and TypeScript whether they exist."""

    languages = LANGUAGES

    def __init__(self, server: LanguageServer, unavailable: str) -> None:
        self._server = server
        self.unavailable = unavailable
        pinned = json.loads((FOLDER / "package.json").read_text())["dependencies"]
        self.version = f"{RULES_VERSION}+typescript.{pinned['typescript']}.node.{pinned['@types/node']}"

    @property
    def process(self) -> int | None:
        """The process id of the compiler, where it runs."""
        return self._server.process

    async def judge(self, candidate: Candidate) -> Report:
        """
        Judge the files of one candidate; context files and tests are there to be imported.

        :raises assay.errors.PluginFailed: The compiler did not answer in time, or was lost twice.
        """
        from services.stages.semantic.javascript_findings import finding

        judged = {_document(file, language): file.path for file, language in source_files(candidate, LANGUAGES)}
        answers = await self._server.diagnose(_documents(candidate), list(judged))
        findings = [
            found
            for document, path in judged.items()
            for found in in_order(finding(item, path, candidate) for item in answers[document])
        ]
        return Report(tuple(findings), {"compiled_files": str(len(judged))})


def _documents(candidate: Candidate) -> Mapping[str, str]:
    """Return the texts that the compiler is told of, by name; nothing else of the candidate's reaches it."""
    beside = [*candidate.context_files, *(file for suite in candidate.tests for file in suite.files)]
    known = [(file, of_path(file.path) or "") for file in beside]
    files = [*(pair for pair in known if pair[1] in LANGUAGES), *source_files(candidate, LANGUAGES)]
    return {_document(file, language): file.content.decode("utf-8-sig", "replace") for file, language in files}


def _document(file: SourceFile, language: str) -> str:
    """Return the name of a document, which tells the compiler what it is written in."""
    return file.path if of_path(file.path) == language else file.path + _SUFFIXES[language]


def _missing(node: str | None) -> str:
    if node is None:
        return "names in JavaScript and TypeScript are not checked: install Node.js, then run scripts/typescript"
    if not (FOLDER / "node_modules" / "typescript").is_dir():
        return "names in JavaScript and TypeScript are not checked: run scripts/typescript"
    return ""


@asynccontextmanager
async def javascript_part(resources: StageResources) -> AsyncIterator[Part]:
    """
    Build the part; the compiler starts with the first question.

    Option `node`: the path of the Node.js to use; without it that of PATH.
    """
    node = shutil.which(resources.options.get("node", "node"))
    spec = ServerSpec(
        name="TypeScript's compiler",
        command=(node or "node", *_MEMORY, str(FOLDER / "server.js")),
        language="javascript",
        seconds=SECONDS,
        memory_bytes=MEMORY_BYTES,
    )
    server = LanguageServer(spec)
    try:
        yield JavaScriptPart(server, _missing(node))
    finally:
        await server.close()
