"""What tests import and require: by which names they know it, and how it is written for the sandbox."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .scopes import imported_names
from .syntax import arguments, callee, literal, text_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

SUFFIXES = ("", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx", "/index.js", "/index.ts")


@dataclass(frozen=True)
class Import:
    """
    A module that the tests ask for.

    :param node: The statement, or the call of ``require``.
    :param names: The names that are bound, each with what it is in the module; "" is the module itself.
    """

    node: "Node"
    specifier: str
    names: Mapping[str, str]

    @property
    def is_relative(self) -> bool:
        """Whether it is a file beside the tests, as code under test is."""
        return self.specifier.startswith((".", "/"))

    @property
    def module(self) -> str:
        """The module's name, without the prefix of Node's own."""
        return self.specifier.removeprefix("node:")


def imports(root: "Node") -> list[Import]:
    """Return what a file imports and requires, in the order of the source."""
    return list(_imports(root))


def _imports(root: "Node") -> Iterator[Import]:
    for node in walk(root):
        if node.type == "import_statement":
            source = node.child_by_field_name("source")
            if source is not None:
                yield Import(node, str(literal(source)), dict(_imported(node)))
        elif callee(node) == "require" and len(given := arguments(node)) == 1 and given[0].type == "string":
            yield Import(node, str(literal(given[0])), dict(_required(node)))


def _imported(node: "Node") -> Iterator[tuple[str, str]]:
    for name in imported_names(node):
        holder = name.parent
        if holder is not None and holder.type == "import_specifier":
            taken = holder.child_by_field_name("name")
            yield text_of(name), text_of(taken or name)
        else:
            yield text_of(name), "default" if holder is not None and holder.type == "import_clause" else ""


def _required(node: "Node") -> Iterator[tuple[str, str]]:
    member = ""
    holder = node.parent
    if holder is not None and holder.type == "member_expression":
        member = text_of(holder.child_by_field_name("property") or holder)
        holder = holder.parent
    if holder is None or holder.type != "variable_declarator":
        return
    name = holder.child_by_field_name("name")
    if name is None:
        return
    if name.type == "identifier":
        yield text_of(name), member
    elif name.type == "object_pattern":
        for child in name.named_children:
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if child.type == "shorthand_property_identifier_pattern":
                yield text_of(child), f"{member}.{text_of(child)}".lstrip(".")
            elif key is not None and value is not None and value.type == "identifier":
                yield text_of(value), f"{member}.{text_of(key)}".lstrip(".")


def known_names(found: list[Import]) -> dict[str, str]:
    """Return what names of the tests mean, as dotted paths from a module, for example "assert.strict.deepEqual"."""
    names = {}
    for each in found:
        module = each.module.replace("assert/strict", "assert.strict")
        for name, member in each.names.items():
            path = module if member in {"", "default"} else f"{module}.{member}"
            names[name] = path.replace("assert.strict.strict", "assert.strict").replace("assert.default", "assert")
    return names


def is_candidates(each: Import, test: str, files: frozenset[str], entry: str) -> str:
    """
    Return the candidate's file that an import means; empty where it means something else.

    :param test: The path of the test file, from which paths go out.
    :param entry: The entry point; a file of its name is taken to be it wherever the tests look for it.
    """
    if not each.is_relative:
        return ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(test), each.specifier))
    stem, suffix = posixpath.splitext(path)
    for end in SUFFIXES:
        if path + end in files:
            return path + end
        if suffix in SUFFIXES and stem + end in files:
            return stem + end
    own = posixpath.splitext(posixpath.basename(entry))[0]
    return entry if posixpath.basename(stem if suffix in SUFFIXES else path) == own else ""


def relative(path: str, test: str) -> str:
    """Return the specifier by which the test file can ask for a file."""
    found = posixpath.relpath(path, posixpath.dirname(test) or ".")
    return found if found.startswith(".") else f"./{found}"


def as_constants(each: Import, source: str) -> str:
    """
    Return an import statement as a declaration.

    :param source: The expression that is the module.
    """
    whole = [name for name, member in each.names.items() if member in {"", "default"}]
    taken = [f"{member}: {name}" for name, member in each.names.items() if member not in {"", "default"}]
    bound = [f"{name} = {source}" for name in whole]
    if taken:
        bound.append(f"{{ {', '.join(taken)} }} = {source}")
    return f"const {', '.join(bound)};" if bound else f"{source};"


def is_type_only(node: "Node") -> bool:
    """Whether an import is of types alone, which are gone when the program runs."""
    return any(child.type == "type" for child in node.children)
