"""PHP candidates in a real sandbox."""

from functools import partial

import pytest
from assay.stage import Severity, StageStatus, TestFramework

from tests.services.stages.execution.conftest import Judge
from tests.services.stages.execution.interpreted.conftest import found

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.languages]

ADD = "<?php\nfunction add($a, $b) {\n    return $a + $b;\n}\n"
WRONG = ADD.replace("+", "-")
TWO = (
    "function compare($x, $y) { return $x == $y; }\n$got = add(1, 2);\n$wanted = 3;\n"
    "if (!compare($got, $wanted)) {\n    throw new Exception('no');\n}\nassert(add(2, 2) === 4);\n"
)
INSIDE = "foreach ([[1, 2, 3], [2, 2, 4]] as [$a, $b, $c]) {\n    assert(add($a, $b) === $c, 'no');\n}\n"


@pytest.fixture
def judge_php(judge: Judge) -> Judge:
    """Give a function that judges candidates in PHP."""
    return partial(judge, language="php")


@pytest.mark.parametrize(
    ("tests", "passed", "isolation"),
    [
        (TWO, "2", "proof"),
        (f"<?php\n{TWO}", "2", "proof"),
        (INSIDE, "1", "resistant"),
        (TWO + INSIDE, "3", "mixed"),
        (f"{TWO}echo 'all is well';\nexit(0);\n", "3", "mixed"),
        (f"<?php\n{INSIDE}?>\n", "1", "resistant"),
        (f"<?php\n\nnamespace Tests;\n\nuse function add;\n\n{INSIDE}", "1", "resistant"),
    ],
    ids=["apart", "tag", "inside", "both", "leaving", "closed", "namespace"],
)
async def test_each_way_to_write_tests(judge_php: Judge, tests: str, passed: str, isolation: str) -> None:
    """Right code passes and wrong code fails, at the function that is called, in every way to write tests."""
    right = await judge_php(ADD, tests)
    assert (found(right), right.details["tests_passed"], right.details["isolation"]) == ([], passed, isolation)
    assert ("execution/test-failed", 2) in found(await judge_php(f"{WRONG}?>\n", tests))


@pytest.mark.parametrize("leaving", ["exit(1)", "exit('no')", "die('no')", "throw new Exception('no')"])
async def test_tests_that_leave_with_a_complaint_fail(judge_php: Judge, leaving: str) -> None:
    """Tests that leave the program themselves have failed, unless they leave as they do where all is well."""
    result = await judge_php(ADD, f"$sum = add(1, 2);\nif ($sum < 4) {{\n    {leaving};\n}}\n")
    assert found(result) == [("execution/test-failed", 2)]


@pytest.mark.parametrize(
    ("code", "rule", "line"),
    [
        ("<?php\nfunction add($a, $b) {\n    return strlen([]);\n}\n", "test-error", 3),
        ("<?php\nfunction add($a) {\n    return $a + intdiv(1, 0);\n}\n", "test-error", 3),
        ("<?php\nfunction add($a, $b) {\n    return array_summ([$a, $b]);\n}\n", "test-error", 3),
        ("<?php\nfunction sum($a, $b) {\n    return $a + $b;\n}\n", "missing-name", 0),
        ("<?php\n$first = intdiv(1, 0);\n", "import-error", 2),
        ("<?php\nfunction add($a,, $b) {\n}\n", "import-error", 2),
        (f"{ADD}function add() {{}}\n", "import-error", 5),
        ("<?php\nfunction add($a, $b) {\n    while (true);\n}\n", "time-limit", 2),
    ],
)
async def test_what_goes_wrong_is_told_at_its_line(judge_php: Judge, code: str, rule: str, line: int) -> None:
    """Errors, names that are missing, files that cannot be read and endless loops are told where they are."""
    result = await judge_php(code, TWO)
    assert (rule == "missing-module") == (result.status is StageStatus.SKIPPED)
    assert [each.rule_id for each in result.findings] == [f"execution/{rule}"]
    assert [each.location.start_line for each in result.findings if each.location] == ([line] if line else [])


