"""From what a run did to what the stage says about the candidate."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from assay.convert import seconds_from_proto
from assay.stage import Candidate, Category, Finding, Severity
from assay.v1.sandbox_pb2 import ExecutionResult, Outcome

from services.stages.execution.location import line_of
from services.stages.execution.outcomes import LIMITS, is_busy, name_of

from .apart import Tests
from .evaluation import Raised
from .faults import Fault, Reader, Told
from .preparation import Code
from .report import Report
from .verdicts import Verdict, is_in, verdicts

MAX_FAILURES = 10
"""Failed tests of one run that get a finding of their own; the rest are counted."""

MAX_EVIDENCE = 2_000
MAX_QUOTED = 120
SKIPS = re.compile(r"\bskip|\btodo\b|\bx(it|describe|test)\b")
OUT_OF_HEAP = b"JavaScript heap out of memory"


@dataclass
class Judgement:
    """
    What one run says.

    :param unable: Why the run, or part of it, could not speak for the candidate; empty where it could.
    :param isolation: How each test was kept from the code: "proof" or "resistant".
    """

    findings: list[Finding] = field(default_factory=list)
    unable: str = ""
    isolation: set[str] = field(default_factory=set)
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    planned: int = 0

    def lacking(self, reason: str) -> None:
        """Note why the run could not speak for the candidate; the first reason stands."""
        self.unable = self.unable or reason


@dataclass(frozen=True)
class Ran:
    """
    One run, and what is known about it.

    :param label: What a person calls it, for example "the tests in a.js".
    :param is_specified: Whether its tests are the examples of the specification.
    """

    candidate: Candidate
    code: Code
    tests: Tests | None
    label: str
    result: ExecutionResult
    report: Report
    reader: Reader
    is_specified: bool = False

    @property
    def skips(self) -> bool:
        """Whether the tests can skip themselves; where they cannot, nobody else does."""
        return self.tests is not None and bool(SKIPS.search(self.tests.text))


def judge(ran: Ran) -> Judgement:
    """Return what a run says. Its outcome must be one of the program's own, and the report not broken."""
    said = Judgement()
    ends = verdicts(ran.tests.sites, ran.report) if ran.tests else []
    _count(ran, ends, said)
    error = ran.report.load_error
    if error is not None:
        _judge_load(ran, error, said)
    for end in ends:
        _judge_assertion(ran, end, said)
    for test in ran.report.tests:
        if test.error is not None:
            _judge_raised(ran, test.error.raised(), said, test=test.test)
    for failure in ran.report.failures:
        if failure.event != "load_failed" and ran.tests is None:
            _judge_load(ran, failure.error.raised(), said)
        elif failure.event != "load_failed":
            _judge_raised(ran, failure.error.raised(), said)
    _judge_end(ran, ends, said)
    if ran.report.replaced:
        said.findings.append(_replaced(ran, said))
    if ran.is_specified:
        said.findings = [_as_example(finding) for finding in said.findings]
    said.findings = list(_bounded(said.findings))
    return said


def _as_example(finding: Finding) -> Finding:
    """Return a failure of a test as one of an example."""
    if finding.rule_id not in {"execution/test-failed", "execution/test-error"}:
        return finding
    example = finding.evidence.get("statement", "").removeprefix("assert.deepEqual(").removesuffix(")")
    evidence = {**finding.evidence, "example": example}
    message = re.sub(r"^The test in line \d+ (fails: )?", "An example of the specification: ", finding.message)
    return replace(
        finding, rule_id="execution/example-failed", category=Category.SPECIFICATION, message=message, evidence=evidence
    )


def _count(ran: Ran, ends: list[Verdict], said: Judgement) -> None:
    """Count tests: those of the runner's, assertions beside them, or the whole text where it has neither."""
    if ran.tests is None:
        return
    told = [(test.event, [end for end in ends if is_in(test.test, end.site)]) for test in ran.report.tests]
    inside = {end.site.number for _, held in told for end in held}
    beside = [end for end in ends if end.site.number not in inside and (end.passed is not None or end.site.definite)]
    states = [_state(event, held) for event, held in told] + [_state("", [end]) for end in beside]
    said.isolation = {"proof" if end.site.is_proof else "resistant" for end in ends if end.passed is not None}
    if any(event != "skipped" and not held for event, held in told):
        said.isolation.add("resistant")
    if not states:
        states = ["passed" if "done" in ran.report.reached and not ran.report.failures else ""]
        said.isolation = {"resistant"}
    said.planned = len(states)
    if states.count("skipped") == len(states):
        said.lacking(f"{ran.label} were all skipped")
    said.passed, said.failed, said.skipped = (states.count(each) for each in ("passed", "failed", "skipped"))


