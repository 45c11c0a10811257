"""
Taking a test file apart: each check that can be decided outside is replaced by a call that tells its values.

Everything else stays as it is and where it is, so that the file that is sent runs as the one that was written does. A
check is replaced where it is certain to be reached once in its test (or once in each turn of a loop through known
values), and where what it expects can be evaluated outside.
"""

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import cast

from services.stages.execution.harness.collect import Collection as Tests
from services.stages.execution.harness.collect import FunctionNode

from .checks import Raising, assertion_of, form_of, raising_of
from .lineup import lineup
from .loops import turns_of, values_of
from .rewriting import Head, Rewriting
from .scope import Given, Known, Scope, bound_by, bound_once, theirs_by_import, top_names
from .sealing import sealed
from .split import DERIVED, PREFIX, PURE, THEIRS, NotApartError, names_in, split
from .taken import Check, Place, Taken
from .text import Text
from .units import units

MAX_CHECKS = 2_000
MAX_ID = 150
"""Characters of a test's id, above which a report may cut it."""

MAX_ROUNDS = 8
"""How often a file is gone through, until what is known of its names no longer changes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """
    Where a test file stands.

    :param modules: The names by which the candidate's modules are imported.
    :param given: What the candidate's namespace holds.
    :param is_appended: Whether it stands in that namespace.
    :param wanted: The names that the candidate reads.
    :param kept: The checks that are left as they are.
    """

    modules: Collection[str]
    given: Given
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
    # Functions may bind these while the top level runs.
    shared = [name for node in ast.walk(tests.tree) if isinstance(node, ast.Global) for name in node.names]
    demoted: set[tuple[str, str]] = {("", name) for name in shared}
    for _ in range(MAX_ROUNDS):
        taking = _Taking(tests, tests.tree, setting, text, demoted)
        taking.go()
        if not (more := taking.file.settle() - demoted):
            return taking.taken()
        demoted |= more
    return Taken(source)


class _Taking:
    """One way through a test file."""

    def __init__(
        self, tests: Tests, tree: ast.Module, setting: Setting, text: Text, demoted: Collection[tuple[str, str]]
    ) -> None:
        self._tests = tests
        self._tree = tree
        self._setting = setting
        self.file = Rewriting(tree, text, setting.wanted if setting.is_appended else ())
        self._single = bound_once(tree)
        self._top = Scope("", top_names(tree, setting.modules, setting.given, is_appended=setting.is_appended), demoted)

    def go(self) -> None:
        """Go through the file: the top level in its order, then its functions and classes."""
        for unit in units(self._tests, self._single):
            scope = unit.enter(self._top, self._single, self._tree)
            if unit.function is not None:
                self.file.roots[unit.key] = unit.function
            self._walk(unit.body, scope, unit.test if len(unit.test) <= MAX_ID else "")
            for argument in unit.arguments or ():
                self._top.touch(argument)

    def _walk(self, body: Sequence[ast.stmt], scope: Scope, test: str, loop: str = "") -> bool:
        """Go through statements that follow one another; return whether all of them are certain to be reached."""
        for node in body:
            if test and self._take(node, scope, test, loop):
                continue
            if isinstance(node, ast.With) and _is_subtest(node):
                for item in node.items:
                    self.file.skip_arguments(cast(ast.Call, item.context_expr))
                if not self._walk(node.body, scope, test, loop):
                    return False
            elif (
                test and not loop and isinstance(node, ast.For) and (turns := turns_of(node, scope, self.file.bindings))
            ):
                known = scope.keys_of(list(names_in(node.iter)))
                self._loop(Head(node, turns, f"{scope.key}:{node.lineno}:{node.col_offset}", known), scope, test)
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
                self.file.bind(scope, target, known, value)
        else:
            scope.pass_by(node)
            scope.touch(node)

    def _take(self, node: ast.stmt, scope: Scope, test: str, loop: str) -> bool:
        """Take a statement apart where it is a check and that can be done."""
        if len(self.file.checks) >= MAX_CHECKS or not self.file.text.can_replace(node):
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
        file, probes = self.file, found.probes
        file.outside |= {node, *rest}
        check = Check(
            (node.lineno, node.col_offset),
            form.template.format(*(file.text.with_names(part, found.places) for part in form.parts)),
            tuple(probes),
            scope.keys_of([name.id for name in rest]),
            statement=file.text.of(node),
            subject=next(filter(None, map(scope.subject, probes.values())), ""),
            loop=loop,
        )
        told = "".join(f", {file.one_line(probe)}" for probe in probes.values())
        given = {name for probe in probes.values() for name in names_in(probe)}
        file.add(test, check, node, f"{file.tell}(", f"{told})", given=given)
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
        file, outside = self.file, scope.names.outside
        known = values_of(scope.keys_of(list(names_in(expected[0]))), file.bindings, outside)
        try:
            made = lineup(outside.evaluate(expected[0], known))
        except Exception:  # noqa: BLE001  # whatever an expression of the tests raises
            return False
        if made is None:
            return False
        value = f"{PREFIX}0_"
        check = Check((node.lineno, node.col_offset), f"{value} == {list(made.answers)}", (value,))
        note = "the value is not plain data, and does not equal what is expected alone"
        check = replace(check, statement=file.text.of(node), subject=scope.subject(actual[0]), note=note)
        file.open.add(test)
        file.outside |= {node, *ast.walk(expected[0])}
        told = f", {file.one_line(actual[0])}, {made.text})"
        file.add(test, check, node, f"{file.tell}.among(", told)
        return True

    def _take_raising(self, node: ast.stmt, raising: Raising, scope: Scope, test: str, loop: str) -> None:
        file = self.file
        check = Check(
            (node.lineno, node.col_offset),
            types=raising.types,
            match="" if raising.match is None else file.text.of(raising.match),
            statement=file.text.of(node),
            subject=scope.subject(node if raising.call is None else raising.call),
            loop=loop,
        )
        file.outside |= set(ast.walk(raising.item))
        if raising.call is not None:
            file.outside = (file.outside | {node}) - set(ast.walk(raising.call))
            file.add(test, check, node, f"with {file.tell}.raising(", f"): {ast.unparse(raising.call)}")
            scope.touch(raising.call)
        else:
            file.add(test, check, raising.item, f"{file.tell}.raising(", ")")
            scope.pass_by(node)
            scope.touch(node)

    def _loop(self, head: Head, scope: Scope, test: str) -> None:
        """Go through a loop; the checks in it are decided for each of its turns."""
        for name in head.turns.names:
            scope.bind(name, "")
            if (head.key, name) not in scope.demoted:
                lasting = head.turns.is_lasting(name)
                scope.know(name, Known(f"{head.key}:{name}", None, lasting))
        before = len(self.file.checks)
        self._walk(head.node.body, scope, test, head.key)
        if len(self.file.checks) > before:
            self.file.loop(head)
        for name in head.turns.names:
            scope.bind(name, "")

    def taken(self) -> Taken:
        """Return what became of the file."""
        every = units(self._tests, self._single)
        return self.file.taken(
            sealed(every, self._tree, self.file.outside, set(self.file.owners)), self._top.names.outside.imports
        )


def _single_target(node: ast.stmt) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""


def _is_subtest(node: ast.With) -> bool:
    return all(assertion_of(item.context_expr) == "subTest" for item in node.items)


def _may_leave(node: ast.AST) -> bool:
    """Whether a statement may end its function; those within it are not meant."""
    if isinstance(node, (*FunctionNode, ast.ClassDef, ast.Lambda)):
        return False
    return isinstance(node, ast.Return) or any(map(_may_leave, ast.iter_child_nodes(node)))
