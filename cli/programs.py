"""A program on this machine as the sandbox takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.languages import of_path
from assay.v1 import sandbox_pb2, source_pb2

from cli.modules import context, import_roots
from cli.sources import BadSource, Source, read


@dataclass(frozen=True, slots=True)
class ProgramFiles:
    """
    Files that were read before it is known how their language takes them.

    :param path: The program's, absolute.
    :param content: What is in it.
    :param beside: Other files by their names.
    """

    path: Path
    content: bytes
    beside: Mapping[str, bytes]

    def name(self, language: sandbox_pb2.Language) -> str:
        """Return what the program is called in the sandbox: a compiler goes by suffixes."""
        if language.compiled and self.path.suffix.lower() not in language.suffixes:
            return language.default_file
        return self.path.name

    def for_language(self, language: sandbox_pb2.Language) -> list[source_pb2.SourceFile]:
        """
        Return the files, the program first; of Python with the modules that it imports from beside it.

        :raises BadSource: Another file has the program's name.
        """
        name = self.name(language)
        if name in self.beside:
            raise BadSource(f"--file {name}: another file has the same name")
        found = {name: self.content, **self.beside}
        if "python" in {of_path(name), language.name}:
            roots = [self.path.parent, *import_roots(Source(name, self.path))]
            found |= {path: held for path, held in self._modules(roots).items() if path not in found}
        return [source_pb2.SourceFile(path=path, content=held) for path, held in found.items()]

    def _modules(self, roots: list[Path]) -> dict[str, bytes]:
        return context(self.path, self.content, roots, deep=True)


def read_program(file: Path, beside: Sequence[Path] = ()) -> ProgramFiles:
    """
    Read a program and the files that go beside it.

    :raises BadSource: One cannot be read, or two have the same name; the message names it.
    """
    found: dict[str, bytes] = {}
    for other in beside:
        if other.name in found or other.name == file.name:
            raise BadSource(f"--file {other}: another file has the same name")
        found[other.name] = _read(other)
    return ProgramFiles(file.absolute(), _read(file), found)


def environment_of(settings: Sequence[str]) -> dict[str, str]:
    """
    Return the variables that NAME=VALUE settings mean.

    :raises BadSource: One is not like that.
    """
    return dict(_pair(setting) for setting in settings)


def _read(path: Path) -> bytes:
    try:
        return read(path)
    except BadSource as error:
        raise BadSource(f"{path}: {error}") from None


def _pair(setting: str) -> tuple[str, str]:
    name, separator, value = setting.partition("=")
    if not separator or not name:
        raise BadSource(f"--env {name}: this is not NAME=VALUE")
    return name, value
