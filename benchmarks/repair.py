"""
How often repair puts right what was planted into programs that are right, and whether it makes any worse.

    python -m benchmarks.repair [--count N] [--seed S] [--corpus FILE.jsonl] [--no-sandbox] [--report FILE.json]

Programs are modules of the standard library, read and not run; the examples of this project that are authentic, with
their tests; and the authentic records with tests of a corpus, where one is given. Into each one fault is planted, of
which one repair is the right one (benchmarks/planting.py), seeded. Programs that the suite does not call authentic as
they are stand aside: they would have two faults.

A fault is repaired where the repaired program is the one that there was, but for where its imports stand, or where its
tests ran and it is AUTHENTIC. It is made worse where the repaired program, judged anew, has a worse verdict than
the faulty one or fewer of its tests pass. Shares have Wilson intervals at 95 %.
"""

import argparse
import ast
import asyncio
import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from assay.client import Suite
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, validation_pb2

from benchmarks.corpus import records
from benchmarks.false_alarms import standard_library
from benchmarks.intervals import Proportion
from benchmarks.judged import CALL_SECONDS, READING, a_suite
from benchmarks.planting import PLANTS, Planted, Program
from host import logs

EXAMPLES = Path(__file__).parent.parent / "examples"
MAX_BYTES = 60_000
"""Of a module that is taken, so that the time goes into many programs."""

_RANK = {
    validation_pb2.VERDICT_INAUTHENTIC: 0,
    validation_pb2.VERDICT_INCONCLUSIVE: 1,
    validation_pb2.VERDICT_AUTHENTIC: 2,
}


@dataclass(frozen=True, slots=True)
class Given:
    """
    A program that is right.

    :param source: Where it is from.
    :param version: Of Python that it is for; empty: the suite's default.
    :param tests: Its tests; none: it is read, not run.
    """

    name: str
    source: str
    text: str
    version: str = ""
    tests: tuple[candidate_pb2.TestSuite, ...] = ()


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


def library(random: Random) -> list[Given]:
    """Return modules of the standard library, in an order by chance."""
    place = standard_library()
    paths = [path for path in place.files() if path.stat().st_size <= MAX_BYTES]
    random.shuffle(paths)
    found = []
    for path in paths:
        data = path.read_bytes()
        if b"\r" not in data and b"coding:" not in data[:200]:
            name = path.relative_to(place.root).as_posix()
            found.append(Given(name, "standard library", data.decode("utf-8", "replace"), place.version))
    return [given for given in found if "\ufffd" not in given.text]


def examples() -> list[Given]:
    """Return the examples that have tests."""
    folders = sorted(path.parent for path in EXAMPLES.glob("*/tests.py"))
    return [
        Given(folder.name, "examples", (folder / "main.py").read_text(), tests=(_suite(folder / "tests.py"),))
        for folder in folders
    ]


def _suite(path: Path) -> candidate_pb2.TestSuite:
    return candidate_pb2.TestSuite(files=[source_pb2.SourceFile(path=path.name, content=path.read_bytes())])


def corpus(path: Path, random: Random) -> list[Given]:
    """Return the authentic Python records of a corpus that have tests, in an order by chance."""
    found = [
        Given(record.id, path.stem, record.source.content.decode(), tests=tuple(record.candidate.tests))
        for record in records(path, "python")
        if not record.positive and record.candidate.tests
    ]
    random.shuffle(found)
    return found


