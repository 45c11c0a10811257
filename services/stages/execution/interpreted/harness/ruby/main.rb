# One run of a Ruby candidate: read the job, say what will be run, load the candidate, run its tests, tell the results.
#
# Nothing is required and no name is defined, so that the candidate finds the interpreter that it would find without
# this. Each part is a file whose value is a class without a name.
lambda do
  part = ->(name) { eval(File.read(File.join(__dir__, "#{name}.rb")), nil, "#{name}.rb", 1) }
  channel_class, describer_class, plain_class, suite_class, runner_class =
    %w[channel describer plain suite runner].map(&part)
  job = STDIN.read.split("\n", -1)[0..-2]
  channel = channel_class.new(job.shift)
  mode, *paths = job.shift(3)
  entry, test_path = paths.map { |text| text.unpack1("m").force_encoding("UTF-8") }
  describer = describer_class.new(Dir.pwd, test_path)
  framework = part.(mode).new if %w[minitest testunit].include?(mode)
  suite = framework ? suite_class.new(channel, describer, framework) : nil
  runner = runner_class.new(channel, describer, plain_class.new, suite)
  leave = Process.method(:exit!)
  Dir.children(__dir__).each { |name| File.unlink(File.join(__dir__, name)) }
  Dir.rmdir(__dir__)
  begin
    runner.run(entry, job)
  rescue Exception => error
    channel.broken(error)
  end
  leave.call(0)
end.call
