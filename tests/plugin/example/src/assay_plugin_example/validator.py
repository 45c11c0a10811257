"""A validator: no breakpoint stays in Python code that is handed over."""

import ast
from collections.abc import Iterator

from assay.stage import Candidate, Category, Finding, Fix, Location, RuleInfo, Severity, SourceFile, TextEdit

BREAKPOINT = RuleInfo(
    rule_id="house-style/breakpoint",
    category=Category.ARTIFACT,
    severity=Severity.HIGH,
    explanation=(
        "A call of breakpoint() stops the program for a debugger. It belongs to somebody's session at a desk: in code "
        "that is handed over it makes a server hang. A function of that name that the code defines is not meant."
    ),
    fires=("def area(radius):\n    breakpoint()\n    return 3.14 * radius**2\n",),
    passes=("def breakpoint():\n    return 7\n\n\nprint(breakpoint())\n", "text = 'breakpoint()'\n"),
)


class HouseStyle:
    """Finds calls of breakpoint()."""

    name = "house-style"
    version = "1"
    languages = frozenset({"python"})
    rules = (BREAKPOINT,)

    def check(self, file: SourceFile, candidate: Candidate) -> Iterator[Finding]:
        """Judge one file; one that does not parse is the static stage's business."""
        try:
            source = file.content.decode("utf-8-sig")
            tree = ast.parse(source)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return
        nodes = list(ast.walk(tree))
        own = any(isinstance(node, ast.FunctionDef) and node.name == "breakpoint" for node in nodes)
        for node in nodes if not own else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "breakpoint":
                yield self._finding(place(file.path, source, node), alone=stands_alone(tree, node))

    def _finding(self, where: Location, *, alone: bool) -> Finding:
        fixes = (Fix("Do nothing here.", (TextEdit(where, "pass"),), safe=True),) if alone else ()
        return Finding(
            rule_id=BREAKPOINT.rule_id,
            category=BREAKPOINT.category,
            severity=BREAKPOINT.severity,
            message="A call of breakpoint() stops the program here.",
            location=where,
            suggestion="Remove it.",
            fixes=fixes,
        )


def stands_alone(tree: ast.Module, call: ast.Call) -> bool:
    """Whether a call is a statement by itself, so that "pass" can stand in its place."""
    return any(isinstance(node, ast.Expr) and node.value is call for node in ast.walk(tree))


def place(path: str, source: str, node: ast.expr | ast.stmt | ast.alias) -> Location:
    """Return where a node stands; ast counts columns in bytes of UTF-8, from 0, and the contract in characters."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1].encode()[:offset].decode()) + 1

    end_line, end_offset = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return Location(path, node.lineno, column(node.lineno, node.col_offset), end_line, column(end_line, end_offset))
