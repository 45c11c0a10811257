"""The corpus of sources for the reading stages: what a case may say, and what its findings must be."""

from pathlib import Path
from typing import Annotated, Self

from assay.languages import SUFFIXES
from assay.v1 import candidate_pb2, source_pb2
from pydantic import Field, StringConstraints, model_validator

from tests.corpus import yaml_cases
from tests.corpus.sandbox_expectations import Part, as_bytes

FOLDER = Path(__file__).parent / "reading"

SUFFIX_OF = {language: suffix for suffix, language in reversed(SUFFIXES.items())}


class Beside(Part):
    """A file that goes along: judged too, or only there to be imported."""

    path: str
    code: str
    context: bool = False


class ReadingCase(Part):
    """
    One source, and what the reading stages say of it.

    ``expect`` names rules, each as "stage/rule" or "stage/rule@line", and all of them must be found. An empty list is a
    case that must pass: none of its findings, those of security apart, is HIGH or worse. ``absent`` names rules that
    must not be found, whatever their severity.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    language: str
    why: Annotated[str, StringConstraints(min_length=20, pattern=r"\.\s*$")]
    code: str | None = None
    code_base64: str | None = None
    path: str = ""
    language_version: str = ""
    specification: str = ""
    beside: list[Beside] = Field(default_factory=list)
    expect: list[Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9-]+(@\d+)?$")]]
    absent: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_code(self) -> Self:
        if len(self.given("code", "code_base64")) != 1:
            raise ValueError("a case has either code or code_base64")
        if self.language not in SUFFIX_OF:
            raise ValueError(f"there is no language {self.language}")
        return self

    def candidate(self) -> candidate_pb2.Candidate:
        """Return what is judged."""
        path = self.path or f"main{SUFFIX_OF[self.language]}"
        content = as_bytes(self.code, self.code_base64)
        judged = [source_pb2.SourceFile(path=path, content=content)]
        judged += [_file(file) for file in self.beside if not file.context]
        candidate = candidate_pb2.Candidate(
            files=judged,
            entry_point=path,
            language=self.language,
            language_version=self.language_version,
            context_files=[_file(file) for file in self.beside if file.context],
        )
        candidate.specification.text = self.specification
        return candidate


def _file(file: Beside) -> source_pb2.SourceFile:
    return source_pb2.SourceFile(path=file.path, content=file.code.encode())


def load(folder: Path = FOLDER) -> list[ReadingCase]:
    """Return all cases; see :func:`tests.corpus.yaml_cases.load`."""
    return yaml_cases.load(folder, ReadingCase)
