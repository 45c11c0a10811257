"""A folder of installed packages: which modules it has, and of which version of which distribution they are."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

from services.stages.semantic.names import normalised

SUFFIXES = (".pyi", ".py", ".so", ".dylib", ".pyd")
MAX_TEXT_BYTES = 4 * 1024 * 1024
MAX_FILES = 5_000
"""Files of a package that are searched."""

_MAKES_NAMES = re.compile(
    rb"sys\.modules\[[^\]\n]{1,80}\]\s*=|\b_?lazy_?(?:loader|import|module)|globals\(\)(?:\.update|\[(?![\"']))|"
    rb"\bvars\(\)\[|\bsetattr\(|\bexec\(|^def __getattr__\b(?:.|\n){0,2000}?(?:\bgetattr\(|\bimport_module\()",
    re.MULTILINE | re.IGNORECASE,
)
"""With these a module makes names that only running it shows."""
_ANSWERS = re.compile(rb"^def __getattr__\b", re.MULTILINE)
_TAKES_ALL = re.compile(rb"^\s*from\s+[\w.]+\s+import\s+\*", re.MULTILINE)
_FINDS_MODULES = re.compile(rb"sys\.modules\b|sys\.meta_path\b|__path__")
"""With these a package finds modules elsewhere than in its folder."""


class Environment:
    """
    What is installed below one prefix; nothing of it is run.

    :param prefix: A virtual environment, or a folder built like one.
    """

    def __init__(self, prefix: Path) -> None:
        found = (*sorted(prefix.glob("lib/python3*/site-packages")), prefix / "Lib" / "site-packages")
        self._folders = tuple(folder for folder in found if folder.is_dir())

    @classmethod
    def of_folder(cls, folder: Path) -> "Environment":
        """Return what is in one folder of packages, as that of a standard library."""
        environment = cls(folder / "none")
        environment._folders = (folder,)
        return environment

    def lacks(self, module: str) -> bool:
        """
        Whether a package is installed and surely has no such submodule.

        Surely: a namespace package is never whole, one that changes its path or the table of modules may find anything,
        and one that has the word had such a module in another version.
        """
        parent, _, last = module.rpartition(".")
        if not parent:
            return False
        if self.lacks(parent):
            return True
        files = list(self._files(parent))
        if not files or any(_holds(path, _FINDS_MODULES) or _mentions(path, last) for path in files):
            return False
        homes = [path.parent for path in files if path.name.startswith("__init__.")]
        return not any((home / last).is_dir() or any(home.glob(f"{last}.*")) for home in homes)

    def may_have(self, module: str, name: str) -> bool:
        """
        Whether a module of the environment may hold a name for all that its types do not show it.

        Stubs lag behind and leave out whole modules, compiled modules say nothing, and modules that make names may make
        it where the package has the word at all.
        """
        if self.has(f"{module}.{name}"):
            return True
        files = list(self._files(module))
        sources = [path for path in files if path.suffix == ".py"]
        if not sources:
            return True
        if any(_mentions(path, name) for path in sources):
            return True
        return any(_holds(path, _MAKES_NAMES) for path in sources) and self._package_mentions(module, name)

    def answers_by_name(self, module: str) -> bool:
        """Whether a module has a function that answers to names it does not define, and none but those that it says."""
        sources = [path for path in self._files(module) if path.suffix == ".py"]
        has_it = any(_holds(path, _ANSWERS) for path in sources)
        return has_it and not any(_holds(path, _MAKES_NAMES) or _holds(path, _TAKES_ALL) for path in sources)

    def _package_mentions(self, module: str, name: str) -> bool:
        return any(_mentions(path, name) for path in self._sources(module.partition(".")[0]))

    def class_may_have(self, root: str, name: str, member: str) -> bool:
        """
        Whether an object of a class of a package may have a member that ty does not see.

        Stubs lag behind what they describe, and what is declared as a class may be of one below it: the files that
        define either are searched for the member.
        """
        base = re.escape(name.encode())
        head = re.compile(rb"^\s*class (?:%s\b|\w+\([^)\n]{0,300}\b%s\b)" % (base, base), re.MULTILINE)
        word = re.escape(member.encode())
        defines = re.compile(
            rb"\b(?:self|cls)\.%s\b|\bdef %s\b|^\s+%s\s*[:=]|[\"']%s[\"']" % (word, word, word, word), re.MULTILINE
        )
        return any(_holds(path, head) and _holds(path, defines) for path in self._sources(root))

    def mentions(self, root: str, name: str) -> bool:
        """Whether a package has a word anywhere."""
        return self._package_mentions(root, name)

    @lru_cache(maxsize=64)  # noqa: B019 - one lives as long as its process
    def _sources(self, root: str) -> tuple[Path, ...]:
        found = [folder / f"{root}.py" for folder in self._folders if (folder / f"{root}.py").is_file()]
        below = (path for folder in self._folders for path in (folder / root).rglob("*.py*"))
        return (*found, *islice((path for path in below if path.suffix in (".py", ".pyi")), MAX_FILES))

    def has(self, module: str) -> bool:
        """Whether there is a module or package of this name."""
        return any(True for _ in self._files(module)) or any(True for _ in self._homes(module))

    def distribution(self, module: str) -> str:
        """Return "name version" of the distribution that a module is of; empty where that is not known."""
        root = module.partition(".")[0]
        by_name = self._distributions.get(normalised(root))
        return _named(by_name or self._owners.get(root))

    @cached_property
    def _distributions(self) -> Mapping[str, Path]:
        """What is known of each distribution, by its normalised name."""
        found = (info for folder in self._folders for info in folder.glob("*.dist-info"))
        return {normalised(info.name.partition("-")[0]): info for info in found}

    @cached_property
    def _owners(self) -> Mapping[str, Path]:
        """What is known of the distribution that each module of a first name was installed by."""
        owners: dict[str, Path] = {}
        for info in self._distributions.values():
            with suppress(OSError):
                for line in (info / "RECORD").read_text(encoding="utf-8", errors="replace").splitlines():
                    owners.setdefault(line.partition(",")[0].partition("/")[0].removesuffix(".py"), info)
        return owners

    def _homes(self, module: str) -> Iterator[Path]:
        """Yield the folders of a package, that of its stubs among them."""
        root, *rest = module.split(".")
        for folder in self._folders:
            for name in (root, f"{root}-stubs"):
                home = folder.joinpath(name, *rest)
                if home.is_dir():
                    yield home

    def _files(self, module: str) -> Iterator[Path]:
        """Yield the files that a module can be read from, or is loaded from."""
        root, *rest = module.split(".")
        for folder in self._folders:
            for name in (root, f"{root}-stubs"):
                home = folder.joinpath(name, *rest)
                places = (*_named_like(home, "__init__"), *_named_like(home.parent, home.name))
                yield from (place for place in places if place.suffix in SUFFIXES and place.is_file())


def _named_like(folder: Path, stem: str) -> Iterator[Path]:
    """Yield what a folder holds of a name, whatever its suffixes."""
    with suppress(OSError):
        yield from (folder / name for name in _listing(str(folder), folder.stat().st_mtime_ns).get(stem, ()))


@lru_cache(maxsize=1024)
def _listing(folder: str, changed: int) -> Mapping[str, Sequence[str]]:
    """
    Return the names in a folder by what comes before their first dot.

    :param changed: When the folder last changed: what is installed meanwhile is seen.
    """
    names: dict[str, list[str]] = {}
    for name in sorted(os.listdir(folder)):
        names.setdefault(name.partition(".")[0], []).append(name)
    return names


def _named(info: Path | None) -> str:
    if info is None:
        return ""
    name, _, version = info.name.removesuffix(".dist-info").partition("-")
    return f"{normalised(name)} {version}"


def _mentions(path: Path, name: str) -> bool:
    return _holds(path, re.compile(rb"\b%s\b" % re.escape(name.encode())))


def _holds(path: Path, pattern: re.Pattern[bytes]) -> bool:
    return path.suffix in (".py", ".pyi") and pattern.search(_text(path)) is not None


def _text(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_TEXT_BYTES)
