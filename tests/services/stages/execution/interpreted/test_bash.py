"""Bash candidates, sourced before their tests in a real sandbox."""

from functools import partial

import pytest
from assay.stage import Severity, StageStatus, TestFramework

from services.stages.execution.interpreted.bash import is_library
from tests.services.stages.execution.conftest import Judge
from tests.services.stages.execution.interpreted.conftest import found

ADD = "#!/usr/bin/env bash\nset -euo pipefail\nadd() {\n  echo $(( $1 + $2 ))\n}\n"
WRONG = ADD.replace("+ $2", "- $2")
TWO = '[ "$(add 1 2)" = 3 ] || { echo "no" >&2; exit 1; }\nif [[ "$(add 2 2)" != 4 ]]; then\n  exit 1\nfi\n'


@pytest.fixture
def judge_bash(judge: Judge) -> Judge:
    """Give a function that judges candidates in bash."""
    return partial(judge, language="bash")


@pytest.mark.docker
@pytest.mark.parametrize("tests", [TWO, f"{TWO}echo all is well\nexit 0\n", f"trap - EXIT\n{TWO}"])
async def test_tests_that_pass_pass(judge_bash: Judge, tests: str) -> None:
    """Right code has no finding, whether its tests run off their end or leave with 0."""
    result = await judge_bash(ADD, tests)
    assert (found(result), result.details["tests_passed"], result.details["isolation"]) == ([], "1", "resistant")


@pytest.mark.docker
@pytest.mark.parametrize("tests", [TWO, '[ "$(add 1 2)" = 3 ]\ntrue\n', 'test "$(add 1 2)" -eq 3'])
async def test_a_failing_test_names_the_function(judge_bash: Judge, tests: str) -> None:
    """Tests that exit with 1, fail under `set -e` or end with a status other than 0 fail, at the function they call."""
    result = await judge_bash(WRONG, tests)
    assert found(result) == [("execution/test-failed", 3)]
    assert result.details["tests_failed"] == "1"


@pytest.mark.docker
@pytest.mark.parametrize(
    ("leaving", "line"),
    [("exit 0", 2), ("exit 3", 2), ("builtin exit 0", 0), ("exec true", 1), ("kill -9 $$", 1), ("set -n", 1)],
)
async def test_leaving_early_is_never_a_pass(judge_bash: Judge, leaving: str, line: int) -> None:
    """Whatever road a function takes out of the shell, the tests did not end."""
    result = await judge_bash(f"add() {{\n  {leaving}\n}}\n", "add 1 2\n[ x = y ] || exit 1\n")
    ((rule, at),) = found(result)
    assert (rule, at) in {("execution/exited-early", line), ("execution/crashed", line)}
    assert result.details["tests_passed"] == "0"


@pytest.mark.docker
async def test_leaving_while_it_is_sourced(judge_bash: Judge) -> None:
    """A script that leaves at its top level keeps its tests from being run."""
    assert found(await judge_bash("add() { :; }\nexit 0\n", TWO)) == [("execution/exited-early", 2)]


@pytest.mark.docker
async def test_traps_and_options_of_the_candidate_hide_nothing(judge_bash: Judge) -> None:
    """A trap of the candidate's that leaves with 0 is not run in place of the tests' end."""
    code = f"trap 'exit 0' EXIT\n{WRONG}"
    assert found(await judge_bash(code, TWO)) == [("execution/test-failed", 4)]


@pytest.mark.docker
async def test_commands_that_are_not_there(judge_bash: Judge) -> None:
    """A function that the tests want is missing, a misspelt command an error, a tool of other machines neither."""
    assert found(await judge_bash("sub() { :; }\n", TWO)) == [("execution/missing-name", 0)]
    asking = '[ "$(ask)" = 1 ] || exit 1'
    assert found(await judge_bash("ask() {\n  ecko 1\n}\n", asking)) == [("execution/test-error", 2)]
    result = await judge_bash("ask() {\n  curl -s example.org\n}\n", asking)
    assert (result.status, [each.rule_id for each in result.findings]) == (
        StageStatus.SKIPPED,
        ["execution/missing-module"],
    )


