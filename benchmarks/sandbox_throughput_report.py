"""The Markdown report, and whether what is required holds."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.sandbox_throughput_corpus import Score
from benchmarks.sandbox_throughput_host import IdleCost, Start, middle
from benchmarks.sandbox_throughput_regimes import Sample

SERVICE = "this service"
RUN = "`docker run --rm`"
BARE = "bare interpreter"
LEAST_BATCH_RATIO = 20.0


@dataclass
class Batch:
    """Seconds of a hundred inputs: in one batch, in a loop of ``docker run``, in a batch of C with its compiling."""

    python: list[float] = field(default_factory=list)
    loop: list[float] = field(default_factory=list)
    c: list[float] = field(default_factory=list)


@dataclass
class Findings:
    """All that was measured; what was left out is empty."""

    command: str
    load_before: tuple[float, float, float]
    missing: dict[str, str] = field(default_factory=dict)
    lacks: dict[str, str] = field(default_factory=dict)
    bursts: dict[str, dict[str, Sample]] = field(default_factory=dict)
    saturation: dict[int, dict[str, Sample]] = field(default_factory=dict)
    open_rates: dict[str, float] = field(default_factory=dict)
    open_loop: dict[str, dict[str, Sample]] = field(default_factory=dict)
    too_slow: dict[str, list[str]] = field(default_factory=dict)
    batch: Batch = field(default_factory=Batch)
    idle: list[IdleCost] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    corpus: dict[str, Score] = field(default_factory=dict)
    corpus_size: int = 0


def report(findings: Findings) -> str:
    """Return the report."""
    parts = [_heading(findings), *_lacks(findings), *_latencies(findings), *_saturation(findings)]
    parts += [*_batch(findings.batch), *_host(findings), *_corpus(findings), _required(findings)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(findings: Findings) -> str:
    load = ", ".join(f"{value:.1f}" for value in findings.load_before)
    version = subprocess.run(
        ["docker", "version", "-f", "{{.Server.Version}}"], capture_output=True, text=True, check=False
    )
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return (
        f"## The sandbox beside what one would use instead\n\n`{findings.command}` at {commit.stdout.strip()}; "
        f"{os.cpu_count()} processors ({model}), Linux {platform.release()}, Docker {version.stdout.strip()}; "
        f"load before: {load}. One run; all backends in turn within each round. The program is `print(1)`; times in "
        "milliseconds."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _lacks(findings: Findings) -> list[str]:
    rows = list(findings.lacks.items()) + [(name, f"not measured: {why}") for name, why in findings.missing.items()]
    return [table(("backend", "what it does not enforce"), rows)] if rows else []


def _rows(samples: Mapping[str, Sample]) -> list[list[str]]:
    rows = []
    for name, sample in samples.items():
        figures = [f"{value:.1f}" for value in sample.quantiles()]
        rows.append([name, str(len(sample.seconds)), *figures, f"{sample.rate():.1f}", str(sample.failed)])
    return rows


COLUMNS = ("backend", "n", "p50", "p95", "p99", "right a second", "failed")


def _latencies(findings: Findings) -> list[str]:
    parts = []
    for title, samples in findings.bursts.items():
        parts.append(f"### {title}\n\n{table(COLUMNS, _rows(samples))}")
    for title, samples in findings.open_loop.items():
        text = f"### {title}\n\n{table(COLUMNS, _rows(samples))}"
        if slow := findings.too_slow.get(title):
            text += f"\n\nNot tried at this rate, since they are slower at saturation: {', '.join(slow)}."
        parts.append(text)
    return parts


def _saturation(findings: Findings) -> list[str]:
    return [
        f"### Saturation, {clients} client{'s' if clients > 1 else ''}\n\n{table(COLUMNS, _rows(samples))}"
        for clients, samples in findings.saturation.items()
    ]


def _batch(batch: Batch) -> list[str]:
    rows = [
        [name, str(len(values)), f"{middle(values):.2f}"]
        for name, values in (
            ("ExecuteBatch, 100 inputs, Python", batch.python),
            ("100 `docker run --rm` one after the other", batch.loop),
            ("ExecuteBatch, 100 inputs, C, compiling included", batch.c),
        )
        if values
    ]
    return ["### A hundred inputs\n\n" + table(("", "n", "seconds, median"), rows)] if rows else []


def _host(findings: Findings) -> list[str]:
    rows = [
        [f"idle container, MiB, {cost.count} of them: {name}", f"{value:.1f}"]
        for cost in findings.idle
        for name, value in (
            ("PSS of process 1 and the interpreter", cost.processes),
            ("PSS of the shim", cost.shim),
            ("its control group", cost.group),
            ("less free memory of the host", cost.host),
        )
    ]
    if starts := findings.starts:
        rows += [
            ["start to serving, s", f"{middle([one.serving for one in starts]):.2f}"],
            ["start to the first answer, s", f"{middle([one.first_answer for one in starts]):.2f}"],
            ["start to a full pool, s", f"{middle([one.full_pool for one in starts]):.2f}"],
        ]
    if findings.recoveries:
        each = ", ".join(f"{seconds:.2f}" for seconds in findings.recoveries)
        rows.append(["from a restarted daemon's first answer to a run's, s", each])
    return ["### What it costs the host\n\n" + table(("", ""), rows)] if rows else []


def _corpus(findings: Findings) -> list[str]:
    if not findings.corpus:
        return []
    rows = []
    for name, score in findings.corpus.items():
        told = score.right + len(score.wrong)
        share = f"{score.right / told:.3f}" if told else ""
        rows.append([name, str(score.right), str(len(score.wrong)), str(score.inexpressible.total()), share])
        rows[-1].append(f"{score.seconds / told:.2f}" if told else "")
    parts = [
        f"### Right answers over the corpus\n\n{findings.corpus_size} programs in Python.\n\n"
        + table(("backend", "right", "wrong", "cannot be told to it", "right of those told", "s a program"), rows)
    ]
    for name, score in findings.corpus.items():
        kinds = "; ".join(f"{kind}: {count}" for kind, count in score.kinds.most_common(8))
        reasons = "; ".join(f"{reason}: {count}" for reason, count in score.inexpressible.most_common())
        if kinds or reasons:
            parts.append(f"- {name}. Wrong: {kinds or 'none'}. Cannot be told: {reasons or 'none'}.")
    return ["\n".join([parts[0], "", *parts[1:]])]


def verdicts(findings: Findings) -> list[tuple[str, str, bool]]:
    """Return what was required or aimed at, what was found, and whether it holds."""
    found = []
    for clients, samples in findings.saturation.items():
        if SERVICE in samples and RUN in samples:
            own, other = samples[SERVICE].rate(), samples[RUN].rate()
            what = f"required: at saturation, {clients} at once, no fewer runs a second than `docker run`"
            found.append((what, f"{own:.1f} against {other:.1f}", own >= other))
    if findings.batch.python and findings.batch.loop:
        ratio = middle(findings.batch.loop) / middle(findings.batch.python)
        what = f"required: a batch of 100 at least {LEAST_BATCH_RATIO:.0f} times faster than 100 `docker run`"
        found.append((what, f"{ratio:.1f} times", ratio >= LEAST_BATCH_RATIO))
    for title, samples in findings.bursts.items():
        if SERVICE in samples and BARE in samples:
            own, other = samples[SERVICE].quantiles()[0], samples[BARE].quantiles()[0]
            what = f"target: {title.lower()}, p50 no more than a bare interpreter's"
            found.append((what, f"{own:.1f} against {other:.1f} ms", own <= other))
    return found


def _required(findings: Findings) -> str:
    rows = [[what, figure, "met" if met else "**missed**"] for what, figure, met in verdicts(findings)]
    return "### Required and aimed at\n\n" + table(("", "found", ""), rows) if rows else ""
