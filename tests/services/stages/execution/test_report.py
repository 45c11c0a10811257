"""The reading of reports, honest and forged."""

import json
from typing import Any

import pytest

from services.stages.execution.report import MAX_EVENTS, Report, parse

NONCE = "0123456789abcdef0123456789abcdef"
PLAN: dict[str, Any] = {"event": "plan", "work": "/work", "tests": ["a", "b"], "examples": [], "problem": ""}
ERROR = {"type": "ValueError", "message": "no"}
HONEST: list[dict[str, Any]] = [
    PLAN,
    {"event": "loading"},
    {"event": "loaded"},
    {"event": "start", "test": "a"},
    {"event": "passed", "test": "a"},
    {"event": "start", "test": "b"},
    {"event": "failed", "test": "b", "error": ERROR},
    {"event": "done", "passed": 1, "failed": 1, "skipped": 0},
]


def lines(events: list[dict[str, Any]], nonce: str = NONCE) -> bytes:
    """Return events as the harness writes them."""
    return b"".join(f"\n{nonce} {json.dumps(event)}\n".encode() for event in events)


def read(events: list[dict[str, Any]]) -> Report:
    """Return the report of events."""
    return parse(lines(events), NONCE)


def test_an_honest_report_is_complete() -> None:
    """Everything planned ended, and the counts agree."""
    report = read(HONEST)
    assert report.is_complete()
    assert [end.test for end in report.failed()] == ["b"]
    assert (report.count("passed"), report.missing(), report.under_way) == (1, [], "")


@pytest.mark.parametrize("length", range(len(HONEST)))
def test_a_report_that_is_cut_is_not_complete(length: int) -> None:
    """Wherever the program left, the report shows it."""
    assert not read(HONEST[:length]).is_complete()


@pytest.mark.parametrize("missing", range(1, len(HONEST)))
def test_a_report_that_lacks_an_event_is_not_complete(missing: int) -> None:
    """Tests cannot be left out and the counts cannot be wrong; the beginning of the loading alone is for us."""
    report = read(HONEST[:missing] + HONEST[missing + 1 :])
    assert not report.is_complete() or missing == 1


def test_the_test_under_way_is_named() -> None:
    """A run that was killed says in which test."""
    assert read(HONEST[:6]).under_way == "b"


def test_lines_without_the_nonce_are_nothing() -> None:
    """What the program prints is no report, whatever it looks like."""
    report = parse(lines(HONEST[:4]) + lines(HONEST[4:], "f" * 32) + b"\xff\0\n" + b'{"event":"done"}\n', NONCE)
    assert not report.is_complete()
    assert not report.malformed
    assert report.results == {}


@pytest.mark.parametrize(
    "event",
    [
        {"event": "unknown"},
        {"event": "passed"},
        {"event": "passed", "test": 1},
        {"event": "passed", "test": "x" * 201},
        {"event": "passed", "test": "a", "more": 1},
        {"event": "failed", "test": "a"},
        {"event": "done", "passed": "1", "failed": 0, "skipped": 0},
        PLAN,
        {"event": "start", "test": "c"},
    ],
)
def test_an_event_out_of_shape_or_place_marks_the_report(event: dict[str, Any]) -> None:
    """Unknown, oversized, mistyped, doubled and misplaced events are never a pass."""
    report = read([*HONEST[:4], event, *HONEST[4:]])
    assert report.malformed
    assert not report.is_complete()


def test_text_that_is_no_event_marks_the_report() -> None:
    """Bytes behind the nonce that are no JSON, or too many lines, are never a pass."""
    assert parse(lines(HONEST) + NONCE.encode() + b" \xff{\n", NONCE).malformed
    assert parse(lines(HONEST) + (NONCE.encode() + b" {}\n") * MAX_EVENTS, NONCE).malformed


def test_nothing_counts_after_the_end() -> None:
    """A second end is a forgery."""
    assert not read([*HONEST, HONEST[-1]]).is_complete()


def test_a_stopped_run_is_complete_only_with_a_failure() -> None:
    """Tests may be left out where what they rest on failed, and then nothing passes."""
    stopped = [*HONEST[:3], {"event": "start", "test": "line 1"}, {"event": "failed", "test": "line 1", "error": ERROR}]
    end = {"event": "done", "passed": 0, "failed": 1, "skipped": 0}
    assert read([*stopped, {"event": "stopped"}, end]).is_complete()
    assert not read([*HONEST[:3], {"event": "stopped"}, {**end, "failed": 0}]).is_complete()


def test_parts_of_one_test_keep_apart() -> None:
    """Two ends under one id are two results."""
    twice = [*HONEST[:5], HONEST[3], HONEST[4], *HONEST[5:7], {**HONEST[7], "passed": 2}]
    assert list(read(twice).results) == ["a", "a (2)", "b"]


def collected(*tests: str) -> list[dict[str, Any]]:
    """Return an honest report in which pytest collected these tests."""
    return [*HONEST[:3], {"event": "collected", "tests": tests, "problem": ""}, *HONEST[3:]]


def test_collected_tests_stand_for_the_planned_ones() -> None:
    """Each case of a function must end; a function without a case was left out."""
    assert read(collected("a", "b")).is_complete()
    assert read(collected("a", "b", "b[2]")).missing() == ["b[2]"]
    assert not read(collected("a", "b", "b[2]")).is_complete()
    assert read(collected("a", "b[1]")).left_out() == []
    assert read(collected("a")).left_out() == ["b"]


def test_tests_are_collected_once_and_before_they_run() -> None:
    """A second collection, or a late one, is a forgery."""
    event = collected("a", "b")[3]
    assert read([*HONEST[:3], event, event, *HONEST[3:]]).malformed
    assert read([*HONEST[:5], event, *HONEST[5:]]).malformed


def test_a_statement_that_only_prepares_is_no_test() -> None:
    """It fails under a name of its own; what was planned, ended or not, is what there is."""
    events = [*HONEST[:3], {"event": "start", "test": "line 1"}, {"event": "failed", "test": "line 1", "error": ERROR}]
    assert read([*events, {"event": "stopped"}]).tests() == ["a", "b"]
    assert read(HONEST).tests() == ["a", "b"]
    assert read([*HONEST[:5], HONEST[3], HONEST[4]]).tests() == ["a", "a (2)", "b"]


def test_all_skipped_gives_the_first_reason() -> None:
    """Tests that were all skipped ran nothing; one that ran is enough."""
    skipped = {"event": "skipped", "test": "a", "reason": "later"}
    first = [*HONEST[:4], skipped]
    end = {"event": "done", "passed": 0, "failed": 0, "skipped": 2}
    assert read([*first, HONEST[5], {"event": "skipped", "test": "b"}, end]).all_skipped() == "later"
    assert read([*first, *HONEST[5:7], {**end, "failed": 1, "skipped": 1}]).all_skipped() == ""
    assert read(HONEST[:3]).all_skipped() == ""


def test_the_stack_is_read_from_between_the_lines() -> None:
    """Where the program stood when its time was nearly gone is a hint that stands beside the events."""
    dump = b'Timeout (0:00:08)!\nThread 0x01 (most recent call first):\n  File "/work/main.py", line 3 in f\n'
    assert parse(lines(HONEST[:4]) + dump, NONCE).stack == (("/work/main.py", 3),)
