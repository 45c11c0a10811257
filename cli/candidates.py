"""A source on this machine as a candidate of the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.candidates import MAX_PATH_CHARACTERS, MAX_SPECIFICATION_CHARACTERS
from assay.languages import SUFFIXES, of_path
from assay.v1 import candidate_pb2, source_pb2

from cli import modules, scripts
from cli.sources import BadSource, Source, read

_DEFAULT_NAMES = {language: f"main{suffix}" for suffix, language in reversed(SUFFIXES.items())}


@dataclass(frozen=True, slots=True)
class Framing:
    """
    What the caller says about every candidate of one call.

    :param language: In lower case; empty: told from each file's name.
    :param deep: Whether a file's context holds all that it reaches, as it must where the file is run.
    :param standard_input: What was read there, where the call asked for it.
    """

    language: str = ""
    language_version: str = ""
    specification: str = ""
    tests: tuple[candidate_pb2.TestSuite, ...] = ()
    deep: bool = True
    standard_input: bytes = b""


def candidate_of(source: Source, framing: Framing) -> candidate_pb2.Candidate:
    """
    Read a source and return it as a candidate.

    :raises BadSource: It cannot be read, or its language is not known.
    """
    if source.problem:
        raise BadSource(source.problem)
    language = framing.language or of_path(source.name) or ""
    if not language:
        raise BadSource("its language cannot be told from its name; say it with --language")
    content = framing.standard_input if source.path is None else read(source.path)
    candidate = candidate_pb2.Candidate(
        files=[source_pb2.SourceFile(path=path_in_candidate(source, language), content=content)],
        language=language,
        language_version=framing.language_version,
        tests=framing.tests,
    )
    if framing.specification:
        candidate.specification.text = framing.specification
    if source.path is not None:
        candidate.context_files.extend(_context(source, candidate.files[0], language, deep=framing.deep))
    return candidate


def _context(source: Source, file: source_pb2.SourceFile, language: str, *, deep: bool) -> list[source_pb2.SourceFile]:
    assert source.path is not None
    found: dict[str, bytes] = {}
    if language == "python":
        found = modules.context(source.path.absolute(), file.content, modules.import_roots(source), deep=deep)
    elif language in scripts.LANGUAGES:
        found = scripts.context(source.path.absolute(), file.content, deep=deep)
    return [source_pb2.SourceFile(path=path, content=held) for path, held in found.items() if path != file.path]


def path_in_candidate(source: Source, language: str) -> str:
    """
    Return the path that a source has in its candidate: below the folder that its module is imported from, or that its
    package lies in.

    Characters that the contract's paths do not take, for example line ends, become "_".
    """
    if source.path is None:
        return _DEFAULT_NAMES.get(language, "main")
    path = source.path.absolute()
    root = scripts.package_root(path) if language in scripts.LANGUAGES else modules.root_of(path)
    parts = [_fit(part) for part in path.relative_to(root).parts]
    return "/".join(parts)[-MAX_PATH_CHARACTERS:].lstrip("/")


def _fit(part: str) -> str:
    return "".join(c if c.isprintable() and c != "\\" else "_" for c in part) or "_"


def suites_of(paths: Sequence[Path]) -> tuple[candidate_pb2.TestSuite, ...]:
    """
    Read test files, each of which is a suite.

    :raises BadSource: One cannot be read; the message names it.
    """
    suites = []
    for path in paths:
        try:
            held = source_pb2.SourceFile(path=_fit(path.name), content=read(path))
        except BadSource as error:
            raise BadSource(f"--tests {path}: {error}") from None
        suites.append(candidate_pb2.TestSuite(files=[held]))
    return tuple(suites)


def specification_of(argument: str) -> str:
    """
    Return the text of a specification: the argument, or what is in the file that "@FILE" names.

    :raises BadSource: The file cannot be read, is no text, or is too long.
    """
    if not argument.startswith("@"):
        text = argument
    else:
        try:
            text = read(Path(argument[1:])).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadSource(f"--spec {argument}: it is not UTF-8 text") from None
        except BadSource as error:
            raise BadSource(f"--spec {argument}: {error}") from None
    if len(text) > MAX_SPECIFICATION_CHARACTERS:
        raise BadSource(f"--spec: it has more than {MAX_SPECIFICATION_CHARACTERS:,} characters, the most that is taken")
    return text