async def test_warnings_are_no_failures(judge_php: Judge) -> None:
    """What PHP only warns of changes nothing."""
    code = "<?php\nfunction add($a, $b) {\n    echo $none, [][0] ?? '', [1][7];\n    return $a + $b;\n}\n"
    assert found(await judge_php(code, TWO)) == []


@pytest.mark.parametrize("place", ["load", "call"])
@pytest.mark.parametrize(
    "leaving",
    [
        "exit",
        "die()",
        "exit(0)",
        "pcntl_exec('/bin/true')",
        "posix_kill(getmypid(), 9)",
        "trigger_error('x', E_USER_ERROR)",
    ],
)
async def test_leaving_early_is_never_a_pass(judge_php: Judge, leaving: str, place: str) -> None:
    """Whatever road the program takes out, while it is loaded or in a call, its tests did not end."""
    code = f"{ADD}{leaving};\n" if place == "load" else f"<?php\nfunction add($a, $b) {{\n    {leaving};\n}}\n"
    result = await judge_php(code, TWO)
    assert result.status is StageStatus.COMPLETED
    assert any(finding.severity is Severity.HIGH for finding in result.findings)
    assert result.details["tests_passed"] == "0"


@pytest.mark.parametrize(
    "trick",
    [
        "register_shutdown_function(fn() => exit(0));\n",
        "set_exception_handler(fn() => exit(0));\nset_error_handler(fn() => true);\n",
        "ob_start(fn() => 'all passed');\n",
        "while (ob_get_level()) ob_end_clean();\nfwrite(STDOUT, 'all passed');\nfclose(STDOUT);\n",
        "ini_set('zend.assertions', '0');\nini_set('assert.exception', '0');\n",
        "pcntl_fork();\n",
        "class Yes { public function __toString() { return '3'; } }\n",
    ],
)
async def test_tricks_do_not_pass(judge_php: Judge, trick: str) -> None:
    """What a candidate does to the end of the program, to output and to assertions changes nothing."""
    assert {rule for rule, _ in found(await judge_php(WRONG.replace("<?php\n", f"<?php\n{trick}"), TWO))} == {
        "execution/test-failed"
    }


async def test_the_head_of_the_file_counts_for_its_tests(judge_php: Judge) -> None:
    """Tests at the end of a file are in its namespace, have its imports and its strictness."""
    code = (
        "<?php\ndeclare(strict_types=1);\nnespace;\nuse InvalidArgumentException as Wrong;\n"
        "function add(int $a, int $b): int {\n    return $a + $b;\n}\n"
    ).replace("nespace", "namespace Sums")
    refused = "$is = false;\ntry {\n    add('1', 2);\n} catch (\\TypeError) {\n    $is = true;\n}\nassert($is);\n"
    assert found(await judge_php(code, f"{TWO}{refused}assert(Wrong::class === 'InvalidArgumentException');\n")) == []


async def test_values_that_are_not_plain(judge_php: Judge) -> None:
    """Objects are compared as the tests were written, in a second run."""
    code = "<?php\nclass Sum {\n    public function __construct(public $x) {}\n}\n"
    code += "function add($a, $b) {\n    return new Sum($a + $b);\n}\n"
    tests = "$three = add(1, 2);\nassert($three == new Sum(3));\nassert(add(2, 2) != 5);\n"
    result = await judge_php(code, tests)
    assert (found(result), result.details["isolation"]) == ([], "resistant")


