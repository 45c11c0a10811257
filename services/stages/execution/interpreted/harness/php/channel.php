<?php
/**
 * The way out for the report: a stream, and a nonce that the code under test is not given.
 *
 * What the program prints goes to standard error instead, so that it can neither stand between the events nor push them
 * out of the kept size; what it writes to STDOUT itself stands between them and bears no nonce.
 */
final class AssayChannel
{
    /** @var array<string, int> */
    public array $count = ['passed' => 0, 'failed' => 0, 'skipped' => 0];
    private int $process;
    /** @var resource */
    private $stream;

    public function __construct(private string $nonce)
    {
        $this->process = getmypid();
        $this->stream = fopen('php://fd/1', 'w');
        $errors = fopen('php://fd/2', 'w');
        ob_start(static function (string $printed) use ($errors): string {
            fwrite($errors, $printed);
            return '';
        }, 1);
    }

    /** Tell one event, at once, so that a kill leaves all that came before. */
    public function send(string $event, array $fields = []): void
    {
        $this->line('', ['event' => $event] + $fields);
    }

    /** Tell how a test ended. */
    public function finish(string $event, string $test, array $fields = []): void
    {
        $this->count[$event]++;
        $this->send($event, ['test' => $test] + $fields);
    }

    /** Tell a value, beside the events: what it means for its test is decided elsewhere. */
    public function value(array $fields): void
    {
        $this->line('=', $fields);
    }

    /** Return a text as it can be told: no longer than its bound, in characters. */
    public static function text(string $text, int $limit = 2000): string
    {
        return mb_substr(mb_scrub($text, 'UTF-8'), 0, $limit, 'UTF-8');
    }

    /** End the process at once: nothing that was registered for its end is run. */
    public function leave(): never
    {
        pcntl_exec('/bin/true');
        exit;
    }

    private function line(string $mark, array $fields): void
    {
        if (getmypid() !== $this->process) {
            // A forked child that goes on where the tests are has nothing to tell.
            $this->leave();
        }
        $json = json_encode($fields, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR);
        fwrite($this->stream, "\n{$this->nonce}$mark $json\n");
    }
}
