"""
Build the table of the standard library's modules and their members, by Python version.

    python -m services.stages.semantic.build_stdlib --typeshed DIR --out FILE --interpreter PYTHON... --python2 PYTHON

A name counts for a version if any source has it: what the interpreters given (one for each of 3.6 to 3.13, say) find in
their own standard library; the lists of the `stdlibs` package (MIT), which must be installed and cover the platforms
that no interpreter here is; and typeshed's stubs (Apache-2.0) for the newest versions and other platforms. `DIR` is
typeshed's `stdlib` folder, for example the one inside mypy.

Names that only Python 2.7 had, in modules that lived on, come from an interpreter of it.

The table: module -> [versions, members], where versions is "" (all), "3.11-", "-3.11", "3.9-3.10" or "-2.7", and
members is a mapping of versions to names parted by spaces, or null where any member may exist.
"""

import argparse
import ast
import importlib
import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from services.stages.semantic.stdlib import VERSIONS, Version, version_text

Members = dict[str, set[Version]]
"""Member name -> the versions that have it."""

PROBE = r"""
import importlib, json, os, pkgutil, re, sys, sysconfig, warnings
warnings.simplefilter("ignore")
root = sysconfig.get_paths()["stdlib"]
names = set(sys.builtin_module_names)
def walk(folders, prefix):
    for found in pkgutil.iter_modules(folders, prefix):
        names.add(found.name)
        if found.ispkg:
            walk([os.path.join(f, found.name.rpartition(".")[2]) for f in folders], found.name + ".")
walk([root, os.path.join(root, "lib-dynload")], "")
skipped = ("idlelib", "test", "lib2to3", "turtledemo", "this", "antigravity", "distutils.command", "_sysconfigdata")
modules = {}
for name in sorted(names):
    if not name.startswith(skipped) and not name.endswith("__main__") and ".test" not in name:
        try:
            modules[name] = importlib.import_module(name)
        except BaseException:
            pass  # a module of another platform, or one that wants a library which is not there
names.update(name for name in sys.modules if name.partition(".")[0] in modules)  # typing.io is no file
members = {name: set(dir(module)) for name, module in modules.items()}
for name in names:
    members.get(name.rpartition(".")[0], set()).add(name.rpartition(".")[2])
everything = set().union(*members.values())
for name, module in modules.items():
    if hasattr(module, "__getattr__"):  # it makes members on demand: ask for each name that it could mean
        try:
            words = set(re.findall(r"[A-Za-z_]\w*", open(module.__file__, encoding="utf-8").read()))
        except (OSError, AttributeError, TypeError):
            words = set()
        members[name] |= {word for word in everything | words if hasattr(module, word)}
found = {name: sorted(values) for name, values in members.items()}
os.write(int(sys.argv[1]), json.dumps([list(sys.version_info[:2]), sorted(names), found]).encode())
"""

PROBE_2 = r"""
import importlib, json, os, pkgutil, sys
found = {}
submodules = []
for name in json.load(sys.stdin):
    try:
        module = importlib.import_module(name)
    except BaseException:
        continue
    found[name] = [n for n in dir(module) if not n.startswith("_")]
    submodules += [n for _, n, _ in pkgutil.iter_modules(getattr(module, "__path__", []), name + ".")]
os.write(int(sys.argv[1]), json.dumps([submodules, found]).encode())
"""


