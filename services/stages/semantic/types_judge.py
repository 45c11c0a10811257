"""Which of the things that ty finds fault with are made up, done in a worker process: judges each and words it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assay.languages import of_path
from assay.stage import Candidate, Severity

from services.stages.rules import MAX_FINDINGS
from services.stages.semantic import types_arguments, types_modules, types_objects
from services.stages.semantic.environment import Environment
from services.stages.semantic.own_modules import OwnModules
from services.stages.semantic.stdlib import Version
from services.stages.semantic.types_file import Judged, JudgedFile
from services.stages.semantic.types_server import Told
from services.stages.source import decode

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_TOLD = 500
"""Things that ty says of one file and that are looked at, in the order of the source."""

CHECKS = {
    "missing-module-member": types_modules.imported_name,
    "import-not-found": types_modules.submodule,
    "not-callable": types_modules.called,
    "unknown-argument": types_arguments.keyword,
    "missing-argument": types_arguments.arguments,
    "too-many-positional-arguments": types_arguments.arguments,
    "parameter-already-assigned": types_arguments.arguments,
    "positional-only-parameter-as-kwarg": types_arguments.arguments,
    "no-matching-overload": types_arguments.overload,
}


def judge(
    candidate: Candidate, told: Mapping[str, tuple[Told, ...]], version: Version, prefix: str
) -> dict[str, list[Judged]]:
    """
    Judge what ty said of a candidate's files, by their paths; runs in a worker.

    :param prefix: The environment that ty was given; empty where none.
    """
    python = [file for file in (*candidate.files, *candidate.context_files) if of_path(file.path) == "python"]
    own = OwnModules(file.path for file in python)
    judged = {}
    for file in candidate.files:
        if said := told.get(file.path):
            others = [other.content for other in python if other is not file]
            source = decode(file.content, file.path)
            judged[file.path] = judged_file(JudgedFile(source, others, own, version, _environment(prefix)), said)
    return judged


def judged_file(file: JudgedFile, told: Sequence[Told]) -> list[Judged]:
    """Return what is wrong with one file, at most one thing at each place and each doubt once, as the source goes."""
    told = told[:MAX_TOLD]
    if file.hides_modules:
        return []
    retyped = _retyped(file, told)
    missing = [one for one in told if one.check == "missing-attribute"]
    kept: dict[tuple[int, int], Judged] = {}
    doubts: set[str] = set()
    for one in told:
        node = file.node(one)
        if types_objects.first_name(node) in retyped or file.context.is_guarded(node):
            continue
        for found in _checked(file, one, node, missing):
            if found.finding.severity < Severity.HIGH and found.finding.message in doubts:
                continue
            doubts.add(found.finding.message)
            kept.setdefault(_start(found), found)
    return sorted(kept.values(), key=_start)[:MAX_FINDINGS]


def _checked(file: JudgedFile, told: Told, node: "Node", missing: Sequence[Told]) -> Iterator[Judged]:
    if told.check == "missing-attribute":
        yield from types_modules.attribute(file, told)
        yield from types_objects.attribute(file, told, node, missing)
    elif told.check in CHECKS:
        yield from CHECKS[told.check](file, told, node)


@lru_cache(maxsize=4)
def _environment(prefix: str) -> Environment | None:
    return Environment(Path(prefix)) if prefix else None


def _retyped(file: JudgedFile, told: Sequence[Told]) -> set[bytes]:
    """Return the names that are declared as one type and given another: what they have is not known."""
    assignments = (one for one in told if one.check == "invalid-assignment")
    return {name for one in assignments for name in _assigned(file.node(one))}


def _start(judged: Judged) -> tuple[int, int]:
    place = judged.finding.location
    assert place is not None
    return place.start_line, place.start_column


def _assigned(node: "Node") -> Iterator[bytes]:
    """Yield the names that the statement around a node gives values to."""
    above: Node | None = node
    while above is not None and above.type not in ("assignment", "augmented_assignment", "for_statement"):
        if above.type.endswith(("_definition", "_statement")):
            return
        above = above.parent
    left = above.child_by_field_name("left") if above is not None else None
    if left is not None and left.type != "attribute":
        yield from (name.text or b"" for name in (left, *left.named_children) if name.type == "identifier")
