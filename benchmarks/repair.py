"""
How often repair puts right what was planted into programs that are right, and whether it makes any worse.

    python -m benchmarks.repair [--count N] [--seed S] [--corpus FILE.jsonl] [--no-sandbox] [--report FILE.json]

Programs are modules of the standard library, read and not run; the examples of this project that are authentic, with
their tests; and the authentic records with tests of a corpus, where one is given. Into each one fault is planted, of
which one repair is the right one (benchmarks/planting.py), seeded. Programs that the suite does not call authentic as
they are stand aside: they would have two faults. Repair is tried on all of them as they are, too, where it should
change nothing.

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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from assay.client import Suite
from assay.v1 import candidate_pb2, source_pb2, stage_pb2, validation_pb2

from benchmarks.corpus import records
from benchmarks.false_alarms import standard_library
from benchmarks.judged import CALL_SECONDS, READING, a_suite
from benchmarks.planting import PLANTS, Planted, Program
from benchmarks.repair_report import Results, Tried, report, show
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

    async def is_right(self, given: Given, results: Results) -> bool:
        """Return whether the suite calls a program authentic as it is, and note whether repair changes it."""
        validation = await self.validated(given, repair=True)
        right = validation.verdict == validation_pb2.VERDICT_AUTHENTIC
        (results.right if right else results.aside).append(given.name)
        if validation.repair.improved:
            results.touched.append(given.name)
        return right

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


async def try_all(trial: Trial, programs: Iterable[Given], options: argparse.Namespace, results: Results) -> None:
    """Plant faults until there are enough of each kind, and note what becomes of them."""
    random = Random(options.seed)
    wanted = dict.fromkeys(PLANTS, options.count)
    for given in programs:
        if not any(wanted.values()):
            break
        planted = _planted(given, wanted, random)
        if planted and await trial.is_right(given, results):
            for kind in planted:
                wanted[kind] -= 1
            results.tried += await asyncio.gather(*(trial.tried(given, one) for one in planted.values()))
            print(f"{len(results.tried)} faults", file=sys.stderr, flush=True)


def _planted(given: Given, wanted: Mapping[str, int], random: Random) -> dict[str, Planted]:
    try:
        program = Program(given.text)
    except SyntaxError:
        return {}
    tried = {kind: PLANTS[kind](program, random) for kind, count in wanted.items() if count > 0}
    return {kind: planted for kind, planted in tried.items() if planted is not None}


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Try the programs of every source."""
    sources = [library(Random(options.seed))]
    if not options.no_sandbox:
        sources.append(examples() * options.repeat)
        sources.extend([corpus(options.corpus, Random(options.seed))] if options.corpus else [])
    results = Results()
    async with a_suite(sandbox=not options.no_sandbox) as suite:
        for programs in sources:
            await try_all(Trial(suite), programs, options, results)
    return report(results)


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
    print(f"{time.monotonic() - started:.0f} s")
    if options.report:
        options.report.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
