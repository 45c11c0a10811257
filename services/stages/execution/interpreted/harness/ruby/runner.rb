# Loads the candidate and runs its tests, and tells of each.
Class.new do
  def initialize(channel, describer, plain, suite)
    @channel = channel
    @describer = describer
    @plain = plain
    @suite = suite
    @binding = TOPLEVEL_BINDING
  end

  # Run to the end. Each line of the tests is one: its number, its code and an expression whose value is told.
  def run(entry, lines)
    tests = lines.map { |line| parse(line) }
    planned = @suite ? @suite.plan(tests) : tests.map { |test| test[:id] }
    @channel.send_event(:plan, work: @describer.work, tests: planned, examples: [], problem: "")
    if load_candidate(entry)
      @suite ? @suite.run(tests.first) : run_script(tests)
    end
    @channel.send_event(:done, **@channel.count)
  end

  private

  def parse(line)
    id, code_line, code, value_line, value = line.split("\t", -1)
    code, value = [code, value].map { |text| text.unpack1("m").force_encoding("UTF-8") }
    { id: id, code_line: code_line.to_i, code: code, value_line: value_line.to_i, value: value }
  end

  # The file is evaluated where a main program is, so that appended tests see what it binds, and under its own name, so
  # that what stands behind `if __FILE__ == $0` is not run.
  def load_candidate(entry)
    path = File.join(@describer.work, entry)
    source = File.read(path, encoding: "BOM|UTF-8")
    $LOADED_FEATURES << path
    define_data(path, source)
    @channel.send_event(:loading)
    error = error_of(source, path)
    error ? @channel.send_event(:load_failed, error: @describer.describe(error)) : @channel.send_event(:loaded)
    error.nil?
  end

  def error_of(source, path)
    eval(source, @binding, path, 1)
    nil
  rescue LocalJumpError => error
    # A `return` at the top level ends the file.
    error.reason == :return ? nil : error
  rescue Exception => error
    error
  end

  # What stands behind __END__ is read by DATA, as in a main program.
  def define_data(path, source)
    start = source.b.match(/^__END__\r?\n/)&.end(0)
    Object.const_set(:DATA, File.open(path).tap { |file| file.seek(start) }) if start
  end

  # What stands between the checks is for those that follow: where it fails they are not begun.
  def run_script(tests)
    tests.each do |test|
      next if run_test(test) || test[:code].empty?

      @channel.send_event(:stopped) unless test.equal?(tests.last)
      break
    end
  end

  def run_test(test)
    @channel.start(test[:id])
    begin
      eval(test[:code], @binding, @describer.test_file, test[:code_line])
      tell_value(test) unless test[:value].empty?
    rescue Exception => error
      return finish(test, error)
    end
    @channel.finish(:passed, test[:id])
    true
  end

  # Tests that leave the program themselves as they do where all is well have passed.
  def finish(test, error)
    if SystemExit === error && error.success? && !@describer.by_candidate?(error)
      @channel.finish(:passed, test[:id])
      return true
    end
    @channel.finish(:failed, test[:id], error: @describer.describe(error))
    false
  end

  def tell_value(test)
    value = eval(test[:value], @binding, @describer.test_file, test[:value_line])
    data, odd = @plain.data(value)
    @channel.value({ test: test[:id], value: data, odd: @channel.text(odd, 200) })
  end
end
