"""
How long the reading stages take, beside the tools that do a part of the same work.

    python -m benchmarks.reading_latency [--rounds 60] [--tree 1000 --environment FOLDER] [--report FILE.json]

Each stage and all together are asked over gRPC through the engine of an embedded suite that is warm. Beside them stand
ruff and ty, as a process and as a language server that is warm, and pyrefly, ai-slop-detector and sloppylint as
processes. Every program is a new one. All regimes take turns in each round, in random order, so that noise hits all
alike; a turn is four questions, of which three count. With --tree a folder of files from installed packages is checked
by whole commands: `assay check` beside ruff and ty.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assay.client import Suite
from assay.v1 import candidate_pb2, source_pb2, validation_pb2

from benchmarks import reading_tree
from benchmarks.figures import quantiles
from benchmarks.judged import READING, a_suite
from benchmarks.samples import TEMPLATES, program
from host import logs
from services.stages.language_server import LanguageServer, ServerSpec

LENGTHS = (100, 1000)
TOGETHER = "all together"
COUNTED = 3
"""Questions of one turn that are counted."""

CALL_SECONDS = 120.0
REQUIRED_MS = 15.0
"""The most that all three stages may take at p50, over 100 lines of Python."""

TOOLS: Mapping[str, tuple[str, ...]] = {
    "ruff check": ("ruff", "check", "--isolated", "--no-cache"),
    "ty check": ("ty", "check"),
    "pyrefly check": ("pyrefly", "check", "--preset", "default"),
    "ai-slop-detector": ("ai-slop-detector", "--read-only", "--no-color", "--json"),
    "sloppylint": ("sloppylint",),
}
"""Commands that read one Python file; its path is put last."""

SERVERS: Mapping[str, tuple[str, ...]] = {"ruff server, warm": ("ruff", "server"), "ty server, warm": ("ty", "server")}

Regime = Callable[[str], Awaitable[None]]
"""Reads a program's text."""


def asking(suite: Suite, language: str, stages: Sequence[str]) -> Regime:
    """Return what asks the suite for some of the stages."""

    async def ask(text: str) -> None:
        file = source_pb2.SourceFile(path=f"main{TEMPLATES[language].suffix}", content=text.encode())
        request = validation_pb2.ValidateRequest(
            candidate=candidate_pb2.Candidate(files=[file], language=language),
            policy=validation_pb2.ValidationPolicy(stages=stages),
        )
        answer = await suite.validation.Validate(request, timeout=CALL_SECONDS)
        if findings := [f.rule_id for result in answer.validation.stage_results for f in result.findings]:
            raise SystemExit(f"the program is found fault with: {findings}")
        if reasons := [
            f"{result.stage}: {result.reason}" for result in answer.validation.stage_results if result.reason
        ]:
            print("not judged:", *reasons, file=sys.stderr)

    return ask


def running(arguments: Sequence[str], folder: Path) -> Regime:
    """Return what runs a command over the program as a file."""
    tool = str(Path(sys.executable).with_name(arguments[0]))

    async def run(text: str) -> None:
        file = folder / "main.py"
        file.write_text(text, encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            tool, *arguments[1:], str(file), cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        await asyncio.wait_for(process.communicate(), CALL_SECONDS)
        if process.returncode not in {0, 1}:
            raise SystemExit(f"{arguments[0]} ended with {process.returncode}")

    return run


@asynccontextmanager
async def serving(arguments: Sequence[str]) -> AsyncIterator[Regime]:
    """Run a language server, and yield what asks it for a program's diagnostics."""
    command = (str(Path(sys.executable).with_name(arguments[0])), *arguments[1:])
    server = LanguageServer(ServerSpec(arguments[0], command, "python"))

    async def ask(text: str) -> None:
        await server.diagnose({"main.py": text}, ["main.py"])

    try:
        yield ask
    finally:
        await server.close()


async def stages_of(suite: Suite, language: str) -> dict[str, Regime]:
    """Return what asks for each stage that judges a language, and for all of them together."""
    listed = await suite.validation.ListValidationStages(
        validation_pb2.ListValidationStagesRequest(), timeout=CALL_SECONDS
    )
    told = {entry.stage.name: entry.stage.languages for entry in listed.stages}
    stages = [stage for stage in READING if language in told[stage]]
    return {stage: asking(suite, language, (stage,)) for stage in stages} | {TOGETHER: asking(suite, language, stages)}


async def measure(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the times in seconds, by language with its length, and by regime."""
    times: dict[str, dict[str, list[float]]] = {}
    numbers = count(1)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="assay-reading-")))
        suite = await stack.enter_async_context(a_suite(sandbox=False))
        for language in TEMPLATES:
            regimes = await stages_of(suite, language)
            if language == "python":
                regimes |= {name: await stack.enter_async_context(serving(told)) for name, told in SERVERS.items()}
                regimes |= {name: running(told, folder) for name, told in TOOLS.items()}
            for length in LENGTHS:
                label = f"{language}, {length:,} lines"
                print(f"measuring {label}", file=sys.stderr, flush=True)
                times[label] = await _rounds(regimes, rounds, lambda: program(language, length, next(numbers)))  # noqa: B023
    return times


async def _rounds(regimes: Mapping[str, Regime], rounds: int, make: Callable[[], str]) -> dict[str, list[float]]:
    """
    Return the times of every regime.

    A turn is some questions one after the other, the first not counted: what ran before it, a whole type checker for
    one, has taken the processors' caches.
    """
    order = list(regimes)
    times: dict[str, list[float]] = {name: [] for name in order}
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            for question in range(1 + COUNTED):
                text = make()
                started = time.monotonic()
                await regimes[name](text)
                if question:
                    times[name].append(time.monotonic() - started)
    return times


def show(times: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, Any]:
    """Print the quantiles in milliseconds, and return them."""
    made: dict[str, Any] = {}
    for label, regimes in times.items():
        made[label] = {name: {**quantiles(taken), "n": len(taken)} for name, taken in regimes.items()}
        print(f"\n{label:32}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'n':>6}")
        for name, row in made[label].items():
            print(f"{name:32}{row['p50']:9.1f}{row['p95']:9.1f}{row['p99']:9.1f}{row['n']:6}")
    reached = made["python, 100 lines"][TOGETHER]["p50"]
    print(f"\nall three, 100 lines of Python, p50: {reached} ms; required {REQUIRED_MS:g}:", end=" ")
    print("met" if reached <= REQUIRED_MS else "MISSED")
    return made


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--tree", type=int, default=0, help="also check a tree of so many files")
    parser.add_argument("--tree-rounds", type=int, default=3)
    parser.add_argument("--environment", type=Path, help="the environment whose packages the tree is of")
    parser.add_argument("--seed", type=int, default=1, help="chooses the tree's files")
    parser.add_argument("--report", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    if options.tree and not options.environment:
        parser.error("--tree takes its files from --environment")
    logs.configure("error", "text")
    made: dict[str, Any] = {"files": show(asyncio.run(measure(options.rounds)))} if options.rounds else {}
    if options.tree:
        made["tree"] = reading_tree.measure(options.environment, options.tree, options.seed, options.tree_rounds)
        reading_tree.show(made["tree"])
    if options.report:
        options.report.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
