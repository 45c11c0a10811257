# Runs a suite of minitest, method by method.
Class.new do
  def initialize(channel, describer)
    @channel = channel
    @describer = describer
    @binding = TOPLEVEL_BINDING
    require "minitest"
    # Requiring "minitest/autorun" must not run the tests a second time when the process ends.
    Minitest.class_variable_set(:@@installed_at_exit, true)
    Minitest.seed = 0
    @run_one = Minitest.method(:run_one_method)
  end

  # Return the names of the tests, read from their text before the candidate can have a say.
  def plan(tests)
    text = tests.first[:code]
    methods = text.scan(/^[ \t]*def[ \t]+(test_\w+[?!]?)/).flatten
    descriptions = text.scan(/^[ \t]*(?:it|specify)[ \t(]+(["'])(.*?)\1/).map { |_, name| name }
    numbered(methods + descriptions)
  end

  # Define the tests and run each.
  def run(test)
    before = Minitest::Runnable.runnables.dup
    eval(test[:code], @binding, @describer.test_file, test[:code_line])
    found = (Minitest::Runnable.runnables - before).flat_map { |kind| kind.runnable_methods.sort.map { |name| [kind, name] } }
    numbered(found.map { |_, name| name.sub(/\Atest_\d{4}_/, "") }).zip(found) { |id, (kind, name)| run_one(id, kind, name) }
  rescue Exception => error
    @channel.start("line #{test[:code_line]}")
    @channel.finish(:failed, "line #{test[:code_line]}", error: @describer.describe(error))
    @channel.send_event(:stopped)
  end

  private

  def run_one(id, kind, name)
    @channel.start(id)
    begin
      result = @run_one.call(kind, name)
    rescue Exception => error
      return @channel.finish(:failed, id, error: @describer.describe(error))
    end
    return @channel.finish(:passed, id) if result.failures.empty?

    tell(id, result)
  end

  def tell(id, result)
    failure = result.failures.first
    if result.skipped?
      @channel.finish(:skipped, id, reason: @channel.text(failure.message, 200))
    else
      error = failure.respond_to?(:error) && result.error? ? failure.error : failure
      @channel.finish(:failed, id, error: @describer.describe(error))
    end
  end

  def numbered(names)
    seen = Hash.new(0)
    names.map { |name| (seen[name] += 1) == 1 ? name[0, 190] : "#{name[0, 190]} (#{seen[name]})" }
  end
end