def _state(event: str, held: list[Verdict]) -> str:
    """Return how a test ended whose function ended so, and that holds these assertions."""
    if event in {"failed", "skipped"}:
        return event
    if any(end.passed is False for end in held):
        return "failed"
    return event or ("passed" if all(end.passed for end in held) else "")


def _judge_assertion(ran: Ran, end: Verdict, said: Judgement) -> None:
    if end.undecided:
        said.lacking(f"{ran.label} could not all be judged: {_name(end.site.test, end.site.line)}: {end.undecided}")
    if end.passed is not False:
        return
    if end.raised is not None and not end.raised.assertion:
        _judge_raised(ran, end.raised, said, test=end.site.test, statement=end.site.text, line=end.site.line)
        return
    message = f"{_sentence(_name(end.site.test, end.site.line))} fails"
    if end.got and end.expected:
        message += f": got {_quoted(end.got)}, expected {_quoted(end.expected)}"
    elif end.raised is not None and end.raised.message:
        message += f": {_quoted(end.raised.message)}"
    evidence = {
        "test": end.site.test or f"line {end.site.line}",
        "test_line": str(end.site.line),
        "actual": end.got,
        "expected": end.expected,
        "statement": end.site.text,
        "isolation": "proof" if end.site.is_proof else "resistant",
    }
    found = _found("test-failed", Category.BEHAVIOR, f"{message}.", evidence)
    line = dict(ran.code.lines).get(end.site.subject, 0)
    said.findings.append(_at(found, ran.candidate, ran.candidate.entry().path, line))


def _judge_raised(
    ran: Ran, raised: Raised, said: Judgement, *, test: str = "", statement: str = "", line: int = 0
) -> None:
    """Say what an exception in a test means."""
    told = ran.reader.told(raised)
    line = line or told.test_line
    name = _name(test, line)
    evidence = {"test": test or f"line {line}", "test_line": str(line or ""), "statement": statement, **_facts(raised)}
    if told.fault is Fault.TESTS:
        said.lacking(f"{ran.label} could not be run: they need {_quoted(told.what)}, which the code has no part in")
    elif told.fault is Fault.MISSING_NAME:
        message = f"The tests use {_quoted(told.what)}, which the code does not define."
        said.findings.append(_found("missing-name", Category.BEHAVIOR, message, evidence))
    elif told.fault in {Fault.MODULE, Fault.ENVIRONMENT}:
        said.findings.append(_lacking(ran, told, raised))
        said.lacking(f"{name} could not be run: {_lack(told)}")
    elif raised.assertion and not told.is_by_candidate:
        evidence["isolation"] = "resistant"
        message = f"{_sentence(name)} fails: {_quoted(raised.message)}."
        said.findings.append(_found("test-failed", Category.BEHAVIOR, message, evidence))
    else:
        message = f"{_sentence(name)} raises {_raised(raised)}"
        found = _found("test-error", Category.RUNTIME, message, evidence)
        said.findings.append(_at(found, ran.candidate, told.path, told.line))


def _judge_load(ran: Ran, raised: Raised, said: Judgement) -> None:
    """Say why the candidate could not be loaded."""
    told = ran.reader.told(raised)
    if raised.code == "ENOENT":
        told = replace(told, fault=Fault.ENVIRONMENT, what="it needs a file that this environment lacks")
    elif ran.code.reads_input and told.fault is Fault.CANDIDATE and raised.name != "SyntaxError":
        told = replace(told, fault=Fault.ENVIRONMENT, what="it reads standard input, of which there is none")
    elif ran.code.has_markup and raised.name == "SyntaxError":
        told = replace(told, fault=Fault.ENVIRONMENT, what="it holds markup (JSX), which has to be compiled first")
    if told.fault in {Fault.MODULE, Fault.ENVIRONMENT}:
        said.findings.append(_lacking(ran, told, raised))
        said.lacking(f"the code could not be loaded: {_lack(told)}")
        return
    message = f"The code cannot be loaded: {_raised(raised)}"
    found = _found("import-error", Category.RUNTIME, message, _facts(raised))
    said.findings.append(_at(found, ran.candidate, told.path, told.line))


