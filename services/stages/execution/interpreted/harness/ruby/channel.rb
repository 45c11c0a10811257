# The way out for the report: a descriptor, and a nonce that the code under test is not given.
#
# The process's own standard output becomes the channel. What the program prints goes to standard error instead, so that
# it can neither stand between the events nor push them out of the kept size.
Class.new do
  attr_reader :count

  def initialize(nonce)
    @nonce = nonce
    @process = Process.pid
    @count = { passed: 0, failed: 0, skipped: 0 }
    @output = STDOUT.dup
    @write = @output.method(:syswrite)
    @leave = Process.method(:exit!)
    STDOUT.reopen(STDERR)
    STDOUT.sync = true
    STDIN.reopen(File::NULL)
  end

  # Tell one event, at once, so that a kill leaves all that came before.
  def send_event(event, **fields)
    line("", { event: event, **fields })
  end

  # Tell that a test begins, so that a run that is cut short names it.
  def start(test)
    send_event(:start, test: test)
  end

  # Tell how a test ended.
  def finish(event, test, **fields)
    @count[event] += 1
    send_event(event, test: test, **fields)
  end

  # Tell a value, beside the events: what it means for its test is decided elsewhere.
  def value(fields)
    line("=", fields)
  end

  # Tell that the harness itself failed.
  def broken(error)
    send_event(:broken, reason: text("#{error.class}: #{error.message}"))
  end

  # Return a text as it can be told: well-formed, and no longer than its bound.
  def text(string, limit = 2_000)
    return "" unless String === string

    string = String.new(string)
    string = string.encode("UTF-8", invalid: :replace, undef: :replace) unless string.encoding == Encoding::UTF_8
    string.scrub("?")[0, limit]
  end

  private

  def line(mark, fields)
    # A forked child that goes on where the tests are has nothing to tell.
    @leave.call(0) if Process.pid != @process
    @write.call("\n#{@nonce}#{mark} #{json(fields)}\n")
  end

  def json(value)
    case value
    when Hash then "{#{value.map { |key, item| "#{json(key.to_s)}:#{json(item)}" }.join(",")}}"
    when Array then "[#{value.map { |item| json(item) }.join(",")}]"
    when String, Symbol then "\"#{value.to_s.gsub(/["\\\x00-\x1f\x7f]/) { |char| format('\u%04x', char.ord) }}\""
    when nil then "null"
    else value.to_s
    end
  end
end