class Trial:
    """Tries repair on programs."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite

    async def validated(self, given: Given, *, repair: bool) -> validation_pb2.Validation:
        """Return what the suite says of a program."""
        name = Path(given.name).name if given.name.endswith(".py") else "main.py"
        candidate = candidate_pb2.Candidate(
            files=[source_pb2.SourceFile(path=name, content=given.text.encode())],
            language="python", language_version=given.version, tests=given.tests,
        )  # fmt: skip
        policy = validation_pb2.ValidationPolicy(
            stages=() if given.tests else READING, fresh=True, repair=validation_pb2.RepairPolicy() if repair else None
        )
        request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
        return (await self._suite.validation.Validate(request, timeout=CALL_SECONDS)).validation

    async def is_right(self, given: Given) -> bool:
        """Return whether the suite calls a program authentic as it is."""
        return (await self.validated(given, repair=False)).verdict == validation_pb2.VERDICT_AUTHENTIC

    async def tried(self, given: Given, planted: Planted) -> Tried:
        """Return what became of one fault."""
        faulty = await self.validated(replace(given, text=planted.text), repair=True)
        repair = faulty.repair
        why = repair.rounds[-1].reason if repair.rounds else "no safe fix"
        tried = Tried(
            given.name, given.source, planted.kind, planted.what,
            found=faulty.verdict == validation_pb2.VERDICT_INAUTHENTIC,
            changed=repair.improved, repaired=False, worse="", why=why,
        )  # fmt: skip
        if not repair.improved:
            return tried
        mended = replace(given, text=repair.files[0].content.decode())
        again = await self.validated(mended, repair=False)
        ran = bool(given.tests) and passed(again) > 0 and again.verdict == validation_pb2.VERDICT_AUTHENTIC
        return replace(tried, repaired=ran or alike(given.text, mended.text), worse=worse(faulty, again))


def alike(one: str, other: str) -> bool:
    """Return whether two programs do the same: the same code, but for the order of the imports at the top."""
    try:
        return one == other or _parts(one) == _parts(other)
    except SyntaxError:
        return False


def _parts(text: str) -> tuple[list[str], list[str]]:
    body = ast.parse(text).body
    imports = sorted(ast.dump(node) for node in body if isinstance(node, (ast.Import, ast.ImportFrom)))
    return imports, [ast.dump(node) for node in body if not isinstance(node, (ast.Import, ast.ImportFrom))]


def passed(validation: validation_pb2.Validation) -> int:
    """Return how many tests passed."""
    done = (result for result in validation.stage_results if result.status == stage_pb2.STAGE_STATUS_COMPLETED)
    return sum(int(result.details.get("tests_passed", "0")) for result in done)


def worse(before: validation_pb2.Validation, after: validation_pb2.Validation) -> str:
    """Return how a program is worse than before; empty where it is not."""
    if _RANK[after.verdict] < _RANK[before.verdict]:
        return f"{validation_pb2.Verdict.Name(before.verdict)} became {validation_pb2.Verdict.Name(after.verdict)}"
    if passed(after) < passed(before):
        return f"{passed(before)} tests passed, and {passed(after)} do"
    return ""


async def try_all(
    trial: Trial, programs: Iterable[Given], options: argparse.Namespace
) -> tuple[list[Tried], list[str]]:
    """Plant faults until there are enough of each kind; return what became of them, and which programs stand aside."""
    random = Random(options.seed)
    made: list[Tried] = []
    aside: list[str] = []
    wanted = dict.fromkeys(PLANTS, options.count)
    for given in programs:
        if not any(wanted.values()):
            break
        planted = _planted(given, wanted, random)
        if not planted:
            continue
        if not await trial.is_right(given):
            aside.append(given.name)
            continue
        for kind in planted:
            wanted[kind] -= 1
        made += await asyncio.gather(*(trial.tried(given, one) for one in planted.values()))
        print(f"{len(made)} faults", file=sys.stderr, flush=True)
    return made, aside


def _planted(given: Given, wanted: Mapping[str, int], random: Random) -> dict[str, Planted]:
    try:
        program = Program(given.text)
    except SyntaxError:
        return {}
    tried = {kind: PLANTS[kind](program, random) for kind, count in wanted.items() if count > 0}
    return {kind: planted for kind, planted in tried.items() if planted is not None}


def report(made: Sequence[Tried], aside: Sequence[str]) -> dict[str, Any]:
    """Return the figures, by where the programs are from."""
    sources = sorted({one.source for one in made})
    return {
        "aside": len(aside),
        **{source: figures([one for one in made if one.source == source]) for source in sources},
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
    """Print a line for each kind of fault in each kind of program."""
    for source, kinds in made.items():
        if not isinstance(kinds, dict):
            continue
        print(f"{source}:")
        for kind, row in kinds.items():
            share, worse_by = row["repaired"], row["made_worse"]
            print(
                f"  {kind:24} n {share['n']:4}  repaired {share['value']:.3f} [{share['low']:.3f}, {share['high']:.3f}]"
                f"  found {row['found']['value']:.3f}  changed otherwise {row['changed_otherwise']}"
                f"  made worse {round(worse_by['value'] * share['n'])} (at most {worse_by['high']:.3f})"
            )


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Try the programs of every source."""
    sources = [library(Random(options.seed))]
    if not options.no_sandbox:
        sources.append(examples() * options.repeat)
        sources.extend([corpus(options.corpus, Random(options.seed))] if options.corpus else [])
    made: list[Tried] = []
    aside: list[str] = []
    async with a_suite(sandbox=not options.no_sandbox) as suite:
        for programs in sources:
            more, left = await try_all(Trial(suite), programs, options)
            made += more
            aside += left
    return report(made, aside)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="faults of each kind, in each source")
    parser.add_argument("--repeat", type=int, default=5, help="faults of each kind in each example")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--corpus", type=Path, help="a labelled corpus, of which authentic records with tests are taken"
    )
    parser.add_argument("--no-sandbox", action="store_true", help="only read, and take no programs with tests")
    parser.add_argument("--report", type=Path, help="write the figures, and what was not repaired, as JSON")
    options = parser.parse_args()
    logs.configure("error", "text")
    started = time.monotonic()
    made = asyncio.run(measure(options)) | {"seed": options.seed}
    show(made)
    print(f"{made['aside']} programs stand aside; {time.monotonic() - started:.0f} s")
    if options.report:
        options.report.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
