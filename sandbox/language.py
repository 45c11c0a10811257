"""
How the programs of a language are compiled and run, as its ``language.toml`` says.

Commands hold placeholders: ``{entry}`` is the path of the entry point below the work directory, ``{stem}`` that without
its suffix, ``{class}`` the stem with "." for "/"; ``{sources}``, an item of its own, becomes every file of the program
with the language's first suffix, the entry point first, the others in order.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from sandbox import image

PLACEHOLDER = re.compile(r"\{([A-Za-z_]*)\}")
PLACEHOLDERS = ("entry", "stem", "class", "sources")


@dataclass(frozen=True, slots=True)
class Compile:
    """
    How programs are compiled before they run.

    :param environment: All that the compiler finds: the language's own variables and those of compiling.
    :param memory_bytes: What compiling may use where the run's own limit is less.
    :param processes: How many processes and threads it may have where the run's own limit is less.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    memory_bytes: int
    processes: int


@dataclass(frozen=True, slots=True)
class Prestart:
    """
    What an interpreter that is started before the program arrives needs to know.

    :param suffix: A program whose path ends otherwise gets an interpreter of its own.
    :param environment: Patterns of the variables that an interpreter reads while it starts; likewise.
    :param files: Patterns of the files that it reads then; likewise.
    """

    suffix: str
    environment: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """
    One language.

    :param version: The series; the exact version is the image's to tell.
    :param image: The tag of its image, by the content of what the image is built from.
    :param suffixes: Of source files; ``{sources}`` is made of the first one alone.
    :param file: What a lone file is called.
    :param run: The command, with placeholders; the run's arguments follow it.
    :param names_by_file: Programs look "localhost" up in /etc/hosts by themselves, so the daemon has to write it.
    :param least_memory_bytes: What a program of the language needs even where the default limit is less; 0: nothing.
    """

    name: str
    version: str
    image: str
    suffixes: tuple[str, ...]
    file: str
    run: tuple[str, ...]
    compile: Compile | None
    prestart: Prestart | None
    environment: Mapping[str, str]
    least_memory_bytes: int
    names_by_file: bool = False

    def run_command(self, entry: str, files: Collection[str]) -> list[str]:
        """Return the command that runs a program, without the run's arguments; ``files`` are all its paths."""
        return self._filled(self.run, entry, files)

    def compile_command(self, entry: str, files: Collection[str]) -> list[str]:
        """
        Return the command that compiles a program.

        :raises ValueError: The language is not compiled.
        """
        if self.compile is None:
            raise ValueError(f"{self.name} is not compiled")
        return self._filled(self.compile.command, entry, files)

    def _filled(self, command: tuple[str, ...], entry: str, files: Collection[str]) -> list[str]:
        stem = str(PurePosixPath(entry).with_suffix(""))
        values = {"entry": _operand(entry), "stem": _operand(stem), "class": stem.replace("/", ".")}
        filled: list[str] = []
        for item in command:
            if item == "{sources}":
                others = sorted(path for path in files if path.endswith(self.suffixes[0]) and path != entry)
                filled += [_operand(path) for path in (entry, *others)]
            else:
                filled.append(PLACEHOLDER.sub(lambda match: values[match[1]], item))
        return filled


def _operand(path: str) -> str:
    """Return a path as no tool takes it for an option ("-x.c") or a file of options ("@x.c")."""
    return f"./{path}" if path.startswith(("-", "@")) else path


def load(folder: Path) -> Language:
    """
    Return the language of a folder.

    :raises BrokenLanguage: Its ``language.toml`` is not as it has to be; names the folder and the key.
    """
    try:
        told = _File.model_validate(image.read_settings(folder))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise image.BrokenLanguage(folder, first["msg"], ".".join(map(str, first["loc"])) or "warm") from error
    return Language(
        name=told.language,
        version=told.version,
        image=image.tag(folder),
        suffixes=told.suffixes,
        file=told.file,
        run=told.run,
        compile=None
        if told.compile is None
        else Compile(
            told.compile.command,
            {**told.environment, **told.compile.environment},
            told.compile.memory_bytes,
            told.compile.processes,
        ),
        prestart=None
        if told.prestart is None
        else Prestart(told.prestart.suffix, told.prestart.environment, told.prestart.files),
        environment=told.environment,
        least_memory_bytes=told.limits.memory_bytes,
        names_by_file=told.names_by_file,
    )


def load_all(folders: Sequence[Path] = ()) -> dict[str, Language]:
    """
    Return every language by its name: the built-in ones, and those of the folders given.

    :raises BrokenLanguage: One of them cannot be used, or two have the same name.
    """
    return {name: load(folder) for name, folder in image.folders(folders).items()}


def _known_placeholders(item: str) -> str:
    for found in PLACEHOLDER.findall(item):
        if found not in PLACEHOLDERS:
            raise ValueError(
                f"{{{found}}} is no placeholder; there are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}"
            )
        if found == "sources" and item != "{sources}":
            raise ValueError(f"{{sources}} is an item of its own, not a part of {item!r}")
    return item


def _absolute(command: tuple[str, ...]) -> tuple[str, ...]:
    if not command[0].startswith("/"):
        raise ValueError(f"the program {command[0]!r} is not named by an absolute path")
    return command


Text = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00]*$")]
Suffix = Annotated[str, StringConstraints(pattern=r"^\.[A-Za-z0-9_+]+$")]
Command = Annotated[
    tuple[Annotated[Text, AfterValidator(_known_placeholders)], ...], Field(min_length=1), AfterValidator(_absolute)
]
Environment = dict[
    Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")],
    Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")],
]
Positive = Annotated[int, Field(gt=0, strict=True)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Compile(_Section):
    command: Command
    memory_bytes: Positive
    processes: Positive
    environment: Environment = {}


class _Prestart(_Section):
    suffix: Suffix
    environment: tuple[Text, ...]
    files: tuple[Text, ...]


class _Limits(_Section):
    memory_bytes: Annotated[int, Field(ge=0, strict=True)] = 0


class _File(_Section):
    """``language.toml`` as it has to be."""

    language: str
    version: Text
    suffixes: Annotated[tuple[Suffix, ...], Field(min_length=1)]
    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.]*$")]
    warm: Literal["exec", "prestart"]
    names_by_file: bool = False
    run: Command
    compile: _Compile | None = None
    prestart: _Prestart | None = None
    environment: Environment
    limits: _Limits = _Limits()

    @model_validator(mode="after")
    def _agrees(self) -> "_File":
        if (self.warm == "prestart") != (self.prestart is not None):
            raise ValueError('there is a table [prestart] where warm is "prestart", and only there')
        if self.prestart is not None and self.run[-1] != "{entry}":
            raise ValueError('with "prestart", the last item of run is {entry}')
        return self
