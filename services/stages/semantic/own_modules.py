"""The modules that a candidate brings along in its own files, and those that it may have elsewhere."""

from collections.abc import Iterable
from pathlib import PurePosixPath

SUFFIXES = (".py", ".pyi", ".pyw")
LOCAL_PREFIXES = ("_", "my", "your", "our_", "test_", "tests_", "example", "sample", "demo_", "local_", "foo", "bar")
LOCAL_SUFFIXES = (
    "_common", "_config", "_constants", "_helper", "_helpers", "_lib", "_local", "_models", "_module", "_pb2",
    "_pb2_grpc", "_settings", "_test", "_tests", "_types", "_util", "_utils", "app", "project",
)  # fmt: skip
LOCAL_ROLES = frozenset({
    "client", "controller", "db", "factory", "handler", "handlers", "impl", "io", "layout", "loader", "manager",
    "processor", "repository", "router", "routes", "schema", "schemas", "server", "service", "services", "store",
    "views", "worker",
})  # fmt: skip
"""What a module does in an application, as the second of two words: `jwt_handler`, `vector_store`."""
LOCAL_SUBMODULES = frozenset({
    "admin", "api", "app", "common", "conf", "config", "constants", "core", "database", "db", "exceptions", "forms",
    "handlers", "helpers", "models", "routes", "schemas", "serializers", "services", "settings", "tasks", "tests",
    "types", "urls", "util", "utils", "views",
})  # fmt: skip


class OwnModules:
    """
    The candidate's modules, under every name by which they can be imported.

    Which folder is the root is not known, so `src/app/models.py` is taken for `src.app.models`, `app.models` and
    `models` alike.

    :param paths: The paths of all its files.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._full: set[tuple[str, ...]] = set()
        self._leaves: set[tuple[str, ...]] = set()
        self._names: set[tuple[str, ...]] = set()
        for path in paths:
            parts = _module_parts(path)
            if PurePosixPath(path).stem != "__init__":
                self._leaves.add(parts)
            for end in range(1, len(parts) + 1):
                self._full.add(parts[:end])
                self._names.update(parts[start:end] for start in range(end))

    def has_root(self, root: str) -> bool:
        """Whether some file or folder can be imported under this first name."""
        return (root,) in self._names

    def resolves(self, path: str, level: int, module: str, members: Iterable[str]) -> bool:
        """
        Whether a relative import in the file `path` finds a module.

        What a package's `__init__` defines is not looked at: names after `from .` count as found with the package.
        """
        package = PurePosixPath(path).parent.parts
        if level - 1 > len(package):
            return False
        target = (*package[: len(package) - level + 1], *(module.split(".") if module else ()))
        if any(target[:end] in self._leaves for end in range(1, len(target))):
            return True  # a module that is no package makes what is below it itself, as six.moves
        return not target or target in self._full or any((*target, member) in self._full for member in members)


def _module_parts(path: str) -> tuple[str, ...]:
    pure = PurePosixPath(path)
    if pure.suffix not in SUFFIXES:
        return ()
    parts = (*pure.parent.parts, pure.stem)
    return parts[:-1] if parts[-1] == "__init__" else parts


def looks_local(module: str) -> bool:
    """Whether a module is named as people name those of their own project, of which a snippet is only a part."""
    root, *below = module.split(".")
    first, _, second = root.partition("_")
    is_named_so = root.lower().startswith(LOCAL_PREFIXES) or root.lower().endswith(LOCAL_SUFFIXES)
    return is_named_so or (bool(first) and second in LOCAL_ROLES) or not LOCAL_SUBMODULES.isdisjoint(below)
