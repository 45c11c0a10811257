"""Handlers that do nothing: errors that are caught and dropped."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.stage import Category, Finding, Severity

from services.stages.placeholder.grammar import Grammar
from services.stages.placeholder.tree import Module
from services.stages.placeholder.work import Does, all_do
from services.stages.rules import Example, Rule

if TYPE_CHECKING:
    from tree_sitter import Node

SWALLOWED = Rule(
    "placeholder/swallowed-error",
    Category.PLACEHOLDER,
    Severity.INFO,
    "Every error is caught and dropped, without a word on why. A handler of particular errors may well be empty.",
    fires=(
        "def f(x):\n    try:\n        x.run()\n    except:\n        pass\n",
        "def f(x):\n    try:\n        x.run()\n    except Exception as error:\n        ...\n",
        Example("try {\n  run();\n} catch (error) {\n}\n", "javascript"),
        Example("package a\n\nfunc f(err error) {\n\tif err != nil {\n\t}\n}\n", "go"),
        Example("def number(text)\n  Integer(text)\nrescue\nend\n", "ruby"),
        Example(
            "class A {\n    void f() {\n        try {\n            run();\n        } catch (Exception e) {\n"
            "        }\n    }\n}\n",
            "java",
        ),
        Example("fn f(x: Result<u8, u8>) {\n    if let Err(_e) = x {}\n}\n", "rust"),
    ),
    passes=(
        "def f(x):\n    try:\n        x.close()\n    except OSError:\n        pass\n",
        "def f(x):\n    try:\n        x.close()\n    except Exception:\n        pass  # it is closed in any case\n",
        "def f(x):\n    try:\n        x.run()\n    except Exception:\n        x.stop()\n",
        Example("try {\n  run();\n} catch {\n  // it ran before\n}\n", "javascript"),
        Example("<?php\ntry {\n    run();\n} catch (ParseError $e) {\n}\n", "php"),
    ),
)

RULES = (SWALLOWED,)

MAX_HEADER = 400
"""Bytes of what stands before a handler's body that are looked at."""


def find(module: Module) -> Iterator[Finding]:
    """Yield the handlers that drop every error."""
    commented = [found.node.start_byte for found in module.remarks]
    for node in module.handlers:
        end = module.source.line_end(node.end_byte)
        remarked = bisect_left(commented, node.start_byte) < bisect_left(commented, end)
        if not remarked and _is_broad(node, module) and _is_empty(node, module.grammar):
            yield SWALLOWED.finding("Every error is caught and dropped.", module.place(node))


def _is_broad(node: "Node", module: Module) -> bool:
    """Say whether a handler takes every error, by the source before its body."""
    body = _body(node, module.grammar)
    end = node.end_byte if body is None else body.start_byte
    header = module.source.data[node.start_byte : min(end, node.start_byte + MAX_HEADER)].decode("utf-8", "replace")
    return module.grammar.handlers[node.type].match(header) is not None


def _is_empty(node: "Node", grammar: Grammar) -> bool:
    body = _body(node, grammar)
    if body is None:
        return node.type in grammar.bodies
    inner = [part for child in body.named_children for part in _flat(child, grammar)]
    return all_do(inner, grammar) <= {Does.NOTHING} and node.child_by_field_name("alternative") is None


def _flat(node: "Node", grammar: Grammar) -> "list[Node]":
    return node.named_children if node.type in grammar.flat else [node]


def _body(node: "Node", grammar: Grammar) -> "Node | None":
    return next((child for child in reversed(node.named_children) if child.type in grammar.blocks), None)
