"""A test file while it is taken apart: what of it is read outside, and what stands in the place of its parts."""

import ast
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from services.stages.execution.harness.collect import FunctionNode
from services.stages.execution.harness.describe import LEFT, RIGHT

from .loops import Turns
from .scope import Known, Scope
from .split import PREFIX
from .taken import Binding, Check, Loop, Taken
from .text import Text


@dataclass(frozen=True, slots=True)
class Head:
    """
    A loop that checks stand in.

    :param known: The names in what it goes through that are known outside.
    """

    node: ast.For
    turns: Turns
    key: str
    known: tuple[tuple[str, str], ...]


class Rewriting:
    """
    What was taken out of a test file so far.

    :param wanted: The names of the top level that are read elsewhere, too.
    """

    def __init__(self, tree: ast.Module, text: Text, wanted: Collection[str]) -> None:
        self.text = text
        self.tell = f"{PREFIX}{secrets.token_hex(4)}"
        self.checks: list[Check] = []
        self.owners: dict[str, list[int]] = {}
        self.open: set[str] = set()
        """Tests that decide inside though nothing in them shows it."""
        self.bindings: dict[str, Binding] = {}
        self.roots: dict[str, ast.AST] = {"": tree}
        """The functions that were gone through, by the keys of their scopes."""
        self.outside: set[ast.AST] = set()
        """Names that are read outside alone, and statements of which nothing is left inside."""
        self._tree = tree
        self._wanted = wanted
        self._edits: list[tuple[ast.stmt | ast.expr, str]] = []
        self._bound: list[tuple[Scope, str, Known]] = []
        self._heads: list[Head] = []
        self._given: list[frozenset[str]] = []
        self._hidden: set[str] = set()
        """The keys of names whose values are not sent."""

    def add(
        self,
        test: str,
        check: Check,
        place: ast.stmt | ast.expr,
        before: str,
        after: str,
        *,
        given: Collection[str] = (),
    ) -> None:
        """
        Add a check, whose number stands between two texts in the place of what it was.

        :param place: What is replaced.
        :param given: The names that its calls are given.
        """
        number = len(self.checks)
        self._given.append(frozenset(given))
        self.owners.setdefault(test, []).append(number)
        self.checks.append(check)
        self._edits.append((place, f"{before}{number}{after}"))

    def bind(self, scope: Scope, name: str, known: Known, value: ast.expr) -> None:
        """Note a name with a value that is known outside."""
        self.bindings[known.key] = Binding(self.text.of(value), known.known)
        self._bound.append((scope, name, known))

    def loop(self, head: Head) -> None:
        """Note a loop that checks stand in."""
        self._heads.append(head)

    def one_line(self, node: ast.expr) -> str:
        """Return an expression in one line, without comments."""
        text = self.text.of(node)
        return ast.unparse(node) if "\n" in text or "#" in text else text

    def settle(self) -> set[tuple[str, str]]:
        """Take out what is read outside alone; return the names whose values may change inside."""
        changing: set[tuple[str, str]] = set()
        for head in self._heads:
            used = {name for node in head.node.body for name in self._inside(node)}
            changing |= {(head.key, n) for n in head.turns.names if n in used and not head.turns.is_lasting(n)}
            masked = {name for name in head.turns.names if name not in used}
            if masked and (text := head.turns.without(masked)) is not None:
                self.outside |= set(ast.walk(head.node.iter))
                self._edits.append((head.node.iter, text))
                self._hidden |= {f"{head.key}:{name}" for name in masked}
        while self._take_out():
            pass
        used_in = {key: set(self._inside(root)) for key, root in self.roots.items()}
        for scope, name, known in self._bound:
            if known.node not in self.outside and not known.is_lasting and name in used_in[scope.key]:
                changing.add((scope.key, name))
        return changing

    def _take_out(self) -> bool:
        """Take out the statements whose values are read outside alone; return whether there were any."""
        used_in = {key: set(self._inside(root)) for key, root in self.roots.items()}
        read = {key for check in self.checks for _, key in check.known}
        read |= {key for head in self._heads for _, key in head.known}
        found = False
        for scope, name, known in self._bound:
            elsewhere = name in used_in[scope.key] or (not scope.key and name in self._wanted)
            if known.node is None or known.node in self.outside or known.key not in read or elsewhere:
                continue
            if self.text.can_replace(known.node):
                self.outside |= set(ast.walk(known.node))
                self._edits.append((known.node, "pass"))
                self._hidden.add(known.key)
                found = True
        return found

    def _inside(self, root: ast.AST) -> Iterator[str]:
        """Yield the names that are read inside the sandbox."""
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in self.outside:
                yield node.id

    def taken(self, sealed: Collection[str], imports: Mapping[str, tuple[str, str]]) -> Taken:
        """Return what became of the file."""
        self._take_documentation()
        self._keep_sides()
        for place, text in self._edits:
            self.text.replace(place, text)
        source = self.text.edited()
        if not _is_aligned(self._tree, source):
            return Taken(self.text.content)
        owners = {test: tuple(numbers) for test, numbers in self.owners.items()}
        tell = self.tell if self.checks else ""
        alone = frozenset(sealed) - self.open - self._shown()
        return Taken(source, tell, tuple(self.checks), owners, alone, self.bindings, self._loops(), imports)

    def _shown(self) -> set[str]:
        """Return the tests of which a check expects what is sent for another reason than as its own argument."""
        shown = {
            number
            for number, check in enumerate(self.checks)
            if any(key not in self._hidden and name not in self._given[number] for name, key in check.known)
        }
        return {test for test, numbers in self.owners.items() if shown.intersection(numbers)}

    def skip_arguments(self, call: ast.Call) -> None:
        """Leave out the arguments of a call that only describe."""
        self.outside |= set(ast.walk(call))
        self._edits.append((call, f"{self.text.of(call.func)}()"))

    def _loops(self) -> dict[str, Loop]:
        return {
            head.key: Loop(
                head.turns.names, head.turns.is_tuple, self.text.of(head.node.iter), head.known, len(head.turns.rows)
            )
            for head in self._heads
        }

    def _take_documentation(self) -> None:
        documented = (*FunctionNode, ast.ClassDef, ast.Module)
        for node in [node for node in ast.walk(self._tree) if isinstance(node, documented)]:
            if ast.get_docstring(node, clean=False) is not None and self.text.can_replace(node.body[0]):
                # Still a string: what stands before an import of the future must be one.
                self._edits.append((node.body[0], '""'))

    def _keep_sides(self) -> None:
        """Let comparisons that are made inside keep both values in their frame, where a failure's report finds them."""
        for node in ast.walk(self._tree):
            if not isinstance(node, ast.Assert) or node in self.outside or not self.text.is_alone(node):
                continue
            test = node.test
            if isinstance(test, ast.Compare) and len(test.ops) == 1:
                left, right = self.one_line(test.left), self.one_line(test.comparators[0])
                kept = ast.Compare(ast.Name(LEFT), test.ops, [ast.Name(RIGHT)])
                message = f", {self.one_line(node.msg)}" if node.msg else ""
                parts = (f"{LEFT} = {left}", f"{RIGHT} = {right}", f"assert {ast.unparse(kept)}{message}")
                # One statement, as it was: the run finds the statements of the top level by their number.
                self._edits.append((node, f"if True: {'; '.join((*parts, f'{LEFT} = {RIGHT} = None'))}"))


def _is_aligned(tree: ast.Module, source: bytes) -> bool:
    """Return whether a rewritten source has the statements of the first at the same lines."""
    try:
        made = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return [node.lineno for node in tree.body] == [node.lineno for node in made.body]
