"""Records as rows of features, each seen in several views: with its tests, without them, and as if only read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from assay.candidates import candidate_from_proto
from assay.stage import StageResult

from benchmarks.corpus import Record
from services.stages.files import source_files
from services.stages.placeholder.grammars import LANGUAGES
from services.stages.scoring.evidence import STAGES, evidence
from services.stages.scoring.features import vector
from services.stages.scoring.syntax import measure
from services.stages.scoring.training.collect import RUNS, Told

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

SEED = 20_240_501

DROPPED = 0.25
"""The share of sources of features that the view of parts lacks, each by itself."""


class View(Enum):
    """What of a record is known."""

    TESTED = "tested"
    """Everything; only of records that came with tests."""
    UNTESTED = "untested"
    """Everything but the tests, which did not come."""
    READ = "read"
    """What reading told: nothing was run."""
    PARTS = "parts"
    """Some sources of features are missing, by chance: stages failed, or were not asked."""


MEASURED = (View.TESTED, View.UNTESTED, View.READ)
"""The views in which a record is scored for the figures."""


@dataclass(frozen=True, slots=True)
class Table:
    """
    Rows of features.

    :param rows: A row for each record in each view in which it can be seen.
    :param authentic: 1 for an authentic record, 0 for another.
    :param record: The index of each row's record.
    :param view: Each row's view.
    :param weight: Of each row: in every view both labels weigh the same, so that what is missing tells nothing.
    """

    records: Sequence[Record]
    rows: Numbers
    authentic: Numbers
    record: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    view: Sequence[View]
    weight: Numbers
    seen: np.ndarray[tuple[int, ...], np.dtype[np.object_]] = field(repr=False)


def table(told: Sequence[Told]) -> Table:
    """Return what the stages told of records as rows."""
    random = np.random.default_rng(SEED)
    rows: list[list[float]] = []
    record: list[int] = []
    view: list[View] = []
    for index, one in enumerate(told):
        for seen, row in _views(one, random):
            rows.append(row)
            record.append(index)
            view.append(seen)
    records = [one.record for one in told]
    authentic = np.array([0.0 if records[index].positive else 1.0 for index in record])
    seen_as = np.array([seen.value for seen in view], dtype=object)
    return Table(records, np.array(rows), authentic, np.array(record), view, balanced(authentic, seen_as), seen_as)


def balanced(authentic: Numbers, seen: np.ndarray[tuple[int, ...], np.dtype[np.object_]]) -> Numbers:
    """Return weights with which the labels weigh the same in each view, and all rows together as many as they are."""
    weight = np.ones(len(authentic))
    for view in set(seen):
        rows = seen == view
        for label in (0.0, 1.0):
            of_label = rows & (authentic == label)
            if of_label.any():
                weight[of_label] = rows.sum() / 2 / of_label.sum()
    return weight


def _views(told: Told, random: np.random.Generator) -> Iterable[tuple[View, list[float]]]:
    syntax = syntax_of(told.record)
    if told.tested is not None:
        yield View.TESTED, row(syntax, told.tested, tested=True)
    yield View.UNTESTED, row(syntax, told.untested, tested=False)
    read = {name: result for name, result in told.untested.items() if name != RUNS}
    yield View.READ, row(syntax, read, tested=False)
    whole = told.tested or told.untested
    kept = [name for name in STAGES if random.random() >= DROPPED]
    has_syntax = random.random() >= DROPPED
    parts = {name: whole[name] for name in kept}
    yield View.PARTS, row(syntax if has_syntax else {}, parts, tested=told.tested is not None)


def row(syntax: Mapping[str, float], results: Mapping[str, StageResult], *, tested: bool) -> list[float]:
    """Return one row."""
    return vector({**syntax, **evidence(results, tested=tested)})


def syntax_of(record: Record) -> dict[str, float]:
    """Return the features of a record that are read from its code."""
    candidate = candidate_from_proto(record.candidate)
    return measure([(file.content, file.path, language) for file, language in source_files(candidate, LANGUAGES)])
