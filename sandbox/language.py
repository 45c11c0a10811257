"""How the programs of a language are run, as its ``language.toml`` says."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox import image


@dataclass(frozen=True, slots=True)
class Language:
    """
    One language.

    :param image: The tag of its image, by the content of what the image is built from.
    :param run: The command, before the path of the program.
    :param prestart: Whether the interpreter is started before the program arrives.
    """

    name: str
    version: str
    image: str
    run: tuple[str, ...]
    prestart: bool
    prestart_suffix: str
    startup_environment: tuple[str, ...]
    startup_files: tuple[str, ...]
    environment: Mapping[str, str]


def load(name: str) -> Language:
    """Return a language of the image folder."""
    with (image.IMAGES / name / "language.toml").open("rb") as file:
        value = tomllib.load(file)
    return Language(
        name=value["language"],
        version=value["version"],
        image=image.tag(name),
        run=tuple(value["run"]),
        prestart=value["warm"] == "prestart",
        prestart_suffix=value["prestart_suffix"],
        startup_environment=tuple(value["startup_environment"]),
        startup_files=tuple(value["startup_files"]),
        environment=value["environment"],
    )


def load_all() -> dict[str, Language]:
    """Return every language that there is an image folder for, by name."""
    return {name: load(name) for name in image.languages()}
