"""Candidates in Rust, judged by the stage over a real sandbox."""

import pytest
from assay.stage import Finding, Severity, StageResult, StageStatus

from tests.services.stages.execution.conftest import Judge

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.languages]

TWICE = "#![deny(warnings)]\n\nfn twice(n: i32) -> i32 {\n    2 * n\n}\n"
WRONG = TWICE.replace("2 *", "3 *")
OWN_MAIN = "\nfn main() {\n    std::io::stdin().read_line(&mut String::new()).unwrap();\n    loop {}\n}\n"
MAIN = "fn main() {\n    assert_eq!(twice(0), 0);\n    assert_eq!(twice(2), 4);\n}\n"
MARKED = """#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing() {
        assert_eq!(twice(0), 0);
    }

    #[test]
    fn small() -> Result<(), String> {
        assert!(twice(2) == 4, "two times two");
        if twice(3) == 6 { Ok(()) } else { Err("three".into()) }
    }

    // Panics.
    #[test]
    #[should_panic(expected = "none")]
    fn none() {
        panic!("none");
    }
}
"""


def only(result: StageResult, rule: str) -> Finding:
    """Return the one finding of a result, which has this rule and rejects."""
    assert [finding.rule_id for finding in result.findings] == [f"execution/{rule}"]
    assert (result.status, result.findings[0].severity) == (StageStatus.COMPLETED, Severity.HIGH)
    return result.findings[0]


async def test_a_main_function(judge: Judge) -> None:
    """Tests with a main function pass or fail as it does, whatever main function the code has."""
    result = await judge(TWICE + OWN_MAIN, MAIN, language="rust")
    assert (result.status, result.findings, result.details["tests_passed"]) == (StageStatus.COMPLETED, (), "1")
    finding = only(await judge(WRONG, MAIN, language="rust"), "test-failed")
    assert finding.message == "The test in line 3 fails: got 6, expected 4."
    assert finding.location is not None
    assert finding.location.start_line == 3


async def test_tests_that_leave_themselves(judge: Judge) -> None:
    """An exit in the tests' own text is their end, with its status."""
    tests = "fn main() {\n    std::process::exit(if twice(2) == 4 { 0 } else { 3 });\n}\n"
    result = await judge(TWICE, tests, language="rust")
    assert (result.findings, result.details["tests_passed"]) == ((), "1")
    assert "exit status 3" in only(await judge(WRONG, tests, language="rust"), "test-failed").message


async def test_marked_functions(judge: Judge) -> None:
    """Functions that are marked as tests are run one after another, and each counts."""
    result = await judge({"src/lib.rs": TWICE}, MARKED, language="rust")
    assert (result.findings, result.details["tests_passed"]) == ((), "3")
    result = await judge({"src/lib.rs": WRONG}, MARKED, language="rust")
    assert only(result, "test-failed").evidence["test"] == "small"
    assert (result.details["tests_total"], result.details["tests_passed"]) == ("3", "2")


async def test_a_panic_of_the_code(judge: Judge) -> None:
    """A panic in the code is an error, at its line."""
    code = TWICE.replace("2 * n", "[0, 2][n as usize]")
    finding = only(await judge(code, MAIN, language="rust"), "test-error")
    assert "index out of bounds" in finding.message
    assert finding.location is not None
    assert finding.location.start_line == 4


CHEATS = {
    "leaves": (TWICE.replace("2 * n", "std::process::exit(n - n)"), "exited-early"),
    "leaves at a panic": (
        WRONG.replace("3 * n", "std::panic::set_hook(Box::new(|_| std::process::exit(0))); 3 * n"),
        "exited-early",
    ),
    "leaves before main": (
        WRONG + '#[used] #[link_section = ".init_array"] static FIRST: extern "C" fn() = { '
        'extern "C" fn leave() { std::process::exit(0) } leave };\n',
        "exited-early",
    ),
    "has macros called like the library's": (
        WRONG.replace("#![deny(warnings)]", "#![allow(unused)] macro_rules! assert_eq { ($($any:tt)*) => {} }"),
        "test-failed",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
async def test_cheating(judge: Judge, name: str) -> None:
    """Code that does not do what its tests say does not pass by what it does to them."""
    code, rule = CHEATS[name]
    result = await judge(code, MAIN, language="rust")
    only(result, rule)
    assert result.details["tests_passed"] == "0"


async def test_leaving_in_a_marked_test(judge: Judge) -> None:
    """A program that leaves in a test is named with the test, and those that passed before do not make it pass."""
    code = TWICE.replace("2 * n", "if n > 1 { std::process::exit(0) } else { 0 }")
    finding = only(await judge(code, MARKED, language="rust"), "exited-early")
    assert finding.message == "The program left in small, before it had come to its end."


async def test_compiled_only(judge: Judge) -> None:
    """Without tests nothing runs; an error stands at its line, and a crate that is not there is none."""
    result = await judge(TWICE + OWN_MAIN, language="rust")
    assert (result.status, result.findings) == (StageStatus.COMPLETED, ())
    finding = only(await judge(TWICE + "fn other() { zork(); }\n", language="rust"), "compile-error")
    assert finding.location is not None
    assert finding.location.start_line == 6
    result = await judge("use serde::Serialize;\n" + TWICE.replace("#![deny(warnings)]", ""), language="rust")
    assert result.status is StageStatus.SKIPPED
    assert [finding.rule_id for finding in result.findings] == ["execution/missing-module"]


async def test_names_that_the_tests_miss(judge: Judge) -> None:
    """What the code should define and does not is the code's fault."""
    code = TWICE.replace("twice", "thrice").replace("#![deny(warnings)]", "")
    assert "twice" in only(await judge(code, MAIN, language="rust"), "missing-name").message
