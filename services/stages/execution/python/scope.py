"""What is known of the names of a test file, statement by statement, where its statements follow one another."""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from services.stages.execution.harness.collect import FunctionNode, bound_names

from .pure import IMPORTED, MODULES, Outside
from .split import DERIVED, OWN, PURE, THEIRS, Names, names_in, root_of

_UNCHANGING = (bool, int, float, complex, str, bytes, type(None), type(...))


@dataclass(frozen=True, slots=True)
class Known:
    """
    A name with a value that is known outside.

    :param key: What names this value among all of the file's.
    :param node: The statement that binds it; None for the names of a loop.
    :param is_lasting: Whether nothing that is done with the value can change it.
    """

    key: str
    node: ast.stmt | None
    is_lasting: bool
    known: tuple[tuple[str, str], ...] = ()


@dataclass
class Scope:
    """
    A run of statements that share their names.

    :param key: Empty for the top level, else the function's name with its class's.
    :param demoted: Names whose values may change inside the sandbox, so that they are not known outside.
    """

    key: str
    names: Names
    demoted: Collection[tuple[str, str]]
    known: dict[str, Known] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)

    def inner(self, key: str, single: Collection[str]) -> "Scope":
        """
        Return the scope of a function.

        :param single: The names of the top level that are bound once, and so are what they are when it is called.
        """
        names = Names(self.names.outside, self.names.bound, set(), dict(self.names.whose), self.names.free)
        scope = Scope(key, names, self.demoted, subjects=dict(self.subjects))
        for name, known in self.known.items():
            if name in single:
                scope.know(name, known)
        return scope

    def know(self, name: str, known: Known) -> None:
        """Note a value that is known outside."""
        self.bind(name, OWN)
        self.known[name] = known
        self.names.known.add(name)

    def bind(self, name: str, whose: str) -> None:
        """Note that a name is bound to something, and whose that is: THEIRS or DERIVED, or else the tests' own."""
        self.known.pop(name, None)
        self.names.known.discard(name)
        self.names.whose.pop(name, None)
        if whose in {THEIRS, DERIVED}:
            self.names.whose[name] = whose

    def keys_of(self, names: Collection[str]) -> tuple[tuple[str, str], ...]:
        """Return the known ones of some names, each with its key."""
        return tuple((name, self.known[name].key) for name in sorted(set(names)) if name in self.known)

    def assign(self, name: str, value: ast.expr, node: ast.stmt) -> None:
        """Note what a statement binds a name to."""
        whose = self.names.of(value)
        subject = self.subject(value)
        if whose is PURE and (self.key, name) not in self.demoted:
            used = self.keys_of(list(names_in(value)))
            lasting = is_lasting(value) and all(self.known[each].is_lasting for each, _ in used)
            key = f"{self.key}:{name}:{node.lineno}:{node.col_offset}"
            self.know(name, Known(key, node, lasting, used))
            return
        self.bind(name, whose)
        if subject:
            self.subjects[name] = subject

    def pass_by(self, node: ast.stmt) -> None:
        """Note what any other statement does to the names."""
        reads = {self.names.of(inner) for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        whose = DERIVED if reads & {THEIRS, DERIVED} else OWN
        for name in bound_by(node):
            self.bind(name, whose)

    def touch(self, node: ast.AST) -> None:
        """Note that values of the tests which the candidate was given are no longer what they were."""
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and self.names.of(call) is THEIRS:
                for name in set(names_in(call)) - self.names.known:
                    if name in self.names.bound and name not in self.names.whose and not self._is_code(name):
                        self.names.whose[name] = THEIRS

    def _is_code(self, name: str) -> bool:
        return name in self.names.outside.modules or name in self.names.outside.names or name == "self"

    def subject(self, node: ast.AST) -> str:
        """Return the function of the candidate that an expression calls, or the one that made the value it names."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and self.names.of(inner) is THEIRS:
                if isinstance(inner.func, ast.Attribute):
                    return inner.func.attr
                if isinstance(inner.func, ast.Name):
                    return self.subjects.get(inner.func.id, inner.func.id)
        root = root_of(node)
        return self.subjects.get(root.id, "") if isinstance(root, ast.Name) else ""


def is_lasting(node: ast.expr) -> bool:
    """Return whether an expression gives a value that cannot be changed, told from its form."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, _UNCHANGING)
    if isinstance(node, ast.Tuple):
        return all(map(is_lasting, node.elts))
    if isinstance(node, ast.UnaryOp):
        return is_lasting(node.operand)
    if isinstance(node, ast.BinOp):
        return is_lasting(node.left) and is_lasting(node.right)
    return isinstance(node, ast.Name)


def bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds in its own scope, or may bind."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return bound_names(node) - {"SystemExit"}


def imports_of(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Return what the top level imports that can be used outside: module and name, by the name it is bound to."""
    return {
        bound: origin
        for node in tree.body
        for bound, origin in _imported(node)
        if origin in IMPORTED or (not origin[1] and (origin[0] in MODULES or origin[0] == "pytest"))
    }


def _imported(node: ast.stmt) -> Iterator[tuple[str, tuple[str, str]]]:
    if isinstance(node, ast.Import):
        yield from ((alias.asname or alias.name, (alias.name, "")) for alias in node.names if "." not in alias.name)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from ((alias.asname or alias.name, (node.module, alias.name)) for alias in node.names)


def theirs_by_import(tree: ast.Module, modules: Collection[str]) -> set[str]:
    """Return the names that a test file imports from the candidate's modules."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {(a.asname or a.name).partition(".")[0] for a in node.names if a.name in modules}
        elif isinstance(node, ast.ImportFrom) and (node.level or node.module in modules):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {a.asname or a.name for a in node.names if f"{node.module}.{a.name}" in modules}
    return found


@dataclass(frozen=True, slots=True)
class Given:
    """
    What the candidate's namespace holds.

    :param defined: What its top level defines or assigns.
    :param imported: What it imports.
    :param imports: Of these, what can be used outside: module and name, by the name it is bound to.
    """

    defined: frozenset[str] = frozenset()
    imported: frozenset[str] = frozenset()
    imports: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def given_by(tree: ast.Module | None) -> Given:
    """Return what a candidate's entry point has in its namespace; nothing where it cannot be read."""
    body = tree.body if tree else []
    imports = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    defined = {name for node in body if node not in imports for name in bound_by(node)}
    imported = {name for node in imports for name in bound_by(node)} - defined
    known = imports_of(tree) if tree else {}
    return Given(frozenset(defined), frozenset(imported), {n: o for n, o in known.items() if n in imported})


def top_names(tree: ast.Module, modules: Collection[str], given: Given, *, is_appended: bool) -> Names:
    """
    Return what is known of the names at the beginning of a test file.

    :param modules: The names by which the candidate's modules are imported.
    :param given: What the candidate's namespace holds.
    :param is_appended: Whether the tests stand in it.
    """
    bound, single = bound_names(tree), bound_once(tree)
    imports = {name: origin for name, origin in imports_of(tree).items() if name in single}
    theirs = theirs_by_import(tree, modules)
    if not is_appended and "*" not in theirs:
        return Names(Outside(imports), frozenset(bound), whose=dict.fromkeys(theirs, THEIRS))
    imports |= {name: origin for name, origin in given.imports.items() if name not in bound}
    names = frozenset(bound | given.defined | given.imported)
    whose = dict.fromkeys({*theirs, *given.defined}, THEIRS)
    return Names(Outside(imports), names, whose=whose, free=THEIRS)


def bound_once(tree: ast.Module) -> set[str]:
    """Return the names that a file binds once, anywhere."""
    counts: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            counts[node.id] += 1
        elif isinstance(node, (*FunctionNode, ast.ClassDef)):
            counts[node.name] += 1
        elif isinstance(node, ast.alias):
            counts[node.asname or node.name.split(".")[0]] += 1
        elif isinstance(node, ast.arg):
            counts[node.arg] += 1
    return {name for name, count in counts.items() if count == 1}
