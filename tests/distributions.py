"""Small distributions, laid out as an installer lays them out, that a test puts on the path of a suite."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent


def install(folder: Path, name: str, code: str, **groups: Mapping[str, str]) -> Path:
    """
    Put a distribution of one module into a folder, and return the folder.

    :param name: Of the distribution; the module has underscores in it.
    :param groups: Entry points by group, "validators" or "stages", each as name=attribute of the module.
    """
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(dedent(code))
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = []
    for group, points in groups.items():
        lines += [f"[assay.{group}]", *(f"{point} = {module}:{attribute}" for point, attribute in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return folder


VALIDATOR = """
from dataclasses import dataclass

from assay.stage import Category, Finding, Location, RuleInfo, Severity

RULE = RuleInfo("{name}/word", Category.ARTIFACT, Severity.LOW, "The word stands there.", fires=("word",))


class Words:
    name = "{name}"
    version = "7"
    languages = frozenset({languages})
    rules = (RULE,)

    def check(self, file, candidate):
{check}


def found(file, **changes):
    fields = dict(
        rule_id=RULE.rule_id,
        category=RULE.category,
        severity=RULE.severity,
        message="The word stands there.",
        location=Location(file.path, 1, 1, 1, 2),
    )
    return Finding(**fields | changes)
"""
"""A validator whose check is the text's to fill in."""


def validator(check: str, *, name: str = "words", languages: str = '{"python"}') -> str:
    """Return the code of a validator: the lines of its check, which may call ``found(file, …)``."""
    body = "\n".join(" " * 8 + line for line in dedent(check).strip().splitlines())
    return VALIDATOR.format(name=name, languages=languages, check=body)
