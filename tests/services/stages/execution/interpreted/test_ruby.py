"""Ruby candidates in a real sandbox."""

from functools import partial

import pytest
from assay.stage import Severity, StageStatus, TestFramework

from tests.services.stages.execution.conftest import Judge
from tests.services.stages.execution.interpreted.conftest import found

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.languages]

ADD = "def add(a, b)\n  a + b\nend\n"
WRONG = "def add(a, b)\n  a - b\nend\n"
TWO = "got = add(1, 2)\nwanted = 3\nraise 'no' if got != wanted\nraise 'no' unless add(2, 2) == 4\n"
INSIDE = "[[1, 2, 3], [2, 2, 4]].each { |a, b, c| raise 'no' unless add(a, b) == c }\n"
MINITEST = (
    'require "minitest/autorun"\nrequire_relative "main"\n'
    "class AddTest < Minitest::Test\n  def test_three\n    assert_equal 3, add(1, 2)\n  end\n"
    '  def test_later\n    skip "later"\n  end\nend\n'
)
SPEC = (
    'require "minitest/autorun"\n'
    'describe "add" do\n  it "adds" do\n    _(add(1, 2)).must_equal 3\n  end\n  it "raises" do\n'
    "    _(-> { add(1, nil) }).must_raise TypeError\n  end\nend\n"
)
UNIT = (
    'require "test/unit"\n'
    "class AddTest < Test::Unit::TestCase\n  def setup\n    @three = 3\n  end\n"
    "  def test_three\n    assert_equal @three, add(1, 2)\n  end\n"
    '  test "four" do\n    assert_equal(4, add(2, 2))\n  end\n  def test_later\n    omit "later"\n  end\nend\n'
)


@pytest.fixture
def judge_ruby(judge: Judge) -> Judge:
    """Give a function that judges candidates in Ruby."""
    return partial(judge, language="ruby")


@pytest.mark.parametrize(
    ("tests", "passed", "isolation"),
    [
        (TWO, "2", "proof"),
        (INSIDE, "1", "resistant"),
        (TWO + INSIDE, "3", "mixed"),
        (f"{TWO}puts 'all is well'\nexit\n", "3", "mixed"),
        (MINITEST, "1", "resistant"),
        (SPEC, "2", "resistant"),
        (UNIT, "2", "resistant"),
    ],
    ids=["apart", "inside", "both", "leaving", "minitest", "spec", "test-unit"],
)
async def test_each_way_to_write_tests(judge_ruby: Judge, tests: str, passed: str, isolation: str) -> None:
    """Right code passes and wrong code fails, at the method that is called, in every way to write tests."""
    right = await judge_ruby(ADD, tests)
    assert (found(right), right.details["tests_passed"], right.details["isolation"]) == ([], passed, isolation)
    assert ("execution/test-failed", 1) in found(await judge_ruby(WRONG, tests))


async def test_both_sides_are_told(judge_ruby: Judge) -> None:
    """A failed comparison has what was got and what was expected, decided outside or by minitest."""
    for tests in (TWO, MINITEST, UNIT):
        findings = (await judge_ruby(WRONG, tests)).findings
        assert ("-1", "3") in [(each.evidence["actual"], each.evidence["expected"]) for each in findings]


@pytest.mark.parametrize(
    ("code", "rule", "line"),
    [
        ("def add(a, b)\n  a + b + nil\nend\n", "test-error", 2),
        ("def add(a)\n  a\nend\n", "test-error", 1),
        ("def add(a, b)\n  a.plus(b)\nend\n", "test-error", 2),
        ("def sum(a, b)\n  a + b\nend\n", "missing-name", 0),
        ("FIRST = nil.size\ndef add(a, b) = a + b\n", "import-error", 1),
        ("def add(a, b\n  a + b\nend\n", "import-error", 2),
        ("require_relative 'helper'\ndef add(a, b) = a + b\n", "missing-module", 1),
        ("def add(a, b)\n  add(a, b)\nend\n", "test-error", 2),
        ("def add(a, b)\n  loop {}\nend\n", "time-limit", 1),
    ],
)
async def test_what_goes_wrong_is_told_at_its_line(judge_ruby: Judge, code: str, rule: str, line: int) -> None:
    """Exceptions, names that are missing, loads that fail and endless loops are told where they are."""
    result = await judge_ruby(code, TWO)
    assert (rule == "missing-module") == (result.status is StageStatus.SKIPPED)
    assert [each.rule_id for each in result.findings] == [f"execution/{rule}"]
    assert [each.location.start_line for each in result.findings if each.location] == ([line] if line else [])


