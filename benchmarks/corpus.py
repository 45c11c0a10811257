"""Records of a labelled corpus, one JSON object a line, as candidates."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.languages import SUFFIXES, of_path
from assay.v1 import candidate_pb2, source_pb2

SUFFIX_OF = {language: suffix for suffix, language in reversed(SUFFIXES.items())}


@dataclass(frozen=True, slots=True)
class Record:
    """
    One labelled record.

    :param file: The name of the corpus file that it stands in, without its suffix.
    :param positive: Whether it is inauthentic: what the suite is to find.
    :param group: The task that it is about: what is learnt from one record tells of the others of its group.
    """

    id: str
    language: str
    kind: str
    origin: str
    positive: bool
    candidate: candidate_pb2.Candidate
    file: str = ""
    group: str = ""

    @property
    def source(self) -> source_pb2.SourceFile:
        """Its code: every record is one file."""
        return self.candidate.files[0]

    @property
    def has_tests(self) -> bool:
        """Whether tests come with it."""
        return bool(self.candidate.tests)

    @property
    def hard_negative(self) -> bool:
        """Whether it is authentic and looks otherwise."""
        return self.kind.startswith("hn_")


def records(path: Path, language: str | None = None) -> Iterator[Record]:
    """Yield the records of a corpus file, those of one language only where it is given."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if language is None or row["language"] == language:
                yield Record(
                    id=row["id"],
                    language=row["language"],
                    kind=row["kind"],
                    origin=row["origin"],
                    positive=row["label"] == "inauthentic",
                    candidate=_candidate(row),
                    file=path.stem,
                    group=row.get("group") or row["id"],
                )


def _candidate(row: dict[str, Any]) -> candidate_pb2.Candidate:
    language = row["language"]
    name = Path(row.get("filename") or "").name
    if of_path(name) != language:
        name = "main" + SUFFIX_OF.get(language, ".txt")
    candidate = candidate_pb2.Candidate(
        files=[source_pb2.SourceFile(path=name, content=row["code"].encode("utf-8", "surrogatepass"))],
        language=language,
    )
    if row.get("prompt"):
        candidate.specification.text = row["prompt"]
    if row.get("tests"):
        # The header is what the tests import, where their language wants it before all else.
        text = "\n".join(filter(None, (row.get("test_header"), row["tests"])))
        path = "tests" + SUFFIX_OF.get(language, ".txt")
        tests = source_pb2.SourceFile(path=path, content=text.encode("utf-8", "surrogatepass"))
        candidate.tests.append(candidate_pb2.TestSuite(framework=candidate_pb2.TEST_FRAMEWORK_ASSERTS, files=[tests]))
    return candidate