class Table:
    """What the sources say, gathered."""

    def __init__(self) -> None:
        self.modules: dict[str, set[Version]] = defaultdict(set)
        self.members: dict[str, Members] = defaultdict(lambda: defaultdict(set))
        self.open: set[str] = set()
        self.probed = VERSIONS[0]

    def add_interpreter(self, python: str) -> None:
        """Add the modules and members that an interpreter finds."""
        version, names, members = _probe(python)
        self.probed = max(self.probed, version)
        for name in names:
            self.modules[name].add(version)
        for module, found in members.items():
            for member in found:
                self.members[module][member].add(version)

    def add_lists(self) -> None:
        """Add the module names of `stdlibs`."""
        stdlibs = importlib.import_module("stdlibs")
        for version in VERSIONS:
            for name in stdlibs.stdlib_module_names(version_text(version)):
                self.modules[name].add(version)

    def add_typeshed(self, folder: Path) -> None:
        """Add the modules and members that typeshed has stubs for."""
        typeshed = Typeshed(folder)
        for module in typeshed.paths:
            versions = typeshed.versions(module)
            self.modules[module] |= versions
            stubbed = {version: typeshed.members(module, version) for version in versions}
            for version, names in stubbed.items():
                for member in names:
                    self.members[module][member].add(version)
            self._carry_on(self.members[module], stubbed.get(self.probed, set()), self.modules[module])
            if typeshed.is_partial(module):
                self.open.add(module)
        for module in sorted(set(self.modules) - typeshed.spoken_of):
            package = module.partition(".")[0]
            self._carry_on({module: self.modules[module]}, set(), self.modules[package] if "." in module else VERSIONS)
            self._carry_on(self.members.get(module, {}), set(), self.modules[module])

    def _carry_on(self, found: Mapping[str, set[Version]], stubbed: set[str], within: Collection[Version]) -> None:
        """Let what typeshed never spoke of (`test`, `os.sys`) live on in the versions that no interpreter showed."""
        later = {version for version in within if version > self.probed}
        for name, versions in found.items():
            if name not in stubbed and self.probed in versions:
                versions.update(later)

    def add_python_2(self, python: str) -> None:
        """Add the names that modules had in Python 2.7 and in no version since."""
        names = [name for name in self.modules if "test" not in name]
        submodules, found = _answer(python, PROBE_2, json.dumps(names))
        for module in submodules:
            self.modules[module] = self.modules[module] or {(2, 7)}
        for module, members in found.items():
            since = self.members.get(module)
            for member in set(members) - set(since or members):
                self.members[module][member].add((2, 7))

    def rows(self) -> dict[str, list[Any]]:
        """Return the table as it is stored."""
        return {
            module: [_spans(versions), self._members(module)]
            for module, versions in sorted(self.modules.items())
            if versions and all(part.isidentifier() for part in module.split("."))
        }

    def _members(self, module: str) -> dict[str, str] | None:
        members = self.members.get(module)
        if not members or module in self.open:
            return None
        spans: dict[str, list[str]] = defaultdict(list)
        whole = self.modules[module]
        for member, versions in sorted(members.items()):
            spans["" if versions >= whole else _spans(versions)].append(member)
        return {span: " ".join(names) for span, names in sorted(spans.items())}


def _probe(python: str) -> tuple[Version, list[str], dict[str, list[str]]]:
    (major, minor), names, members = _answer(python, PROBE)
    return (major, minor), names, members


def _answer(python: str, program: str, question: str = "") -> Any:
    """Ask an interpreter; it answers through a descriptor of its own, as modules print when imported."""
    reader, writer = os.pipe()
    flags = ["-E", "-s"]  # not -I, which Python 2 does not know
    command = [python, *flags, "-c", program, str(writer)]
    with subprocess.Popen(
        command, pass_fds=[writer], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        os.close(writer)
        assert process.stdin is not None
        process.stdin.write(question.encode())
        process.stdin.close()
        with os.fdopen(reader) as answer:
            text = answer.read()
        if process.wait(timeout=120):
            raise RuntimeError(f"{python} ended with status {process.returncode}")
    return json.loads(text)


class Typeshed:
    """Reads typeshed's stubs of the standard library; a name of any platform counts."""

    def __init__(self, folder: Path) -> None:
        self._listed = dict(_listed_versions((folder / "VERSIONS").read_text()))
        self.paths = {_module_name(path.relative_to(folder)): path for path in sorted(folder.rglob("*.pyi"))}
        self._trees: dict[str, ast.Module] = {}
        self.spoken_of = {*self._listed, *self.paths}

    def versions(self, module: str) -> set[Version]:
        """Return the versions that have a module: its own line in VERSIONS, or that of the nearest parent."""
        name = module
        while name not in self._listed:
            name = name.rpartition(".")[0]
        first, last = self._listed[name]
        return {version for version in VERSIONS if first <= version <= last}

    def is_partial(self, module: str) -> bool:
        """Whether the stub says of itself that it leaves names out."""
        return any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in self._tree(module).body)

    def members(self, module: str, version: Version) -> set[str]:
        """Return the names that a module binds in a version, its submodules among them."""
        names = set(self._bound(self._tree(module).body, module, version))
        children = (name for name in self.paths if name.rpartition(".")[0] == module)
        return names | {name.rpartition(".")[2] for name in children if version in self.versions(name)}

    def _tree(self, module: str) -> ast.Module:
        if module not in self._trees:
            self._trees[module] = ast.parse(self.paths[module].read_text())
        return self._trees[module]

    def _bound(self, body: Iterable[ast.stmt], module: str, version: Version) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.If):
                yield from self._bound(_taken(node, version), module, version)
            elif isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                yield from self._starred(node, module, version)
            else:
                yield from _bound_by(node)

    def _starred(self, node: ast.ImportFrom, module: str, version: Version) -> Iterator[str]:
        package = module if self.paths[module].name == "__init__.pyi" else module.rpartition(".")[0]
        parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*parents, *([node.module] if node.module else [])])
        if source in self.paths:
            yield from self.members(source, version)


