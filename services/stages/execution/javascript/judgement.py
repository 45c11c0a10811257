"""From what a run did to what the stage says about the candidate."""

import re
from dataclasses import replace

from assay.stage import Category, Finding, Severity

from services.stages.execution.account import bounded

from .endings import judge_end
from .evaluation import Raised
from .faults import Fault
from .ran import Judgement, Ran
from .verdicts import Verdict, is_in, verdicts
from .wording import facts_of, found_as, lack, lacking, placed, quoted, raised_text, sentence, test_name


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
    judge_end(ran, ends, said)
    if ran.report.replaced:
        said.findings.append(_replaced(ran, said))
    if ran.is_specified:
        said.findings = [_as_example(finding) for finding in said.findings]
    said.findings = list(bounded(said.findings))
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
        said.lacking(f"{ran.label} could not all be judged: {test_name(end.site.test, end.site.line)}: {end.undecided}")
    if end.passed is not False:
        return
    if end.raised is not None and not end.raised.assertion:
        _judge_raised(ran, end.raised, said, test=end.site.test, statement=end.site.text, line=end.site.line)
        return
    message = f"{sentence(test_name(end.site.test, end.site.line))} fails"
    if end.got and end.expected:
        message += f": got {quoted(end.got)}, expected {quoted(end.expected)}"
    elif end.raised is not None and end.raised.message:
        message += f": {quoted(end.raised.message)}"
    evidence = {
        "test": end.site.test or f"line {end.site.line}",
        "test_line": str(end.site.line),
        "actual": end.got,
        "expected": end.expected,
        "statement": end.site.text,
        "isolation": "proof" if end.site.is_proof else "resistant",
    }
    found = found_as("test-failed", Category.BEHAVIOR, f"{message}.", evidence)
    line = dict(ran.code.lines).get(end.site.subject, 0)
    said.findings.append(placed(found, ran.candidate, ran.candidate.entry().path, line))


def _judge_raised(
    ran: Ran, raised: Raised, said: Judgement, *, test: str = "", statement: str = "", line: int = 0
) -> None:
    """Say what an exception in a test means."""
    told = ran.reader.told(raised)
    line = line or told.test_line
    name = test_name(test, line)
    evidence = {
        "test": test or f"line {line}",
        "test_line": str(line or ""),
        "statement": statement,
        **facts_of(raised),
    }
    if told.fault is Fault.TESTS:
        said.lacking(f"{ran.label} could not be run: they need {quoted(told.what)}, which the code has no part in")
    elif told.fault is Fault.MISSING_NAME:
        message = f"The tests use {quoted(told.what)}, which the code does not define."
        said.findings.append(found_as("missing-name", Category.BEHAVIOR, message, evidence))
    elif told.fault in {Fault.MODULE, Fault.ENVIRONMENT}:
        said.findings.append(lacking(ran, told, raised))
        said.lacking(f"{name} could not be run: {lack(told)}")
    elif raised.assertion and not told.is_by_candidate:
        evidence["isolation"] = "resistant"
        message = f"{sentence(name)} fails: {quoted(raised.message)}."
        said.findings.append(found_as("test-failed", Category.BEHAVIOR, message, evidence))
    else:
        message = f"{sentence(name)} raises {raised_text(raised)}"
        found = found_as("test-error", Category.RUNTIME, message, evidence)
        said.findings.append(placed(found, ran.candidate, told.path, told.line))


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
        said.findings.append(lacking(ran, told, raised))
        said.lacking(f"the code could not be loaded: {lack(told)}")
        return
    message = f"The code cannot be loaded: {raised_text(raised)}"
    found = found_as("import-error", Category.RUNTIME, message, facts_of(raised))
    said.findings.append(placed(found, ran.candidate, told.path, told.line))


def _replaced(ran: Ran, said: Judgement) -> Finding:
    """Say that builtins are others now; what is compared outside does not rest on them."""
    rests = ran.tests is not None and "resistant" in said.isolation
    found = found_as(
        "replaced-builtins",
        Category.BEHAVIOR,
        "The code replaces builtins or assertions that tests rest on.",
        {"names": ", ".join(ran.report.replaced)},
    )
    return found if rests else replace(found, severity=Severity.MEDIUM)