def _judge_end(ran: Ran, ends: list[Verdict], said: Judgement) -> None:
    """Say whether the run came to its own end, with everything done that it was certain to do."""
    result, report = ran.result, ran.report
    where = _where(ran)
    evidence = {"outcome": name_of(result.outcome), **{key: str(value) for key, value in result.evidence.items()}}
    if result.outcome in LIMITS:
        said.findings.append(_limit(ran, where, evidence))
    elif OUT_OF_HEAP in result.stderr.content and "done" not in report.reached:
        message = f"The program used more memory than it may {where}."
        said.findings.append(_found("memory-limit", Category.RUNTIME, message, evidence))
    elif result.outcome == Outcome.OUTCOME_SIGNALED:
        message = f"The program was ended by signal {result.signal} {where}."
        evidence["signal"] = str(result.signal)
        said.findings.append(_found("crashed", Category.RUNTIME, message, evidence))
    elif report.exit is not None and not _is_tests_own_end(ran, ends):
        _judge_exit(ran, report.exit.code, report.exit.error.raised(), where, said)
    elif not _is_complete(ran, ends):
        evidence["exit_code"] = str(result.exit_code)
        missing = sum(end.passed is None and end.site.definite and not _is_excused(ran, end) for end in ends)
        did = "kept tests from being run" if "done" in report.reached else f"left {where}"
        message = f"The program {did}; {missing} of the planned tests did not end."
        said.findings.append(_found("exited-early", Category.BEHAVIOR, message, evidence))


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
        found = _found("test-failed", Category.BEHAVIOR, message, {**evidence, "isolation": "resistant"})
    else:
        message = f"The code leaves the program with exit status {code} {where}."
        found = _found("exited-early", Category.BEHAVIOR, message, evidence)
    said.findings.append(_at(found, ran.candidate, told.path, told.line))


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
    found = _found(rule, Category.RUNTIME, f"The program {did} {where}.", evidence)
    subject = _asking(ran)
    line = dict(ran.code.lines).get(subject, 0)
    return _at(replace(found, severity=severity), ran.candidate, ran.candidate.entry().path, line)


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
        return f"in {_name('' if under_way.startswith('line ') else under_way, _line(under_way))}"
    return "in its tests" if ran.tests else "after it was loaded"


def _line(test: str) -> int:
    return int(test.removeprefix("line ")) if test.startswith("line ") else 0


def _replaced(ran: Ran, said: Judgement) -> Finding:
    """Say that builtins are others now; what is compared outside does not rest on them."""
    rests = ran.tests is not None and "resistant" in said.isolation
    found = _found(
        "replaced-builtins",
        Category.BEHAVIOR,
        "The code replaces builtins or assertions that tests rest on.",
        {"names": ", ".join(ran.report.replaced)},
    )
    return found if rests else replace(found, severity=Severity.MEDIUM)


def _lack(told: Told) -> str:
    if told.fault is Fault.MODULE:
        return f"it imports a module that this environment lacks ({_quoted(told.what)})"
    return told.what


def _lacking(ran: Ran, told: Told, raised: Raised) -> Finding:
    rule = "missing-module" if told.fault is Fault.MODULE else "environment"
    message = f"The code could not be run in full: {_lack(told)}."
    found = Finding(f"execution/{rule}", Category.ENVIRONMENT, Severity.INFO, message, evidence=_facts(raised))
    return _at(found, ran.candidate, told.path, told.line)


def _found(rule: str, category: Category, message: str, evidence: dict[str, str]) -> Finding:
    held = {key: value[:MAX_EVIDENCE] for key, value in evidence.items() if value}
    return Finding(f"execution/{rule}", category, Severity.HIGH, message, evidence=held)


def _at(finding: Finding, candidate: Candidate, path: str, line: int) -> Finding:
    return replace(finding, location=line_of(candidate, path, line))


def _facts(raised: Raised) -> dict[str, str]:
    return {"exception": raised.name or raised.names[0], "message": raised.message[:MAX_EVIDENCE]}


def _bounded(findings: list[Finding]) -> Iterator[Finding]:
    """Drop what was said before, and all but the first failures."""
    seen: set[tuple[str, object, str]] = set()
    for finding in findings:
        key = (finding.rule_id, finding.location, finding.message)
        if key not in seen and len(seen) < MAX_FAILURES:
            seen.add(key)
            yield finding


def _raised(raised: Raised) -> str:
    name = raised.name or raised.names[0]
    return f"{name}: {_quoted(raised.message)}" if raised.message else f"{name}."


def _name(test: str, line: int) -> str:
    """Return what a person calls a test: an assertion of a script goes by its line."""
    if test:
        return f"the test {_quoted(test)}"
    return f"the test in line {line}" if line else "the script of the tests"


def _sentence(text: str) -> str:
    return f"The{text[3:]}" if text.startswith("the ") else text


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"