def _bound_by(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            # In a stub only `import x as x` exports; what a module merely imports, the interpreters show.
            yield from (alias.asname for alias in names if alias.asname)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AugAssign(target=ast.Name(id="__all__")):
            yield from (str(name.value) for name in ast.walk(node) if isinstance(name, ast.Constant))
        case ast.Assign(targets=targets):
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            return


def _taken(node: ast.If, version: Version) -> list[ast.stmt]:
    """Return the statements of an `if` that hold for a version on some platform."""
    match _holds(node.test, version):
        case True:
            return node.body
        case False:
            return node.orelse
        case _:
            return [*node.body, *node.orelse]


def _holds(test: ast.expr, version: Version) -> bool | None:
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            found = [_holds(value, version) for value in values]
            return False if False in found else None if None in found else True
        case ast.BoolOp(op=ast.Or(), values=values):
            found = [_holds(value, version) for value in values]
            return True if True in found else None if None in found else False
        case ast.Compare(left=ast.Attribute(attr="version_info"), ops=[operator], comparators=[right]):
            bound: tuple[int, ...] = ast.literal_eval(right)
            return version >= bound if isinstance(operator, ast.GtE) else version < bound
        case _:
            return None


def _listed_versions(text: str) -> Iterator[tuple[str, tuple[Version, Version]]]:
    for line in text.splitlines():
        name, _, span = line.partition("#")[0].strip().partition(": ")
        if span:
            first, _, last = span.partition("-")
            yield name, (_version(first), _version(last) if last.strip() else VERSIONS[-1])


def _version(text: str) -> Version:
    major, minor = text.strip().split(".")
    return int(major), int(minor)


def _module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _spans(versions: set[Version]) -> str:
    """Write a set of versions as one span, from its first to its last."""
    first = "" if min(versions) <= VERSIONS[0] else version_text(min(versions))
    last = "" if max(versions) == VERSIONS[-1] else version_text(max(versions))
    return f"{first}-{last}" if first or last else ""


def main() -> None:
    """Build the table from the command line."""
    parser = argparse.ArgumentParser(description="Build the table of the standard library's modules and members.")
    parser.add_argument("--typeshed", type=Path, required=True, help="typeshed's stdlib folder")
    parser.add_argument("--interpreter", action="append", default=[], help="a Python to ask; may be repeated")
    parser.add_argument("--python2", required=True, help="a Python 2.7 to ask")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    arguments = parser.parse_args()
    table = Table()
    for python in arguments.interpreter:
        table.add_interpreter(python)
    table.add_lists()
    table.add_typeshed(arguments.typeshed)
    table.add_python_2(arguments.python2)
    arguments.out.write_text(json.dumps(table.rows(), separators=(",", ":"), sort_keys=True).replace('],"', '],\n"'))


if __name__ == "__main__":
    main()
