"""The part that knows which packages and standard modules exist; what reads code runs in the workers."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from assay.stage import Candidate, StageResources, Workers

from services.stages.semantic.catalog import DATA, Manifest, read_manifest
from services.stages.semantic.part import Part, Report
from services.stages.semantic.reference import environment_of

RULES_VERSION = "5"
TABLES = ("aliases.tsv", "hosts.tsv", "keywords.tsv", "python2.tsv", "stdlib.json", "successors.tsv")


def tables_fingerprint(directory: Path = DATA) -> str:
    """Return eight hexadecimal digits that change with any table beside the catalog's own files."""
    return hashlib.sha256(b"\0".join((directory / name).read_bytes() for name in TABLES)).hexdigest()[:8]


class ImportsPart:
    """Says of every module that a Python candidate imports whether it exists."""

    languages = frozenset({"python"})
    unavailable = ""

    def __init__(self, workers: Workers, manifest: Manifest, environment: Path | None) -> None:
        self._workers = workers
        self._prefix = str(environment) if environment is not None else ""
        self.version = f"{RULES_VERSION}+pypi.{manifest.date}.{manifest.fingerprint}.{tables_fingerprint()}"

    async def judge(self, candidate: Candidate) -> Report:
        """Judge the imports of one candidate."""
        from services.stages.semantic.check import check

        return await self._workers.run(check, candidate, self._prefix)


@asynccontextmanager
async def imports_part(resources: StageResources) -> AsyncIterator[Part]:
    """
    Build the part.

    :raises CatalogBroken: The shipped catalog has no readable manifest.
    :raises NoEnvironment: An option names a folder that is none.
    """
    yield ImportsPart(resources.workers, read_manifest(), environment_of(resources.options))
