<?php
/** Keeps what is to be run, and tells of each test. */
final class AssayRunner
{
    private static AssayChannel $channel;
    private static AssayDescriber $describer;
    /** @var list<array{string, int, string, int, string}> */
    private static array $tests = [];
    private static string $entry;
    private static string $prelude;
    private static string $state = 'loading';
    private static int $at = -1;

    /** Read the job, and say what will be run. */
    public static function prepare(array $job): void
    {
        self::$channel = new AssayChannel($job[0]);
        self::$describer = new AssayDescriber(getcwd(), base64_decode($job[3]));
        self::$entry = getcwd() . '/' . base64_decode($job[2]);
        self::$prelude = self::head(file_get_contents(self::$entry));
        foreach (array_slice($job, 4) as $line) {
            [$id, $codeLine, $code, $valueLine, $value] = explode("\t", $line);
            self::$tests[] = [$id, (int) $codeLine, base64_decode($code), (int) $valueLine, base64_decode($value)];
        }
        $plan = ['work' => getcwd(), 'tests' => array_column(self::$tests, 0), 'examples' => [], 'problem' => ''];
        self::$channel->send('plan', $plan);
        register_shutdown_function([self::class, 'ended']);
        self::$channel->send('loading');
    }

    public static function isLoading(): bool
    {
        return self::$state === 'loading';
    }

    public static function entry(): string
    {
        return self::$entry;
    }

    public static function loaded(): void
    {
        self::$state = 'testing';
        self::$channel->send('loaded');
    }

    public static function notLoaded(Throwable $error): void
    {
        self::$state = 'stopped';
        self::$channel->send('load_failed', ['error' => self::$describer->describe($error)]);
    }

    /** Begin the next test, and say whether there is one. */
    public static function next(): bool
    {
        if (self::$state !== 'testing' || ++self::$at >= count(self::$tests)) {
            return false;
        }
        self::$channel->send('start', ['test' => self::$tests[self::$at][0]]);
        return true;
    }

    public static function code(): string
    {
        $code = preg_replace('/\A(\s*)<\?php\b/', '$1', self::$tests[self::$at][2]);
        $lines = str_repeat("\n", max(0, self::$tests[self::$at][1] - 1));
        $hasOwnHead = preg_match('/\A\s*(?:declare|namespace)\b/', $code);
        return ($hasOwnHead ? '' : self::$prelude) . $lines . self::withoutExits($code);
    }

    public static function asks(): bool
    {
        return self::$tests[self::$at][4] !== '';
    }

    public static function value(): string
    {
        $lines = str_repeat("\n", max(0, self::$tests[self::$at][3] - 1));
        return self::$prelude . $lines . 'return ' . self::$tests[self::$at][4] . ';';
    }

    public static function tell(mixed $value): void
    {
        [$data, $odd] = AssayPlain::data($value);
        $test = self::$tests[self::$at][0];
        self::$channel->value(['test' => $test, 'value' => $data, 'odd' => AssayChannel::text($odd, 200)]);
    }

    public static function passed(): void
    {
        self::$channel->finish('passed', self::$tests[self::$at][0]);
    }

    public static function failed(Throwable $error): void
    {
        if ($error instanceof AssayLeft && $error->isSuccess()) {
            self::passed();
            self::$state = 'stopped';
            return;
        }
        self::$channel->finish('failed', self::$tests[self::$at][0], ['error' => self::$describer->describe($error)]);
        if (self::$tests[self::$at][2] !== '') {
            // What stands between the checks is for those that follow.
            self::stop();
        }
    }

    /** Tell the end, and leave before anything else can be done. */
    public static function done(): void
    {
        self::$state = 'done';
        self::$channel->send('done', self::$channel->count);
        self::$channel->leave();
    }

    /** Say how the program ended that did not come to its end: by an error of the interpreter's, or by leaving. */
    public static function ended(): void
    {
        if (self::$state === 'done') {
            return;
        }
        $error = error_get_last();
        $isFatal = $error !== null && ($error['type'] & self::FATAL);
        $facts = ['error' => $isFatal ? self::$describer->fatal($error) : self::$describer->left(self::$entry)];
        if (self::$state === 'loading') {
            self::$channel->send('load_failed', $facts);
        } else {
            self::$channel->finish('failed', self::$tests[self::$at][0], $facts);
            self::stop();
        }
        self::done();
    }

    private static function stop(): void
    {
        self::$state = 'stopped';
        if (self::$at < count(self::$tests) - 1) {
            self::$channel->send('stopped');
        }
    }

    /** Return tests in which leaving the program is an exception, so that it is known who left it. */
    private static function withoutExits(string $code): string
    {
        $text = '';
        foreach (array_slice(PhpToken::tokenize("<?php $code"), 1) as $token) {
            $text .= $token->is(T_EXIT) ? 'throw new \AssayLeft' : $token->text;
        }
        return $text;
    }

    /** Return what stands at the head of the candidate's file and counts to its end: declarations and imports. */
    private static function head(string $source): string
    {
        $head = '';
        $depth = 0;
        $tokens = PhpToken::tokenize($source);
        for ($at = 0; $at < count($tokens); $at++) {
            $depth += ['{' => 1, '}' => -1][$tokens[$at]->text] ?? 0;
            if ($depth === 0 && $tokens[$at]->is([T_DECLARE, T_NAMESPACE, T_USE])) {
                $statement = '';
                while ($at < count($tokens) && $tokens[$at]->text !== ';') {
                    $statement .= $tokens[$at]->is([T_WHITESPACE, T_COMMENT, T_DOC_COMMENT]) ? ' ' : $tokens[$at]->text;
                    $at++;
                }
                $head .= str_contains($statement, '{') && !str_starts_with($statement, 'use') ? '' : "$statement;";
            }
        }
        return $head;
    }

    private const FATAL = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;
}

/** Thrown where the tests leave the program. */
final class AssayLeft extends Exception
{
    public function __construct(private string|int $status = 0)
    {
        parent::__construct(is_string($status) ? $status : "exit status $status");
    }

    /** Whether the tests left as they do where all is well. */
    public function isSuccess(): bool
    {
        return $this->status === 0;
    }
}
