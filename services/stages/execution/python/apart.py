"""
Taking a test file apart: each check that can be decided outside is replaced by a call that tells its values.

Everything else stays as it is and where it is, so that the file that is sent runs as the one that was written does. A
check is replaced where it is certain to be reached once in its test (or once in each turn of a loop through known
values), and where what it expects can be evaluated outside.
"""

import ast
import secrets
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from services.stages.execution.harness.collect import Collection as Tests
from services.stages.execution.harness.collect import FunctionNode
from services.stages.execution.harness.describe import LEFT, RIGHT

from .checks import Raising, assertion_of, form_of, raising_of
from .lineup import lineup
from .loops import Turns, turns_of, values_of
from .pure import Outside
from .scope import Known, Scope, bound_by, imports_of, theirs_by_import, top_names
from .sealing import sealed
from .split import DERIVED, PREFIX, PURE, THEIRS, NotApartError, names_in, split
from .taken import Binding, Check, Loop, Place, Taken
from .text import Text
from .units import units

MAX_CHECKS = 2_000
MAX_ROUNDS = 8
"""How often a file is gone through, until what is known of its names no longer changes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """
    Where a test file stands.

    :param modules: The names by which the candidate's modules are imported.
    :param is_appended: Whether it stands in the namespace of the candidate.
    :param wanted: The names that the candidate reads.
    :param kept: The checks that are left as they are.
    """

    modules: Collection[str]
    is_appended: bool
    wanted: Collection[str] = ()
    kept: Collection[Place] = ()


def take(source: bytes, tests: Tests, setting: Setting) -> Taken:
    """Take a test file apart; where that cannot be done, nothing of it is changed."""
    if tests.problem or tests.tree is None or PREFIX.encode() in source:
        return Taken(source)
    try:
        text = Text(source)
    except (SyntaxError, ValueError, LookupError):
        return Taken(source)
    demoted: set[tuple[str, str]] = set()
    for _ in range(MAX_ROUNDS):
        taking = _Taking(tests, tests.tree, setting, text, demoted)
        taking.go()
        if not (more := taking.settle() - demoted):
            return taking.taken()
        demoted |= more
    return Taken(source)


@dataclass(frozen=True, slots=True)
class _Head:
    """A loop that checks stand in."""

    node: ast.For
    turns: Turns
    key: str
    known: tuple[tuple[str, str], ...]


class _Taking:
    """One way through a test file."""

    def __init__(
        self, tests: Tests, tree: ast.Module, setting: Setting, text: Text, demoted: Collection[tuple[str, str]]
    ) -> None:
        self._tests = tests
        self._tree = tree
        self._setting = setting
        self._text = text
        self._tell = f"{PREFIX}{secrets.token_hex(4)}"
        counts = _bound_counts(tree)
        self._single = {name for name, count in counts.items() if count == 1}
        self._imports = {name: origin for name, origin in imports_of(tree).items() if name in self._single}
        theirs = theirs_by_import(tree, setting.modules)
        names = top_names(tree, Outside(self._imports), theirs=theirs, is_appended=setting.is_appended)
        self._top = Scope("", names, demoted)
        self.checks: list[Check] = []
        self._owners: dict[str, list[int]] = {}
        self._edits: list[tuple[ast.stmt | ast.expr, str]] = []
        self._outside: set[ast.AST] = set()
        self._bindings: dict[str, Binding] = {}
        self._bound: list[tuple[Scope, str, Known]] = []
        self._roots: dict[str, ast.AST] = {"": tree}
        self._heads: list[_Head] = []
        self._open: set[str] = set()
        """Tests that decide inside though nothing in them shows it."""

    def go(self) -> None:
        """Go through the file: the top level in its order, then its functions and classes."""
        for unit in units(self._tests, self._single):
            scope = unit.enter(self._top, self._single, self._tree)
            if unit.function is not None:
                self._roots[unit.key] = unit.function
            self._walk(unit.body, scope, unit.test)
            for argument in unit.arguments or ():
                self._top.touch(argument)

    def _walk(self, body: Sequence[ast.stmt], scope: Scope, test: str, loop: str = "") -> bool:
        """Go through statements that follow one another; return whether all of them are certain to be reached."""
        for node in body:
            if test and self._take(node, scope, test, loop):
                continue
            if isinstance(node, ast.With) and _is_subtest(node):
                if not self._walk(node.body, scope, test, loop):
                    return False
            elif test and not loop and isinstance(node, ast.For) and (turns := turns_of(node, scope, self._bindings)):
                known = scope.keys_of(list(names_in(node.iter)))
                self._loop(_Head(node, turns, f"{scope.key}:{node.lineno}:{node.col_offset}", known), scope, test)
            else:
                self._pass(node, scope)
            if scope.key and _may_leave(node):
                return False
        return True

    def _pass(self, node: ast.stmt, scope: Scope) -> None:
        """Note what a statement that stays as it is does to the names."""
        target = _single_target(node)
        value = getattr(node, "value", None)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            theirs = theirs_by_import(ast.Module([node], []), self._setting.modules)
            for name in bound_by(node):
                scope.bind(name, THEIRS if name in theirs else "")
        elif target and value is not None:
            scope.touch(value)
            scope.assign(target, value, node)
            if known := scope.known.get(target):
                self._bindings[known.key] = Binding(self._text.of(value), known.known)
                self._bound.append((scope, target, known))
        else:
            scope.pass_by(node)
            scope.touch(node)

    def _take(self, node: ast.stmt, scope: Scope, test: str, loop: str) -> bool:
        """Take a statement apart where it is a check and that can be done."""
        if len(self.checks) >= MAX_CHECKS or not self._text.can_replace(node):
            return False
        if (node.lineno, node.col_offset) in self._setting.kept:
            return not loop and self._take_lineup(node, scope, test)
        if (raising := raising_of(node)) is not None:
            self._take_raising(node, raising, scope, test, loop)
            return True
        return self._take_values(node, scope, test, loop)

    def _take_values(self, node: ast.stmt, scope: Scope, test: str, loop: str) -> bool:
        form = form_of(node)
        if form is None:
            return False
        scope.touch(node)
        try:
            found = split(form.tree, scope.names)
        except (NotApartError, RecursionError):
            return False
        inside = {inner for part, _ in found.places for inner in ast.walk(part)}
        rest = [inner for inner in ast.walk(form.tree) if isinstance(inner, ast.Name) and inner not in inside]
        self._outside |= {node, *rest}
        written = (self._text.with_names(part, found.places) for part in form.parts)
        probes = found.probes
        self._add(
            test,
            Check(
                (node.lineno, node.col_offset),
                form.template.format(*written),
                tuple(probes),
                scope.keys_of([name.id for name in rest]),
                statement=self._text.of(node),
                subject=next(filter(None, map(scope.subject, probes.values())), ""),
                loop=loop,
            ),
        )
        told = "".join(f", {self._one_line(probe)}" for probe in probes.values())
        self._edits.append((node, f"{self._tell}({len(self.checks) - 1}{told})"))
        return True

    def _take_lineup(self, node: ast.stmt, scope: Scope, test: str) -> bool:
        """Have a value that is no plain data compared inside, with more than what is expected."""
        form = form_of(node)
        tree = form.tree if form is not None else None
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or not isinstance(tree.ops[0], ast.Eq):
            return False
        sides = (tree.left, tree.comparators[0])
        actual = [side for side in sides if scope.names.of(side) in {THEIRS, DERIVED}]
        expected = [side for side in sides if scope.names.of(side) is PURE]
        if len(actual) != 1 or len(expected) != 1:
            return False
        known = values_of(scope.keys_of(list(names_in(expected[0]))), self._bindings, scope.names.outside)
        try:
            made = lineup(scope.names.outside.evaluate(expected[0], known))
        except Exception:  # noqa: BLE001  # whatever an expression of the tests raises
            return False
        if made is None:
            return False
        value = f"{PREFIX}0_"
        check = Check((node.lineno, node.col_offset), f"{value} == {list(made.answers)}", (value,))
        note = "the value is not plain data, and does not equal what is expected alone"
        self._add(test, replace(check, statement=self._text.of(node), subject=scope.subject(actual[0]), note=note))
        self._open.add(test)
        self._outside |= {node, *ast.walk(expected[0])}
        each, other = f"{PREFIX}each", f"{PREFIX}other"
        compared = f"[bool({each} == {other}) for {each} in [{self._one_line(actual[0])}] for {other} in {made.text}]"
        self._edits.append((node, f"{self._tell}({len(self.checks) - 1}, {compared})"))
        return True

    def _take_raising(self, node: ast.stmt, raising: Raising, scope: Scope, test: str, loop: str) -> None:
        number = len(self.checks)
        match = "" if raising.match is None else self._text.of(raising.match)
        self._add(
            test,
            Check(
                (node.lineno, node.col_offset),
                types=raising.types,
                match=match,
                statement=self._text.of(node),
                subject=scope.subject(node if raising.call is None else raising.call),
                loop=loop,
            ),
        )
        self._outside |= set(ast.walk(raising.item))
        if raising.call is not None:
            self._outside = (self._outside | {node}) - set(ast.walk(raising.call))
            self._edits.append((node, f"with {self._tell}.raising({number}): {ast.unparse(raising.call)}"))
            scope.touch(raising.call)
        else:
            self._edits.append((raising.item, f"{self._tell}.raising({number})"))
            scope.pass_by(node)
            scope.touch(node)

    def _add(self, test: str, check: Check) -> None:
        self._owners.setdefault(test, []).append(len(self.checks))
        self.checks.append(check)

    def _one_line(self, node: ast.expr) -> str:
        text = self._text.of(node)
        return ast.unparse(node) if "\n" in text or "#" in text else text

    def _loop(self, head: _Head, scope: Scope, test: str) -> None:
        """Go through a loop; the checks in it are decided for each of its turns."""
        for name in head.turns.names:
            scope.bind(name, "")
            if (head.key, name) not in scope.demoted:
                lasting = head.turns.is_lasting(name)
                scope.know(name, Known(f"{head.key}:{name}", None, lasting))
        before = len(self.checks)
        self._walk(head.node.body, scope, test, head.key)
        if len(self.checks) > before:
            self._heads.append(head)
        for name in head.turns.names:
            scope.bind(name, "")

    def settle(self) -> set[tuple[str, str]]:
        """Take out what is read outside alone; return the names whose values may change inside."""
        changing: set[tuple[str, str]] = set()
        for head in self._heads:
            used = {name for node in head.node.body for name in self._inside(node)}
            changing |= {(head.key, n) for n in head.turns.names if n in used and not head.turns.is_lasting(n)}
            masked = {name for name in head.turns.names if name not in used}
            if masked and (text := head.turns.without(masked)) is not None:
                self._outside |= set(ast.walk(head.node.iter))
                self._edits.append((head.node.iter, text))
        removed: set[str] = set()
        while (
            more := {known.key for scope, name, known in self._bound if self._is_outside(scope, name, known)} - removed
        ):
            removed |= more
        for scope, name, known in self._bound:
            if known.key not in removed and not known.is_lasting and name in set(self._inside(self._roots[scope.key])):
                changing.add((scope.key, name))
        return changing

    def _is_outside(self, scope: Scope, name: str, known: Known) -> bool:
        """Take out a statement whose value is read outside alone; return whether it is one."""
        assert known.node is not None
        if known.node in self._outside:
            return True
        read = any(name == each for check in self.checks for each, key in check.known if key == known.key)
        read = read or any(name in names_in(head.node.iter) for head in self._heads)
        candidates_own = not scope.key and self._setting.is_appended and name in self._setting.wanted
        if not read or candidates_own or not self._text.can_replace(known.node):
            return False
        if name in set(self._inside(self._roots[scope.key])):
            return False
        self._outside |= set(ast.walk(known.node))
        self._edits.append((known.node, "pass"))
        return True

    def _inside(self, root: ast.AST) -> Iterator[str]:
        """Yield the names that are read inside the sandbox."""
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in self._outside:
                yield node.id

    def taken(self) -> Taken:
        """Return what became of the file."""
        documented = (*FunctionNode, ast.ClassDef, ast.Module)
        for node in [node for node in ast.walk(self._tree) if isinstance(node, documented)]:
            if ast.get_docstring(node, clean=False) is not None and self._text.can_replace(node.body[0]):
                self._edits.append((node.body[0], "pass"))
        self._keep_sides()
        for place, text in self._edits:
            self._text.replace(place, text)
        source = self._text.edited()
        if not _is_aligned(self._tree, source):
            return Taken(self._text.content)
        loops = {
            head.key: Loop(
                head.turns.names,
                head.turns.is_tuple,
                self._text.of(head.node.iter),
                head.known,
                len(head.turns.rows),
            )
            for head in self._heads
        }
        return Taken(
            source,
            self._tell if self.checks else "",
            tuple(self.checks),
            {test: tuple(numbers) for test, numbers in self._owners.items()},
            sealed(units(self._tests, self._single), self._tree, self._outside, set(self._owners)) - self._open,
            self._bindings,
            loops,
            self._imports,
        )

    def _keep_sides(self) -> None:
        """Let comparisons that are made inside keep both values in their frame, where a failure's report finds them."""
        for node in ast.walk(self._tree):
            if not isinstance(node, ast.Assert) or node in self._outside or not self._text.is_alone(node):
                continue
            test = node.test
            if isinstance(test, ast.Compare) and len(test.ops) == 1:
                left, right = self._one_line(test.left), self._one_line(test.comparators[0])
                kept = ast.Compare(ast.Name(LEFT), test.ops, [ast.Name(RIGHT)])
                message = f", {self._one_line(node.msg)}" if node.msg else ""
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


def _single_target(node: ast.stmt) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""


def _is_subtest(node: ast.With) -> bool:
    return all(assertion_of(item.context_expr) == "subTest" for item in node.items)


def _may_leave(node: ast.stmt) -> bool:
    return any(isinstance(inner, ast.Return) for inner in ast.walk(node))


def _bound_counts(tree: ast.Module) -> Counter[str]:
    """Return how often a file binds each name, anywhere."""
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
    return counts