@pytest.mark.parametrize("place", ["load", "call"])
@pytest.mark.parametrize(
    "leaving",
    ["exit", "exit 0", "exit!(0)", "abort", "Process.exit!(0)", "exec 'true'", "Process.kill(9, $$)", "throw :done"],
)
async def test_leaving_early_is_never_a_pass(judge_ruby: Judge, leaving: str, place: str) -> None:
    """Whatever road the program takes out, while it is loaded or in a call, its tests did not end."""
    code = f"{leaving}\n{ADD}" if place == "load" else f"def add(a, b)\n  {leaving}\nend\n"
    result = await judge_ruby(code, TWO)
    assert result.status is StageStatus.COMPLETED
    assert any(finding.severity is Severity.HIGH for finding in result.findings)
    assert result.details["tests_passed"] == "0"


@pytest.mark.parametrize(
    "trick",
    [
        "at_exit { exit!(0) }\n",
        "class Object; def raise(*) = nil; def ==(other) = true; def !=(other) = false; end\n",
        "class Integer; def ==(other) = true; def !=(other) = false; end\n",
        "module Kernel; def raise(*) = nil; def fail(*) = nil; end\n",
        "BEGIN { $stdout.puts 'all passed' }\n",
        "Thread.new { sleep }\nfork\n",
        "require 'minitest'\nclass Minitest::Test; def assert_equal(*) = true; end\n",
    ],
)
async def test_tricks_do_not_pass(judge_ruby: Judge, trick: str) -> None:
    """What a candidate does to comparing, raising and leaving changes nothing that is decided outside."""
    result = await judge_ruby(trick + WRONG, TWO)
    rules = {finding.rule_id for finding in result.findings if finding.severity is Severity.HIGH}
    assert rules & {"execution/test-failed", "execution/exited-early"}


async def test_tests_that_a_candidate_takes_away(judge_ruby: Judge) -> None:
    """The tests of minitest were counted before the candidate was loaded: without them nothing passed."""
    trick = "class Minitest::Test; def self.runnable_methods = []; end\n"
    assert [rule for rule, _ in found(await judge_ruby(trick + WRONG, MINITEST))] == ["execution/exited-early"]


async def test_values_that_are_not_plain(judge_ruby: Judge) -> None:
    """An object is compared as the tests were written, in a second run; a result that only says it is equal is seen."""
    code = "class Sum\n  attr_reader :x\n  def initialize(x) = @x = x\n  def ==(other) = x == other\nend\n"
    code += "def add(a, b) = Sum.new(a + b)\n"
    result = await judge_ruby(code, TWO)
    assert (found(result), result.details["isolation"]) == ([], "resistant")
    assert found(await judge_ruby(code.replace("a + b", "a - b"), TWO)) == [("execution/test-failed", 6)]


async def test_what_this_environment_lacks(judge_ruby: Judge) -> None:
    """A gem that is not there, and a framework that is not there, leave the result without a say."""
    result = await judge_ruby("require 'nokogiri'\n" + ADD, TWO)
    assert [(f.rule_id, f.severity) for f in result.findings] == [("execution/missing-module", Severity.INFO)]
    assert (result.status, "nokogiri" in result.reason) == (StageStatus.SKIPPED, True)
    result = await judge_ruby(ADD, "require 'rspec'\nRSpec.describe('add') {}\n")
    assert (result.status, "RSpec" in result.reason) == (StageStatus.SKIPPED, True)
    result = await judge_ruby(ADD, TWO, framework=TestFramework.PYTEST)
    assert result.status is StageStatus.SKIPPED