async def test_what_this_environment_lacks(judge_php: Judge) -> None:
    """Packages, extensions and frameworks that are not there leave the result without a say."""
    for code in (
        ADD.replace("<?php\n", "<?php\nrequire 'vendor/autoload.php';\n"),
        "<?php\nfunction add($a, $b) {\n    return curl_init();\n}\n",
        "<?php\nfunction add($a, $b) {\n    return new Acme\\Sum($a, $b);\n}\n",
    ):
        result = await judge_php(code, TWO)
        assert [(f.rule_id, f.severity) for f in result.findings] == [("execution/missing-module", Severity.INFO)]
        assert result.status is StageStatus.SKIPPED
    unit = "use PHPUnit\\Framework\\TestCase;\nclass AddTest extends TestCase {}\n"
    for arguments in ({"tests": unit}, {"tests": TWO, "framework": TestFramework.UNITTEST}):
        framework = arguments.get("framework", TestFramework.UNSPECIFIED)
        result = await judge_php(ADD, arguments["tests"], framework=framework)
        assert (result.status, "PHPUnit" in result.reason) == (StageStatus.SKIPPED, True)


async def test_without_tests_it_is_loaded(judge_php: Judge) -> None:
    """Loading runs what stands outside of functions; leaving there is what scripts do."""
    assert found(await judge_php(ADD)) == []
    assert found(await judge_php(f"{ADD}throw new Exception('no');\n")) == [("execution/import-error", 5)]
    leaving = await judge_php("<?php\necho 1;\nexit(0);\n")
    assert [(f.rule_id, f.severity) for f in leaving.findings] == [("execution/exits-on-import", Severity.INFO)]


@pytest.mark.parametrize(
    "code",
    [
        "<?php\n$n = (int) fgets(STDIN);\necho intdiv(100, $n);\n",
        "<?php\necho count(json_decode((string) @file_get_contents($argv[1] ?? ''), true));\n",
        "<?php\n$rows = file('data.csv');\necho count($rows);\n",
        "<?php\nclass UserController extends Controller {}\n",
        "<?php\nadd_action('init', 'run');\n",
    ],
)
async def test_programs_that_need_more_than_there_is(judge_php: Judge, code: str) -> None:
    """Input, files, other files of a project and frameworks are not there, which is no fault of the code."""
    result = await judge_php(code)
    assert [finding.severity for finding in result.findings] == [Severity.INFO]
    assert result.status is StageStatus.SKIPPED


@pytest.mark.parametrize("code", ["<?php\narray_summ([1]);\n", "<?php\ncount(null);\n"])
async def test_programs_that_are_wrong_without_tests(judge_php: Judge, code: str) -> None:
    """A function that nobody defines, and an error of its own, are the code's."""
    assert found(await judge_php(code)) == [("execution/import-error", 2)]


async def test_examples_of_the_specification(judge_php: Judge) -> None:
    """A session of PHP's shell in the specification is run where no tests are given."""
    specification = " * php > add(1, 2)\n * 3\n * php > echo add(2, 2);\n * 4\n * php > sub(1)\n * 1\n"
    right = await judge_php(ADD, specification=specification)
    assert (found(right), right.details["tests_passed"], right.details["isolation"]) == ([], "2", "proof")
    wrong = await judge_php(WRONG, specification=specification)
    assert [f.rule_id for f in wrong.findings] == ["execution/example-failed"] * 2


async def test_files_beside_the_entry_point(judge_php: Judge) -> None:
    """Other files of the candidate can be required, and findings name them."""
    files = {"main.php": "<?php\nrequire __DIR__ . '/lib/sums.php';\n", "lib/sums.php": WRONG}
    finding = (await judge_php(files, TWO)).findings[0]
    assert finding.location is not None
    assert (finding.location.path, finding.location.start_line) == ("lib/sums.php", 2)


async def test_determinism_where_it_is_asked_for(judge_php: Judge) -> None:
    """Two runs that give other values are told."""
    tests = "assert(pick(1) === 0);\n"
    result = await judge_php(
        "<?php\nfunction pick($n) {\n    return random_int(1, 1 << 60);\n}\n", tests, check_determinism=True
    )
    assert "execution/not-deterministic" in {finding.rule_id for finding in result.findings}
    assert found(await judge_php("<?php\nfunction pick($n) {\n    return 0;\n}\n", tests, check_determinism=True)) == []
