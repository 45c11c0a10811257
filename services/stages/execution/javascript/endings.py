"""Whether a run came to its own end, with everything done that it was certain to do."""

from dataclasses import replace

from assay.convert import seconds_from_proto
from assay.stage import Category, Finding, Severity
from assay.v1.sandbox_pb2 import Outcome

from services.stages.execution.outcomes import LIMITS, is_busy, name_of

from .evaluation import Raised
from .ran import Judgement, Ran
from .verdicts import Verdict, is_in
from .wording import found_as, placed, test_name

OUT_OF_HEAP = b"JavaScript heap out of memory"


def judge_end(ran: Ran, ends: list[Verdict], said: Judgement) -> None:
    """Say whether the run came to its own end, with everything done that it was certain to do."""
    result, report = ran.result, ran.report
    where = _where(ran)
    evidence = {"outcome": name_of(result.outcome), **{key: str(value) for key, value in result.evidence.items()}}
    if result.outcome in LIMITS:
        said.findings.append(_limit(ran, where, evidence))
    elif OUT_OF_HEAP in result.stderr.content and "done" not in report.reached:
        message = f"The program used more memory than it may {where}."
        said.findings.append(found_as("memory-limit", Category.RUNTIME, message, evidence))
    elif result.outcome == Outcome.OUTCOME_SIGNALED:
        message = f"The program was ended by signal {result.signal} {where}."
        evidence["signal"] = str(result.signal)
        said.findings.append(found_as("crashed", Category.RUNTIME, message, evidence))
    elif report.exit is not None and not _is_tests_own_end(ran, ends):
        _judge_exit(ran, report.exit.code, report.exit.error.raised(), where, said)
    elif not _is_complete(ran, ends):
        evidence["exit_code"] = str(result.exit_code)
        missing = sum(end.passed is None and end.site.definite and not _is_excused(ran, end) for end in ends)
        did = "kept tests from being run" if "done" in report.reached else f"left {where}"
        message = f"The program {did}; {missing} of the planned tests did not end."
        said.findings.append(found_as("exited-early", Category.BEHAVIOR, message, evidence))


def _is_complete(ran: Ran, ends: list[Verdict]) -> bool:
    """Whether nothing is missing that had to come, but for what an exception that is told kept from coming."""
    report = ran.report
    if report.malformed or report.asking is not None or report.under_way:
        return False
    if report.exit is None and "done" not in report.reached:
        return False
    return not any(end.passed is None and end.site.definite and not _is_excused(ran, end) for end in ends)


def _is_excused(ran: Ran, end: Verdict) -> bool:
    """Whether it is told why an assertion was not reached: something was thrown, or its test is skipped."""
    if end.undecided or ran.report.failures:
        return True
    stopping = [
        test.test for test in ran.report.tests if test.event == "failed" or (test.event == "skipped" and ran.skips)
    ]
    return any(is_in(test, end.site) or end.site.test.startswith(f"{test} > ") for test in stopping)


def _is_tests_own_end(ran: Ran, ends: list[Verdict]) -> bool:
    """Whether the tests' own text left the program well, and everything that had to come had come by then."""
    exited = ran.report.exit
    if exited is None or exited.code != 0 or ran.tests is None or not _is_complete(ran, ends):
        return False
    told = ran.reader.told(exited.error.raised())
    return bool(told.test_line) and not told.is_by_candidate


def _judge_exit(ran: Ran, code: int, raised: Raised, where: str, said: Judgement) -> None:
    told = ran.reader.told(raised)
    evidence = {"exit_code": str(code), "test": ran.report.under_way}
    if ran.tests is None:
        message = f"The code ends with exit status {code} when it is loaded, as a script does."
        found = Finding("execution/exits-on-import", Category.ENVIRONMENT, Severity.INFO, message, evidence=evidence)
    elif told.test_line and not told.is_by_candidate and code:
        if said.findings:
            return
        message = f"The tests end with exit status {code}."
        found = found_as("test-failed", Category.BEHAVIOR, message, {**evidence, "isolation": "resistant"})
    else:
        message = f"The code leaves the program with exit status {code} {where}."
        found = found_as("exited-early", Category.BEHAVIOR, message, evidence)
    said.findings.append(placed(found, ran.candidate, told.path, told.line))


def _limit(ran: Ran, where: str, evidence: dict[str, str]) -> Finding:
    rule, did = LIMITS[ran.result.outcome]
    severity = Severity.HIGH
    if rule == "time-limit":
        evidence["cpu_seconds"] = f"{seconds_from_proto(ran.result.usage.cpu_time):.2f}"
        evidence["wall_seconds"] = f"{seconds_from_proto(ran.result.usage.wall_time):.2f}"
        if ran.tests is None and not is_busy(ran.result):
            severity = Severity.LOW
            where += "; it was waiting, as a service does"
    if ran.report.asking is not None or ran.report.under_way:
        evidence["test"] = _under_way(ran)
    found = found_as(rule, Category.RUNTIME, f"The program {did} {where}.", evidence)
    subject = _asking(ran)
    line = dict(ran.code.lines).get(subject, 0)
    return placed(replace(found, severity=severity), ran.candidate, ran.candidate.entry().path, line)


def _asking(ran: Ran) -> str:
    """Return the function that is asked for something right now."""
    number = ran.report.asking
    sites = ran.tests.sites if ran.tests else ()
    return sites[number].subject if number is not None and 0 <= number < len(sites) else ""


def _under_way(ran: Ran) -> str:
    number, sites = ran.report.asking, ran.tests.sites if ran.tests else ()
    if number is not None and 0 <= number < len(sites):
        return sites[number].test or f"line {sites[number].line}"
    return ran.report.under_way


def _where(ran: Ran) -> str:
    if "loaded" not in ran.report.reached:
        return "while it was loaded"
    under_way = _under_way(ran)
    if under_way:
        return f"in {test_name('' if under_way.startswith('line ') else under_way, _line(under_way))}"
    return "in its tests" if ran.tests else "after it was loaded"


def _line(test: str) -> int:
    return int(test.removeprefix("line ")) if test.startswith("line ") else 0