@pytest.mark.docker
async def test_without_tests_nothing_with_a_main_part_is_run(judge_bash: Judge) -> None:
    """A script that would do something is only read; one of functions is sourced; neither proves anything."""
    result = await judge_bash("read -r name\ntouch made\nfalse\nexit 4\n")
    assert found(result) == []
    assert "not_loaded" in result.details
    result = await judge_bash(ADD)
    assert (found(result), "not_loaded" in result.details) == ([], False)


@pytest.mark.docker
async def test_what_bash_cannot_read(judge_bash: Judge) -> None:
    """A syntax error is told at its line, with tests and without."""
    code = "add() {\n  if true; then\n}\n"
    assert found(await judge_bash(code)) == found(await judge_bash(code, TWO)) == [("execution/import-error", 3)]


@pytest.mark.docker
async def test_tests_run_the_script_itself(judge_bash: Judge) -> None:
    """Tests find the candidate's files in their folder, and a main part behind BASH_SOURCE is not run by sourcing."""
    code = 'if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then\n  echo "hi $1"\nfi\n'
    assert found(await judge_bash(code, '[ "$(bash ./main.sh bob)" = "hi bob" ]\n')) == []


@pytest.mark.docker
async def test_determinism_where_it_is_asked_for(judge_bash: Judge) -> None:
    """Two runs that print something else are told, and two that do not are not."""
    tests = 'shown=$(show)\necho "$shown"\n'
    result = await judge_bash("show() { echo $RANDOM $BASHPID $EPOCHREALTIME; }\n", tests, check_determinism=True)
    assert [(each.rule_id, each.severity) for each in result.findings] == [
        ("execution/not-deterministic", Severity.MEDIUM)
    ]
    assert found(await judge_bash("show() { echo 1; }\n", tests, check_determinism=True)) == []


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.parametrize("body", ["while :; do :; done", "sleep 60"])
async def test_functions_that_never_end(judge_bash: Judge, body: str) -> None:
    """A loop without end is told at its function, and so is one that waits, which is tried twice."""
    result = await judge_bash(f"add() {{\n  {body}\n}}\n", "add 1 2\n")
    assert found(result) == [("execution/time-limit", 1)]


@pytest.mark.docker
async def test_frameworks_that_are_not_there(judge_bash: Judge) -> None:
    """Tests for Bats cannot be run here, and that is said."""
    result = await judge_bash(ADD, '@test "adds" {\n  [ "$(add 1 2)" = 3 ]\n}\n')
    assert (result.status, "Bats" in result.reason) == (StageStatus.SKIPPED, True)
    result = await judge_bash(ADD, TWO, framework=TestFramework.UNITTEST)
    assert result.status is StageStatus.SKIPPED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ADD, True),
        ("one() { echo 1; }\nfunction two {\n  ls\n}\nreadonly LIMIT=3\n", True),
        (f'{ADD}if [[ "${{BASH_SOURCE[0]}}" == "$0" ]]; then\n  main\nfi\n', True),
        (f'{ADD}[[ "${{BASH_SOURCE[0]}}" != "$0" ]] || main\n', True),
        (f"{ADD}main\n", False),
        ("NOW=$(date)\nf() {\n  :\n}\n", False),
        ("echo hello\n", False),
        ("f() {\n  :\n", False),
        ("LIMIT=3\n", False),
        (f"LIMIT=3 # more\nNAMES=(a b)\nexport PATH='/bin'\n{ADD}", True),
        (f"LIMIT=3 ls\n{ADD}", False),
        (f"{ADD}add 1 2; exit 0\n", False),
    ],
)
def test_what_only_defines(text: str, expected: bool) -> None:
    """A script of functions is told from one that does something when it is sourced."""
    assert is_library(text) is expected
