"""What became of planted faults, as figures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.intervals import Proportion


@dataclass(frozen=True, slots=True)
class Tried:
    """
    What became of one fault.

    :param found: Whether the faulty program was called inauthentic.
    :param changed: Whether repair kept a change.
    :param repaired: Whether that was the right one.
    :param worse: How it was made worse; empty: it was not.
    :param why: What the last round said, or what there was instead.
    """

    name: str
    source: str
    kind: str
    what: str
    found: bool
    changed: bool
    repaired: bool
    worse: str
    why: str


@dataclass
class Results:
    """
    What became of all programs.

    :param right: The programs that are called authentic as they are.
    :param aside: Those that are not, into which nothing is planted.
    :param touched: Those of both that repair changed as they are.
    """

    tried: list[Tried] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)


def report(results: Results) -> dict[str, Any]:
    """Return the figures, by where the programs are from."""
    made = results.tried
    sources = sorted({one.source for one in made})
    n = len(results.right) + len(results.aside)
    return {
        "aside": results.aside,
        "right_ones_changed": Proportion(len(results.touched), n).as_json() | {"names": results.touched},
        "faults": {source: figures([one for one in made if one.source == source]) for source in sources},
        "not_repaired": [asdict(one) for one in made if not one.repaired or one.worse],
    }


def figures(made: Sequence[Tried]) -> dict[str, Any]:
    """Return what became of faults, all and by kind."""
    kinds = sorted({one.kind for one in made})
    return {"all": _figures(made)} | {kind: _figures([one for one in made if one.kind == kind]) for kind in kinds}


def _figures(made: Sequence[Tried]) -> dict[str, Any]:
    n = len(made)
    return {
        "found": Proportion(sum(one.found for one in made), n).as_json(),
        "repaired": Proportion(sum(one.repaired for one in made), n).as_json(),
        "changed_otherwise": sum(one.changed and not one.repaired for one in made),
        "made_worse": Proportion(sum(bool(one.worse) for one in made), n).as_json(),
    }


def show(made: Mapping[str, Any]) -> None:
    """Print a line for each kind of fault in each kind of program, and what became of programs that are right."""
    for source, kinds in made["faults"].items():
        print(f"{source}:")
        for kind, row in kinds.items():
            share, worse_by = row["repaired"], row["made_worse"]
            print(
                f"  {kind:24} n {share['n']:4}  repaired {share['value']:.3f} [{share['low']:.3f}, {share['high']:.3f}]"
                f"  found {row['found']['value']:.3f}  changed otherwise {row['changed_otherwise']}"
                f"  made worse {round(worse_by['value'] * share['n'])} (at most {worse_by['high']:.3f})"
            )
    changed = made["right_ones_changed"]
    print(f"programs as they are: {changed['n']}, changed: {len(changed['names'])}; {len(made['aside'])} stand aside")
