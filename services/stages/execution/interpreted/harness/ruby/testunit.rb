# Test-unit: its classes of tests, and how one of them ended.
Class.new do
  def initialize
    require "test/unit"
    require "test/unit/testresult"
    # Requiring "test/unit" must not run the tests a second time when the process ends.
    Test::Unit::AutoRunner.need_auto_run = false
    @skips = [Test::Unit::PendedError, Test::Unit::OmittedError]
  end

  def classes
    Test::Unit::TestCase::DESCENDANTS.dup
  end

  # Return the tests of a class, each with what runs it: nil where it passed, why it was skipped, or what it raised.
  def tests(kind)
    kind.suite.tests.map { |test| [test.method_name.sub(/\Atest: /, ""), -> { outcome(test) }] }
  end

  private

  # The steps of a test are taken one by one, since a result of test-unit's own keeps no exception.
  def outcome(test)
    test.instance_variable_set(:@_result, Test::Unit::TestResult.new)
    begin
      test.send(:run_setup)
      test.send(:run_test)
    ensure
      test.send(:run_teardown)
    end
    nil
  rescue *@skips => error
    error.message
  end
end
