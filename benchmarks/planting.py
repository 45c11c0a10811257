"""Faults planted into Python programs that are right: one fault each, of which one repair is the right one."""

import ast
import builtins
import importlib
import inspect
import keyword
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from services.stages.semantic.stdlib import StandardLibrary

SHORT = 5
"""Letters below which names are too near to one another for a slip in one to have one meaning; told apart."""

Edit = tuple[int, int, str]
"""A range of offsets in bytes, and what is to stand there."""


@dataclass(frozen=True, slots=True)
class Planted:
    """
    A program with a fault.

    :param kind: What sort of fault.
    :param text: The program with it.
    :param what: The fault in a word or two, for whoever looks at those that were not repaired.
    """

    kind: str
    text: str
    what: str


class Program:
    """
    The source of a program, by its tree and its offsets.

    :raises SyntaxError: It is none.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode()
        self.tree = ast.parse(text)
        self._starts = [0]
        for line in self.data.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        """Return the offset at which a node begins."""
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Return the offset at which a node ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def edited(self, edits: list[Edit]) -> str:
        """Return the text after edits."""
        data = self.data
        for start, end, new in sorted(edits, reverse=True):
            data = data[:start] + new.encode() + data[end:]
        return data.decode()

    def modules(self) -> dict[str, str]:
        """Return the standard modules that are imported whole at the top, by the names that they have there."""
        found = {}
        for alias, _ in self.imports():
            if "." not in alias.name:
                found[alias.asname or alias.name] = alias.name
        return found

    def imports(self) -> Iterator[tuple[ast.alias, ast.Import]]:
        """Yield the imports of one standard module each, alone on their lines at the top."""
        for node in self.tree.body:
            if isinstance(node, ast.Import) and len(node.names) == 1 and _library().module(node.names[0].name):
                yield node.names[0], node

    def members(self) -> Iterator[tuple[ast.alias, ast.ImportFrom]]:
        """Yield the names imported from standard modules, each alone in its statement at the top."""
        for node in self.tree.body:
            if not isinstance(node, ast.ImportFrom) or len(node.names) > 1 or node.level or not node.module:
                continue
            if _library().module(node.module) and node.module != "__future__" and node.names[0].name != "*":
                yield node.names[0], node

    def uses(self, name: str) -> list[ast.Name]:
        """Return all uses of a name that nothing but one import binds; none of one that something else does."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and node.id == name]
        others = [node for node in ast.walk(self.tree) if isinstance(node, ast.arg) and node.arg == name]
        imports = [node for node in ast.walk(self.tree) if isinstance(node, ast.alias) and _bound(node) == name]
        alone = len(imports) == 1 and not others and all(isinstance(node.ctx, ast.Load) for node in found)
        return found if alone else []


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


@cache
def _library() -> StandardLibrary:
    return StandardLibrary()


def slip(name: str, random: Random) -> str:
    """Return a name with a letter dropped, doubled, changed or swapped with the next, but the first (Damerau 1964)."""
    while True:
        at, letter = random.randrange(1, len(name)), random.choice(string.ascii_lowercase)
        made = random.choice(
            (
                name[:at] + name[at + 1 :],
                name[:at] + name[at] + name[at:],
                name[:at] + letter + name[at + 1 :],
                name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :],
            )
        )
        if made != name and made.isidentifier() and not keyword.iskeyword(made):
            return made


def _kind(what: str, name: str) -> str:
    return what if len(name) >= SHORT else f"{what}, short"