async def test_without_tests_it_is_loaded(judge_ruby: Judge) -> None:
    """Loading runs what stands outside of functions, and not what stands behind the question for the main program."""
    assert found(await judge_ruby(f"{ADD}if __FILE__ == $0\n  raise 'no'\nend\n")) == []
    assert found(await judge_ruby(f"{ADD}raise 'no'\n")) == [("execution/import-error", 4)]
    leaving = await judge_ruby("puts 1\nexit\n")
    assert [(f.rule_id, f.severity) for f in leaving.findings] == [("execution/exits-on-import", Severity.INFO)]


@pytest.mark.parametrize(
    "code",
    [
        "number = gets.chomp.to_i\nputs number\n",
        "puts 100 / ARGV[0].to_i\n",
        "puts File.read('data.txt')\n",
        "puts ENV.fetch('API_KEY')\n",
        "class User < ApplicationRecord\nend\n",
        "get '/' do\n  'hello'\nend\n",
        "require 'sinatra'\n",
    ],
)
async def test_programs_that_need_more_than_there_is(judge_ruby: Judge, code: str) -> None:
    """Input, files, variables, other files of a project and frameworks are not there, which is no fault of the code."""
    result = await judge_ruby(code)
    assert [finding.severity for finding in result.findings] == [Severity.INFO]
    assert result.status is StageStatus.SKIPPED


@pytest.mark.parametrize("code", ["puts Strng.new\n", "puts JSON.parse('1')\n", "puts nil.size\n", "puts smu(1)\n"])
async def test_programs_that_are_wrong_without_tests(judge_ruby: Judge, code: str) -> None:
    """A misspelt name, a library that is not required, and an error of its own are the code's."""
    assert found(await judge_ruby(code)) == [("execution/import-error", 1)]


async def test_files_as_a_main_program_reads_them(judge_ruby: Judge) -> None:
    """A return at the top level ends the file, a mark at its beginning is skipped, and DATA reads its end."""
    data = "def add(a, b) = a + b + DATA.read.to_i\n__END__\n0\n"
    for code in (f"{ADD}return\nraise 'no'\n", f"\ufeff{ADD}", data):
        assert found(await judge_ruby(code, TWO)) == []


async def test_examples_of_the_specification(judge_ruby: Judge) -> None:
    """A session of irb in the specification is run where no tests are given; what else it shows says nothing."""
    specification = "irb> add(1, 2)\n=> 3\nirb> sub(1, 2)\n=> -1\nirb> add(2, 2)\n=> 4\nirb> add(1, 1)\n=> #<Sum 2>\n"
    right = await judge_ruby(ADD, specification=specification)
    assert (found(right), right.details["tests_passed"], right.details["isolation"]) == ([], "2", "proof")
    wrong = await judge_ruby(WRONG, specification=specification)
    assert [(f.rule_id, f.severity) for f in wrong.findings] == [("execution/example-failed", Severity.HIGH)] * 2
    assert (wrong.findings[0].evidence["example"], wrong.findings[0].evidence["actual"]) == ("add(1, 2)", "-1")
    raising = await judge_ruby("def add(a, b)\n  a + nil\nend\n", specification=specification)
    assert {f.rule_id for f in raising.findings} == {"execution/example-failed"}
    given = await judge_ruby(WRONG, "raise 'no' unless add(2, 0) == 2\n", specification=specification)
    assert found(given) == []


async def test_files_beside_the_entry_point(judge_ruby: Judge) -> None:
    """Other files of the candidate can be required, and findings name them."""
    files = {"main.rb": "require_relative 'lib/sums'\n", "lib/sums.rb": WRONG}
    finding = (await judge_ruby(files, TWO)).findings[0]
    assert finding.location is not None
    assert (finding.location.path, finding.location.start_line) == ("lib/sums.rb", 1)


async def test_determinism_where_it_is_asked_for(judge_ruby: Judge) -> None:
    """Two runs that give other values are told."""
    tests = "raise 'no' unless pick(1) == 0\n"
    result = await judge_ruby("def pick(n) = rand\n", tests, check_determinism=True)
    assert "execution/not-deterministic" in {finding.rule_id for finding in result.findings}
    assert found(await judge_ruby("def pick(n) = 0\n", tests, check_determinism=True)) == []
