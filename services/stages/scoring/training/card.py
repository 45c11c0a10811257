"""The model's card: what it was made of, what it reaches, and how its thresholds were chosen."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.calibration import reliability
from benchmarks.corpus import Record
from services.stages.scoring.features import FEATURES
from services.stages.scoring.training.calibrate import SURE
from services.stages.scoring.training.dataset import DROPPED, Table
from services.stages.scoring.training.evaluate import ALONE, KNOWN, Final, Measured, figures, grouped, pairs
from services.stages.scoring.training.fit import FOLDS, SELDOM, Comparison

LEAST = 30
"""Records below which kinds are pooled."""

_WORDS = {
    "tests": "tests came along and ran",
    "run": "it was run, without tests",
    "read": "it was read and not run",
}


@dataclass(frozen=True, slots=True)
class Made:
    """
    Everything that a card tells.

    :param digests: SHA-256 of each corpus file, by its name.
    :param stages: Versions of the stages, by name.
    :param priors: Of the features that were seen too seldom to learn from.
    :param left_out: By an origin: figures over its records by a model that saw none of them.
    """

    name: str
    learner: str
    digests: Mapping[str, str]
    stages: Mapping[str, str]
    table: Table
    learners: Mapping[str, Sequence[Measured]]
    comparisons: Sequence[Comparison]
    finals: Mapping[str, Final]
    importance: Mapping[str, float]
    priors: Mapping[str, float]
    left_out: Mapping[str, Mapping[str, Any]]
    pictures: Mapping[str, str]
    model_bytes: int
    milliseconds: float

    @property
    def measured(self) -> Sequence[Measured]:
        """The rows as the learner that is shipped scored them."""
        return self.learners[self.learner]


def card(made: Made) -> str:
    """Return the card as Markdown."""
    return "\n".join(_lines(made)) + "\n"


def _lines(made: Made) -> Iterator[str]:
    yield f"# The model {made.name}"
    yield ""
    yield f"Gradient-boosted {made.learner}: {made.model_bytes:,} bytes, {made.milliseconds:.2f} ms for one score."
    yield "Written by `python -m services.stages.scoring.train`; see [scoring.md](../../../../docs/scoring.md)."
    yield ""
    yield from _data(made)
    yield from _choice(made)
    yield from _reached(made)
    yield from _thresholds(made)
    yield from _features(made)
    yield "## Pictures"
    yield ""
    for file, shows in made.pictures.items():
        yield f"![{shows}]({file})"
        yield ""


def _data(made: Made) -> Iterator[str]:
    records = made.table.records
    wrong = sum(record.positive for record in records)
    yield "## Data"
    yield ""
    groups = len({record.group for record in records})
    yield f"{len(records):,} labelled records of {groups:,} groups: {len(records) - wrong:,} authentic, {wrong:,} not."
    yield "No group is in two folds. None of the records is copied here."
    yield ""
    yield from _rows(("file", "SHA-256"), made.digests.items())
    yield from _rows(("stage", "version"), made.stages.items())
    yield "Each record is a row with its tests, one without them, one as if it were only read, and one that lacks"
    yield f"sources of features by chance ({DROPPED:.0%} of them). In each of these both labels weigh the same, so that"
    yield "what is missing tells nothing, and a score is a probability where half of all candidates are authentic."
    yield ""


def _choice(made: Made) -> Iterator[str]:
    yield "## Choice"
    yield ""
    yield f"All figures are out of fold: {FOLDS} folds by group, the calibration of a fold fitted on the others."
    yield ""
    header = ("learner", *(f"{known}: area, Brier, Brier by steps" for known in KNOWN))
    yield from _rows(header, ((name, *map(_quality, told)) for name, told in made.learners.items()))
    yield "A more complex learner stays only where it is measurably better: by mean loss, with its interval at 95 %"
    yield "over resampled groups."
    yield ""
    header = ("learner", "beside", "difference of loss", "better")
    yield from _rows(
        header,
        (
            (one.other, one.simpler, f"{one.difference:+.4f} [{one.low:+.4f}, {one.high:+.4f}]", _yes(one.is_better))
            for one in made.comparisons
        ),
    )


def _quality(told: Measured) -> str:
    row = figures(told)
    return f"{_number(row['area_under_curve'])}, {_number(row['brier'])}, {_number(row['brier_by_steps'])}"


def _reached(made: Made) -> Iterator[str]:
    yield "## What is reached"
    yield ""
    yield "A record is called inauthentic where a finding rejects it, or its score is too low. Intervals: Wilson, 95 %."
    yield ""
    for told in made.measured:
        yield f"### Where {_WORDS[told.known]}"
        yield ""
        real = told.where(lambda record: record.origin == "real_llm")
        groups = {"all": figures(told), "real_llm alone": figures(real)}
        yield from _figures("records", groups)
        yield from _figures("kind", grouped(told, _pooled(told)))
        yield from _figures("origin", grouped(told, lambda record: record.origin))
        yield from _figures("language", grouped(told, lambda record: record.language))
        yield from _rows(
            ("mean score", "share authentic", "n"),
            (
                (f"{one['score']:.3f}", f"{one['authentic']:.3f}", f"{one['n']:.0f}")
                for one in reliability(pairs(told.scores, told.authentic))
            ),
        )
    yield "### Origins that the model never saw"
    yield ""
    yield "Where an origin has one label only, a model could learn the origin for the label. Over the records of each,"
    yield "read and not run, by a model that saw none of them:"
    yield ""
    yield from _figures("origin", made.left_out)


def _pooled(told: Measured) -> Callable[[Record], str]:
    counts = Counter(record.kind for record in told.records)

    def name(record: Record) -> str:
        if counts[record.kind] >= LEAST:
            return record.kind
        return "other inauthentic" if record.positive else "other authentic"

    return name


def _thresholds(made: Made) -> Iterator[str]:
    yield "## Thresholds"
    yield ""
    yield "Repair is tried below 0.95. A candidate that no finding rejects is rejected below the greatest score under"
    yield f"which, out of fold, at most {ALONE:.0%} of all authentic records fall that no finding rejects, and which is"
    yield f"at most {SURE}: what is as unlikely as that to be authentic is not, four times out of five."
    yield ""
    yield from _rows(
        ("known", "reject below", "slope", "intercept"),
        (
            (known, f"{one.below:.4f}", f"{one.line.slope:.4f}", f"{one.line.intercept:+.4f}")
            for known, one in made.finals.items()
        ),
    )


def _features(made: Made) -> Iterator[str]:
    yield "## Features"
    yield ""
    directions = {-1: "never raises", 0: "either", 1: "never lowers"}
    yield f"What was above 0 in fewer than {SELDOM} records adds a prior to the log-odds, for each one of it."
    yield ""
    yield from _rows(
        ("feature", "what it is", "told by", "more of it", "gain", "prior"),
        (
            (
                one.name,
                one.description,
                one.source,
                directions[one.direction],
                f"{made.importance[one.name]:.1%}",
                f"{made.priors[one.name]:+.1f}" if one.name in made.priors else "",
            )
            for one in FEATURES
        ),
    )


def _figures(title: str, groups: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    columns = ("precision", "recall", "false_positive_rate", "recall_of_findings", "false_positive_rate_of_findings")
    header = (title, "n", *(column.replace("_", " ") for column in columns), "Brier")
    rows = (
        (name, str(row["n"]), *(_proportion(row[column]) for column in columns), _number(row["brier"]))
        for name, row in groups.items()
    )
    yield from _rows(header, rows)


def _proportion(figure: Mapping[str, Any]) -> str:
    if figure["value"] is None:
        return "-"
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}] /{figure['n']}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _rows(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
