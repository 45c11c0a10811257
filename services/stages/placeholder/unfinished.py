"""Expressions that a language has for work that is still to be done, among code that works."""

from collections.abc import Iterator

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.design import is_double
from services.stages.placeholder.nodes import text
from services.stages.placeholder.scopes import Scope
from services.stages.placeholder.tree import Module
from services.stages.placeholder.work import Does, body_does
from services.stages.rules import Example, Rule

UNFINISHED = Rule(
    "placeholder/unfinished-expression",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "`todo!()` stands where a value or a step should be. It is Rust's own word for code that is not written yet, and "
    "panics when it is reached. A function that does nothing else is placeholder/not-implemented; what refuses an "
    "operation for good says `unimplemented!()` or returns an error.",
    fires=(
        Example('fn main() {\n    let x: u8 = todo!();\n    println!("{}", x);\n}\n', "rust"),
        Example('fn f(n: u8) -> u8 {\n    if n > 1 {\n        return n * 2;\n    }\n    todo!("small n")\n}\n', "rust"),
        Example("fn f(n: u8) -> u8 {\n    match n {\n        0 => 1,\n        _ => todo!(),\n    }\n}\n", "rust"),
    ),
    passes=(
        'word = "todo!()"\n',
        Example(
            "fn f(n: u8) -> u8 {\n    match n {\n        0 => 1,\n        _ => unreachable!(),\n    }\n}\n", "rust"
        ),
        Example('fn f(todo: &str) -> String {\n    format!("{}: {}", "todo!()", todo)\n}\n', "rust"),
        Example("#[test]\nfn it_adds() {\n    let x = 1;\n    assert_eq!(x, 1);\n    todo!()\n}\n", "rust"),
    ),
    confidence=0.95,
)

RULES = (UNFINISHED,)


def find(module: Module) -> Iterator[Finding]:
    """Yield the expressions that stand for work to be done."""
    if not module.grammar.unfinished or b"todo!" not in module.source.data:
        return
    for node in module.captures(module.grammar.unfinished):
        function = _innermost(module, node.start_byte)
        told = function is not None and (Does.WORKS not in body_does(function) or is_double(function, module))
        if text(node).startswith("todo!") and not told:
            yield UNFINISHED.finding("What should stand here is still to be written.", module.place(node))


def _innermost(module: Module, offset: int) -> Scope | None:
    around = [scope for scope in module.functions if scope.node.start_byte <= offset < scope.node.end_byte]
    return max(around, key=lambda scope: scope.node.start_byte, default=None)
