# Runs a suite of a unit test framework, test by test.
Class.new do
  def initialize(channel, describer, framework)
    @channel = channel
    @describer = describer
    @framework = framework
    @binding = TOPLEVEL_BINDING
  end

  # Return the names of the tests, read from their text before the candidate can have a say.
  def plan(tests)
    text = tests.first[:code]
    methods = text.scan(/^[ \t]*def[ \t]+(test_\w+[?!]?)/).flatten
    descriptions = text.scan(/^[ \t]*(?:it|specify|test)[ \t(]+(["'])(.*?)\1/).map { |_, name| name }
    numbered(methods + descriptions)
  end

  # Define the tests and run each.
  def run(test)
    before = @framework.classes
    eval(test[:code], @binding, @describer.test_file, test[:code_line])
    found = (@framework.classes - before).flat_map { |kind| @framework.tests(kind) }
    numbered(found.map { |name, _| name }).zip(found) { |id, (_, action)| run_one(id, action) }
  rescue Exception => error
    @channel.start("line #{test[:code_line]}")
    @channel.finish(:failed, "line #{test[:code_line]}", error: @describer.describe(error))
    @channel.send_event(:stopped)
  end

  private

  def run_one(id, action)
    @channel.start(id)
    begin
      outcome = action.call
    rescue Exception => error
      outcome = error
    end
    case outcome
    when nil then @channel.finish(:passed, id)
    when String then @channel.finish(:skipped, id, reason: @channel.text(outcome, 200))
    else @channel.finish(:failed, id, error: @describer.describe(outcome))
    end
  end

  def numbered(names)
    seen = Hash.new(0)
    names.map { |name| (seen[name] += 1) == 1 ? name[0, 190] : "#{name[0, 190]} (#{seen[name]})" }
  end
end
