"""
The part that knows members and arguments: it asks ty, in a warm server, and judges what ty says.

What packages have is known from an environment, see :mod:`services.stages.semantic.reference`; without one only the
standard library's and the candidate's own members and arguments are judged.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version as installed_version
from pathlib import Path

from assay.languages import DEFAULT_VERSIONS
from assay.stage import Candidate, StageResources, Workers

from services.stages.semantic.part import MAX_CANDIDATE_FINDINGS, Part, Report
from services.stages.semantic.reference import environment_of, named
from services.stages.semantic.stdlib import parse_version
from services.stages.semantic.types_server import TypeServers
from services.stages.semantic.types_text import SMALL_BYTES, documents
from services.stages.semantic.versions import version_of

RULES_VERSION = "4"


class TypesPart:
    """Says of the members that a Python candidate uses, and of the arguments that it passes, whether they exist."""

    languages = frozenset({"python"})
    unavailable = ""

    def __init__(self, workers: Workers, servers: TypeServers, environment: Path | None) -> None:
        self._workers = workers
        self.servers = servers
        self._prefix = str(environment) if environment is not None else ""
        # These are no findings of themselves; without packages none is missing.
        self._beside = {"invalid-assignment"} | (set() if environment is not None else {"import-not-found"})
        self._packages = named(environment) if environment is not None else ""
        self.version = f"{RULES_VERSION}+ty.{installed_version('ty')}.{named(environment)}"

    async def judge(self, candidate: Candidate) -> Report:
        """Judge the members and arguments of one candidate."""
        from services.stages.semantic.types_judge import judge
        from services.stages.semantic.types_suggestions import suggested

        version = version_of(candidate)
        texts = await self._texts(candidate)
        wanted = [file.path for file in candidate.files if file.path in texts]
        details = {"packages_known_from": self._packages or "none: scripts/reference makes a reference environment"}
        if not wanted:
            return Report(details=details)
        told = await self.servers.told(version, texts, wanted)
        told = {path: found for path, found in told.items() if any(one.check not in self._beside for one in found)}
        if not told:
            return Report(details=details)
        judged = await self._workers.run(judge, candidate, told, version, self._prefix)
        findings = await suggested(judged, texts, version, self.servers)
        return Report(tuple(findings[:MAX_CANDIDATE_FINDINGS]), details)

    async def _texts(self, candidate: Candidate) -> dict[str, str]:
        size = sum(len(file.content) for file in (*candidate.files, *candidate.context_files))
        return documents(candidate) if size <= SMALL_BYTES else await self._workers.run(documents, candidate)


@asynccontextmanager
async def types_part(resources: StageResources) -> AsyncIterator[Part]:
    """
    Build the part, with ty for the suite's default version of Python starting beside.

    :raises NoEnvironment: An option names a folder that is none.
    """
    environment = environment_of(resources.options)
    servers = TypeServers(environment)
    starting = asyncio.create_task(servers.warm(parse_version(DEFAULT_VERSIONS["python"])))
    try:
        yield TypesPart(resources.workers, servers, environment)
    finally:
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
        await servers.close()
