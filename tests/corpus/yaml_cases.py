"""
Cases in YAML that a person can read.

A slip in them is an error that names the file and the case: an unknown key, a key given twice, a name used twice.
"""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

C = TypeVar("C", bound=BaseModel)


class _UniqueKeys(yaml.SafeLoader):
    """YAML that refuses a key given twice, where PyYAML would take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"given twice: {sorted(twice)}", node.start_mark)
        return super().construct_mapping(node, deep)


def parse(text: str, where: str, kind: type[C]) -> list[C]:
    """
    Return the cases of one file's text.

    :raises ValueError: The text is not such a file; the error names ``where`` and the case.
    """
    try:
        entries = yaml.load(text, _UniqueKeys)
    except yaml.YAMLError as error:
        raise ValueError(f"{where}: {error}") from None
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{where}: it is not a list of cases")
    cases = []
    for number, entry in enumerate(entries, 1):
        name = entry.get("name", "") if isinstance(entry, dict) else ""
        try:
            cases.append(kind.model_validate(entry))
        except ValueError as error:
            raise ValueError(f"{where}: case {number} {name}: {error}") from None
    return cases


def load(folder: Path, kind: type[C]) -> list[C]:
    """
    Return all cases below a folder, in the order of the files' names.

    :raises ValueError: A file is wrong, or two cases have one name.
    """
    paths = sorted(folder.glob("*.yaml"))
    cases = [case for path in paths for case in parse(path.read_text("utf-8"), path.name, kind)]
    names: list[str] = [case.name for case in cases]  # type: ignore[attr-defined]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"names used twice: {', '.join(twice)}")
    return cases
