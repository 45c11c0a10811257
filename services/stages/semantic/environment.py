"""A folder of installed packages: which modules it has, and of which version of which distribution they are."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import Path

from services.stages.semantic.names import normalised

SUFFIXES = (".pyi", ".py", ".so", ".dylib", ".pyd")
MAX_TEXT_BYTES = 4 * 1024 * 1024
MAX_FILES = 5_000
"""Files of a package that are searched."""

_DYNAMIC = re.compile(
    rb"sys\.modules\[[^\]\n]{1,80}\]\s*=|\b_?lazy_?(?:loader|import|module)|globals\(\)(?:\.update|\[(?![\"']))|"
    rb"\bvars\(\)\[|__path__|\bimport_module\(|\b__import__\(|\bsetattr\(|\bexec\(|"
    rb"^def __getattr__\b(?:.|\n){0,2000}?\bgetattr\(",
    re.MULTILINE | re.IGNORECASE,
)
"""With these a module makes names that only running it shows."""


class Environment:
    """
    What is installed below one prefix; nothing of it is run.

    :param prefix: A virtual environment, or a folder built like one.
    """

    def __init__(self, prefix: Path) -> None:
        found = (*sorted(prefix.glob("lib/python3*/site-packages")), prefix / "Lib" / "site-packages")
        self._folders = tuple(folder for folder in found if folder.is_dir())

    def lacks(self, module: str) -> bool:
        """
        Whether a package is installed and surely has no such submodule.

        Surely: a namespace package is never whole, and one that changes its path or the table of modules may find
        anything.
        """
        parent, _, last = module.rpartition(".")
        if not parent:
            return False
        if self.lacks(parent):
            return True
        homes = list(self._homes(parent))
        whole = any((home / f"__init__{suffix}").is_file() for home in homes for suffix in SUFFIXES)
        if not whole:
            return any(self._files(parent)) and not any(self._is_dynamic(path) for path in self._files(parent))
        if any(self._is_dynamic(path) for path in self._files(parent)):
            return False
        return not any((home / last).is_dir() or any(home.glob(f"{last}.*")) for home in homes if last.isidentifier())

    def may_have(self, module: str, name: str) -> bool:
        """Whether a module of the environment may hold a name for all that its types do not show it."""
        files = list(self._files(module))
        return not files or any(self._is_dynamic(path) or _mentions(path, name) for path in files)

    def class_may_have(self, root: str, name: str, member: str) -> bool:
        """
        Whether a class may have a member that its stub does not show.

        Stubs lag behind what they describe: a package that has some is searched for the class, and the file that
        defines it for the member.
        """
        home = next((folder / root for folder in self._folders if (folder / root).is_dir()), None)
        if home is None or not self._is_stubbed(root):
            return False
        head = re.compile(rb"^\s*class %s\b" % re.escape(name.encode()), re.MULTILINE)
        for path in islice(home.rglob("*.py"), MAX_FILES):
            text = _text(path)
            if head.search(text) and re.search(rb"\b%s\b" % re.escape(member.encode()), text):
                return True
        return False

    def _is_stubbed(self, root: str) -> bool:
        return any(
            (folder / f"{root}-stubs").is_dir() or any((folder / root).glob("**/*.pyi")) for folder in self._folders
        )

    def has(self, root: str) -> bool:
        """Whether there is a module or package of this first name."""
        return any(True for _ in self._files(root)) or any(True for _ in self._homes(root))

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
                places = [*home.glob("__init__.*"), *home.parent.glob(f"{home.name}.*")]
                yield from (place for place in places if place.suffix in SUFFIXES and place.is_file())

    def _is_dynamic(self, path: Path) -> bool:
        return path.suffix not in (".py", ".pyi") or _DYNAMIC.search(_text(path)) is not None


def _named(info: Path | None) -> str:
    if info is None:
        return ""
    name, _, version = info.name.removesuffix(".dist-info").partition("-")
    return f"{normalised(name)} {version}"


def _mentions(path: Path, name: str) -> bool:
    return path.suffix == ".py" and re.search(rb"\b%s\b" % re.escape(name.encode()), _text(path)) is not None


def _text(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_TEXT_BYTES)
