"""
The part that knows members and arguments: it asks ty, in a warm server, and judges what ty says.

Options of the semantic stage that it knows: ``python``, an environment whose packages are taken as they are installed
there; ``reference``, a folder that `scripts/reference` made. Without either the folder is looked for where that script
puts it; without that, what third-party packages have is not known.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib.metadata import version as installed_version
from pathlib import Path

from assay.errors import PluginFailed
from assay.languages import DEFAULT_VERSIONS
from assay.stage import Candidate, StageResources, Workers

from services.stages.semantic.part import MAX_CANDIDATE_FINDINGS, Part, Report
from services.stages.semantic.stdlib import parse_version
from services.stages.semantic.types_server import TypeServers
from services.stages.semantic.types_text import documents

RULES_VERSION = "1"
REFERENCE = Path(__file__).parent / "reference.txt"


class TypesPart:
    """Says of the members that a Python candidate uses, and of the arguments that it passes, whether they exist."""

    languages = frozenset({"python"})
    unavailable = ""

    def __init__(self, workers: Workers, servers: TypeServers, environment: Path | None) -> None:
        self._workers = workers
        self._servers = servers
        self._prefix = str(environment) if environment is not None else ""
        self.version = f"{RULES_VERSION}+ty.{installed_version('ty')}.{_name(environment)}"

    async def judge(self, candidate: Candidate) -> Report:
        """Judge the members and arguments of one candidate."""
        from services.stages.semantic.types_judge import judge
        from services.stages.semantic.types_suggestions import suggested

        version = parse_version(candidate.language_version or DEFAULT_VERSIONS["python"])
        texts = documents(candidate)
        wanted = [file.path for file in candidate.files if file.path in texts]
        details = {"types_of_packages": _name(Path(self._prefix)) if self._prefix else "none: run scripts/reference"}
        if not wanted:
            return Report(details=details)
        told = {path: found for path, found in (await self._servers.told(version, texts, wanted)).items() if found}
        if not told:
            return Report(details=details)
        judged = await self._workers.run(judge, candidate, told, version, self._prefix)
        findings = await suggested(judged, texts, version, self._servers)
        return Report(tuple(findings[:MAX_CANDIDATE_FINDINGS]), details)


@cache
def reference_digest() -> str:
    """Return twelve hexadecimal digits that change with the list of reference.txt, as its script names it."""
    return hashlib.sha256(REFERENCE.read_bytes()).hexdigest()[:12]


def environment_of(options: Mapping[str, str]) -> Path | None:
    """
    Return the environment whose packages are known, or None where none is.

    :raises PluginFailed: An option names a folder that is no environment.
    """
    for option in ("python", "reference"):
        if given := options.get(option):
            prefix = Path(os.path.abspath(os.path.expanduser(given)))
            if not any(prefix.glob("lib/python3*/site-packages")):
                raise PluginFailed(
                    f"the semantic stage's option {option} names a folder without lib/python3*/site-packages"
                )
            return prefix
    cache_home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    usual = Path(cache_home) / "assay" / f"reference-{reference_digest()}"
    return usual if usual.is_dir() else None


def _name(environment: Path | None) -> str:
    if environment is None:
        return "alone"
    made = environment / "assay-reference"
    if made.is_file():
        return f"reference-{made.read_text().strip()}"
    packages = sorted(path.name for path in environment.glob("lib/python3*/site-packages/*.dist-info"))
    return f"environment-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"


@asynccontextmanager
async def types_part(resources: StageResources) -> AsyncIterator[Part]:
    """
    Build the part, with ty for the suite's default version of Python starting beside.

    :raises PluginFailed: An option names a folder that is no environment.
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
