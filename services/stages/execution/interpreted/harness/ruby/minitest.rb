# Minitest: its classes of tests, and how one of them ended.
Class.new do
  def initialize
    require "minitest"
    # Requiring "minitest/autorun" must not run the tests a second time when the process ends.
    Minitest.class_variable_set(:@@installed_at_exit, true)
    Minitest.seed = 0
    @run_one = Minitest.method(:run_one_method)
  end

  def classes
    Minitest::Runnable.runnables.dup
  end

  # Return the tests of a class, each with what runs it: nil where it passed, why it was skipped, or what it raised.
  def tests(kind)
    kind.runnable_methods.sort.map { |name| [name.sub(/\Atest_\d{4}_/, ""), -> { outcome(@run_one.call(kind, name)) }] }
  end

  private

  def outcome(result)
    failure = result.failures.first
    return failure&.message if failure.nil? || result.skipped?

    result.error? ? failure.error : failure
  end
end