def misspelt_member(program: Program, random: Random) -> Planted | None:
    """Misspell, at one place, a function or constant of a standard module."""
    modules = program.modules()
    found = [
        (node, modules[node.value.id])
        for node in ast.walk(program.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
        and isinstance(node.ctx, ast.Load) and len(node.attr) > 2 and not node.attr.startswith("_")
        and _library().member(modules[node.value.id], node.attr)
    ]  # fmt: skip
    for node, module in random.sample(found, min(len(found), 5)):
        wrong = slip(node.attr, random)
        if _library().member(module, wrong) is None and _library().module(f"{module}.{wrong}") is None:
            end = program.end(node)
            return Planted(
                _kind("member", node.attr), program.edited([(end - len(node.attr), end, wrong)]), f"{module}.{wrong}"
            )
    return None


def misspelt_import(program: Program, random: Random) -> Planted | None:
    """Misspell a name that is imported from a standard module, in the import and wherever it is used."""
    found = [(alias, node) for alias, node in program.members() if not alias.asname and _is_used(program, alias)]
    for alias, node in random.sample(found, min(len(found), 5)):
        wrong = slip(alias.name, random)
        assert node.module
        known = _library().member(node.module, wrong) or _library().module(f"{node.module}.{wrong}")
        if known is None and _library().member(node.module, alias.name):
            return Planted(_kind("imported name", alias.name), _renamed(program, node, alias.name, wrong), wrong)
    return None


def misspelt_module(program: Program, random: Random) -> Planted | None:
    """Misspell a standard module, in its import and wherever it is used."""
    found = [(alias, node) for alias, node in program.imports() if "." not in alias.name and not alias.asname]
    found = [(alias, node) for alias, node in found if _is_used(program, alias)]
    for alias, node in random.sample(found, min(len(found), 5)):
        wrong = slip(alias.name, random)
        if _library().module(wrong) is None:
            return Planted(_kind("module", alias.name), _renamed(program, node, alias.name, wrong), wrong)
    return None


def _is_used(program: Program, alias: ast.alias) -> bool:
    return len(alias.name) > 2 and not alias.name.startswith("_") and bool(program.uses(alias.name))


def _renamed(program: Program, statement: ast.stmt, name: str, wrong: str) -> str:
    uses = [(program.start(node), program.end(node), wrong) for node in program.uses(name)]
    end = program.end(statement)
    return program.edited([(end - len(name), end, wrong), *uses])


def missing_import(program: Program, random: Random) -> Planted | None:
    """
    Leave out the import of a standard module that the program uses by its own name.

    Not that of a name from a module: which module is meant, the code alone seldom tells.
    """
    imports = [(alias, node) for alias, node in program.imports() if not alias.asname and alias.name[0] != "_"]
    found = [node for alias, node in imports if program.uses(_bound(alias))]
    if not found:
        return None
    node = random.choice(found)
    start, end = program.start(node), program.end(node)
    if program.data[end : end + 1] != b"\n":
        return None
    return Planted("missing import", program.edited([(start, end + 1, "")]), ast.unparse(node))


def fence(program: Program, random: Random) -> Planted | None:
    """Leave a chat's Markdown around the program."""
    if not program.tree.body:
        return None
    text = program.text if program.text.endswith("\n") else f"{program.text}\n"
    before = random.choice(("", "Here is the code you asked for:\n\n", "Sure! The module below does it.\n\n"))
    after = random.choice(("", "\nThis handles all the cases that you named.\n"))
    opening, closing = random.choice((("```python\n", "```\n"), ("```\n", "```\n"), ("```python\n", "")))
    return Planted("fence", before + opening + text + closing + (after if closing else ""), before + opening.strip())


def misspelt_keyword(program: Program, random: Random) -> Planted | None:
    """Misspell a keyword that is passed to a function which takes no other."""
    takes = _functions(program)
    found = [
        (passed, takes[name])
        for node in ast.walk(program.tree)
        if isinstance(node, ast.Call) and (name := _called(node.func)) in takes
        for passed in node.keywords
        if passed.arg and passed.arg in takes[name] and len(passed.arg) > 2
    ]
    if not found:
        return None
    passed, known = random.choice(found)
    assert passed.arg
    wrong = slip(passed.arg, random)
    if wrong in known:
        return None
    start = program.start(passed)
    return Planted(_kind("keyword", passed.arg), program.edited([(start, start + len(passed.arg), wrong)]), f"{wrong}=")


def _called(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def _functions(program: Program) -> dict[str, frozenset[str]]:
    """Return the functions that take keywords of their own alone: of the program, of standard modules, and built in."""
    found = {name: taken for name in dir(builtins) if (taken := _keywords(getattr(builtins, name)))}
    for name, module in program.modules().items():
        held = inspect.getmembers(_loaded(module))
        found |= {f"{name}.{member}": taken for member, value in held if (taken := _keywords(value))}
    own = [node for node in program.tree.body if isinstance(node, ast.FunctionDef)]
    once = [node for node in own if [other.name for other in own].count(node.name) == 1 and not node.decorator_list]
    for node in once:
        plain = [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
        found[node.name] = frozenset(() if node.args.kwarg else plain)
    return found


@cache
def _loaded(module: str) -> object:
    """Return a standard module, or None where it is another system's, or does more than to be there."""
    if module in {"antigravity", "this", "idlelib", "turtle", "__main__"}:
        return None
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def _keywords(value: object) -> frozenset[str]:
    """Return the keywords of a function that takes no others; none of what has no such signature."""
    if not inspect.isroutine(value):
        return frozenset()
    try:
        parameters = inspect.signature(value).parameters.values()
    except (ValueError, TypeError):
        return frozenset()
    kinds = {parameter.kind for parameter in parameters}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return frozenset()
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return frozenset(parameter.name for parameter in parameters if parameter.kind in by_name)


PLANTS: Mapping[str, Callable[[Program, Random], Planted | None]] = {
    "member": misspelt_member,
    "imported name": misspelt_import,
    "module": misspelt_module,
    "missing import": missing_import,
    "fence": fence,
    "keyword": misspelt_keyword,
}
"""What can be planted, by its kind."""
