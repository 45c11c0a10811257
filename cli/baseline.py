"""
A baseline: a file with the fingerprints of findings that are known, so that only new ones count.

    {"format": 1,
     "findings": {"src/a.py": [{"fingerprint": …, "rule": …, "message": …}]}}

Paths are relative to the file's own folder. It is made to be committed: in a fixed order, a line for each finding.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.v1 import validation_pb2

from cli.checked import Checked, counting
from cli.sources import BadSource, Source, read

FORMAT = 1

DEFAULT_NAME = "assay-baseline.json"

Known = Mapping[str, frozenset[str]]
"""The fingerprints by the paths of their files."""


class Baseline:
    """
    A baseline's file.

    :param path: Where it lies, or is to lie.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = Path(os.path.abspath(path)).parent

    def known(self) -> Known:
        """
        Return what is known.

        :raises BadSource: The file cannot be read, or is no baseline.
        """
        return {path: frozenset(entry["fingerprint"] for entry in entries) for path, entries in self._entries().items()}

    def name(self, source: Source) -> str:
        """Return the name that a source has in the file."""
        if source.path is None:
            return source.name
        return Path(os.path.relpath(source.path, self._folder)).as_posix()

    def write(self, results: Mapping[str, Checked]) -> int:
        """
        Write what counts in results, by the names of their files, and return how many findings these are.

        What the file says of others stays, and of those that could not be checked.

        :raises BadSource: The file cannot be written, or is no baseline.
        """
        made = {name: _entries(one.validation) for name, one in results.items() if one.validation is not None}
        findings = (self._entries() if self._path.exists() else {}) | made
        findings = {path: entries for path, entries in findings.items() if entries}
        try:
            self._path.write_text(_written(findings), encoding="utf-8")
        except OSError as error:
            raise BadSource(f"{self._path}: {(error.strerror or 'it cannot be written').lower()}") from None
        return sum(map(len, made.values()))

    def _entries(self) -> dict[str, list[dict[str, str]]]:
        try:
            document = json.loads(read(self._path))
        except BadSource as error:
            raise BadSource(f"{self._path}: {error}") from None
        except ValueError:
            raise BadSource(f"{self._path}: it is no JSON") from None
        if not _is_baseline(document):
            raise BadSource(f"{self._path}: it is no baseline of format {FORMAT}")
        findings: dict[str, list[dict[str, str]]] = document["findings"]
        return findings


def _is_baseline(document: Any) -> bool:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return False
    findings = document.get("findings")
    return isinstance(findings, dict) and all(
        isinstance(entries, list)
        and all(isinstance(entry, dict) and isinstance(entry.get("fingerprint"), str) for entry in entries)
        for entries in findings.values()
    )


def _entries(validation: validation_pb2.Validation) -> list[dict[str, str]]:
    return [
        {"fingerprint": finding.fingerprint, "rule": finding.rule_id, "message": finding.message}
        for finding in counting(validation)
    ]


def _written(findings: Mapping[str, list[dict[str, str]]]) -> str:
    files = []
    for path in sorted(findings):
        lines = ",\n".join(f"      {json.dumps(entry)}" for entry in findings[path])
        files.append(f"    {json.dumps(path)}: [\n{lines}\n    ]")
    body = ",\n".join(files)
    return f'{{\n  "format": {FORMAT},\n  "findings": {{\n{body}\n  }}\n}}\n'
