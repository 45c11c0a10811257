# Says what an exception, or a check that failed, is about: the line of the candidate, and what was missing.
Class.new do
  attr_reader :work, :test_file

  def initialize(work, test_path)
    @work = work
    @test_file = test_path.empty? ? "" : File.join(work, test_path)
    @sources = Dir.glob("**/*.rb", base: work).to_h { |path| [File.join(work, path), path] }
    @receiver = TOPLEVEL_BINDING.receiver
    @by_runtime = [NameError, TypeError, ArgumentError, ZeroDivisionError, IndexError, RangeError, IOError,
                   SystemCallError, FrozenError, LocalJumpError, FiberError, ThreadError, RegexpError, EncodingError,
                   NoMatchingPatternError]
    @network = [Errno::ENETUNREACH, Errno::EAFNOSUPPORT, Errno::ECONNREFUSED, Errno::EADDRNOTAVAIL]
    # Of the standard library, there where it is required: without that they are the code's own mistake.
    @standard = %i[JSON YAML Psych Date DateTime CSV OpenStruct SecureRandom Digest URI FileUtils Tempfile Logger ERB
                   Benchmark BigDecimal Pathname StringIO Timeout Matrix Vector Prime Forwardable Singleton Observable
                   OptionParser Open3 Socket TCPSocket TCPServer Shellwords Find PP Zlib OpenSSL Base64 IPAddr Etc Tsort
                   WeakRef Delegator SimpleDelegator PStore Ripper Coverage Abbrev Racc REXML Minitest]
    @of_frameworks = %i[task namespace desc get post put patch delete describe context feature it source gem group ruby
                        use run map set configure before after helpers]
    @files = [Errno::ENOENT, Errno::EACCES, Errno::EROFS, Errno::EPERM]
  end

  # Return the facts of an exception; of the code that raised it nothing but names and lines.
  def describe(error)
    frames = frames_of(error)
    facts = { type: name_of_class(error), message: message_of(error), name: missing(error),
              exit: SystemExit === error && (@test_file.empty? || by_candidate?(error)), environment: lacking(error), **place(error, frames) }
    facts[:assertion] = assertion?(error) && !facts[:candidate_raised]
    facts[:missing_from_candidate] = undefined_in_tests?(error, frames)
    facts.merge(sides(error)).compact
  end

  # Whether code of the candidate raised an exception, or left the program.
  def by_candidate?(error)
    place(error, frames_of(error))[:candidate_raised]
  end

  private

  def frames_of(error)
    (error.backtrace_locations || []).first(20_000).map { |frame| [frame.path, frame.lineno] }
  end

  def place(error, frames)
    mine = frames.find { |path, _| @sources[path] }
    tests = frames.find { |path, _| path == @test_file }
    first = frames.find { |path, _| @sources[path] || path == @test_file }
    mine = first = unreadable(error) || mine if SyntaxError === error
    { candidate_raised: !first.nil? && first.equal?(mine), test_line: tests && tests[1],
      path: mine && @sources[mine[0]], line: mine && mine[1] }
  end

  # Return the file and line of a syntax error in the candidate, which no frame tells.
  def unreadable(error)
    return unless @sources[error.path]

    [error.path, error.message[/\A#{Regexp.escape(error.path)}:(\d+):/, 1].to_i]
  end

  def name_of_class(error)
    (error.class.name || "an exception")[0, 200]
  end

  def message_of(error)
    first = error.message.to_s.dup.force_encoding("UTF-8").scrub("?")
    first = first.lines.first.to_s.strip if NameError === error
    first = first.sub(/\A\S+:\d+: /, "").lines.first.to_s.strip if SyntaxError === error
    first[0, 2_000]
  rescue StandardError
    ""
  end

  def missing(error)
    name = case error
           when LoadError then error.path
           when NameError then error.name
           when KeyError then error.key
           end
    name.to_s[0, 200]
  rescue ArgumentError
    ""
  end

  def lacking(error)
    case error
    when LoadError then error.path.to_s.start_with?("/", ".") ? "package" : "module"
    when EOFError then "input"
    when *@network then "network"
    when *@files then "file"
    when KeyError then of_environment?(error) ? "variable" : ""
    when NameError then elsewhere?(error) ? "package" : ""
    else %w[Socket::ResolutionError SocketError].include?(error.class.name) ? "network" : ""
    end
  end

  # Whether a name at the top level may be another file's of the same project, or a framework's, which loads it by itself.
  # Where tests came with the code it has to stand alone.
  def elsewhere?(error)
    return false unless @test_file.empty?
    return error.receiver.equal?(@receiver) && @of_frameworks.include?(error.name) if NoMethodError === error

    own = Object.equal?(error.receiver) && (@standard.include?(error.name) || error.corrections.any?)
    error.message.start_with?("uninitialized constant") && !own
  rescue StandardError
    false
  end

  def of_environment?(error)
    error.receiver.equal?(ENV)
  rescue ArgumentError
    false
  end

  # Whether it was raised on purpose by whoever wrote the tests, and not by the language.
  def assertion?(error)
    return true if error.class.name.to_s.end_with?("Assertion", "AssertionFailedError")

    return true if SystemExit === error

    StandardError === error && @by_runtime.none? { |kind| kind === error }
  end

  # Whether the tests themselves asked for a name that nothing defines.
  def undefined_in_tests?(error, frames)
    return false unless NameError === error && frames.dig(0, 0) == @test_file
    return true unless NoMethodError === error

    error.receiver.equal?(@receiver) || Module === error.receiver
  rescue ArgumentError
    false
  end

  def sides(error)
    if error.respond_to?(:inspected_expected) && error.inspected_expected
      return { right: error.inspected_expected[0, 2_000], left: error.inspected_actual.to_s[0, 2_000], operator: "Eq" }
    end

    message = error.message.to_s
    return {} unless message =~ /^Expected: (.*)\n  Actual: (.*)\z/

    { right: $1[0, 2_000], left: $2[0, 2_000], operator: "Eq" }
  rescue StandardError
    {}
  end
end
