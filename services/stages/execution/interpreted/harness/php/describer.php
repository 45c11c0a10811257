<?php
/** Says what an exception is about: the line of the candidate, and what was missing. */
final class AssayDescriber
{
    /** @var array<string, string> */
    private array $sources = [];

    public function __construct(public readonly string $work, public readonly string $tests)
    {
        $folders = new RecursiveDirectoryIterator($work, FilesystemIterator::SKIP_DOTS);
        foreach (new RecursiveIteratorIterator($folders) as $file) {
            if (dirname($file->getPathname()) !== __DIR__) {
                $this->sources[$file->getPathname()] = substr($file->getPathname(), strlen($work) + 1);
            }
        }
    }

    /** Return the facts of an exception; of the code that raised it nothing but names and lines. */
    public function describe(Throwable $error): array
    {
        $name = self::missing($error->getMessage());
        $facts = [
            'type' => AssayChannel::text(get_class($error), 200),
            'message' => AssayChannel::text($this->message($error)),
            'name' => AssayChannel::text($name, 200),
            'environment' => $this->lacking($error, $name),
        ];
        $facts += $this->place($error);
        $facts['assertion'] = !$facts['candidate_raised'] && ($error instanceof Exception || $error instanceof AssertionError);
        $facts['missing_from_candidate'] = !$facts['candidate_raised'] && $name !== '' && $facts['environment'] === '';
        return array_filter($facts, static fn ($value) => $value !== null);
    }

    /** Return the facts of an error that ended the program, as the interpreter tells it at the end. */
    public function fatal(array $error): array
    {
        $path = $this->sources[$error['file']] ?? null;
        $facts = [
            'type' => $error['type'] === E_PARSE ? 'ParseError' : 'Fatal error',
            'message' => AssayChannel::text($this->shortened($error['message'])),
            'candidate_raised' => $path !== null,
            'path' => $path,
            'line' => $path === null ? null : $error['line'],
            'test_line' => $path === null && $this->isTests($error['file']) ? $error['line'] : null,
        ];
        return array_filter($facts, static fn ($value) => $value !== null);
    }

    /** Return the facts of a program that left: its line is known where only one leaves. */
    public function left(string $entry): array
    {
        $exits = array_filter(PhpToken::tokenize(file_get_contents($entry)), static fn ($token) => $token->is(T_EXIT));
        $line = count($exits) === 1 ? reset($exits)->line : 0;
        return ['type' => 'exit', 'exit' => true, 'candidate_raised' => true, 'path' => $this->sources[$entry], 'line' => $line];
    }

    private function place(Throwable $error): array
    {
        $frames = [[$error->getFile(), $error->getLine()]];
        foreach ($error->getTrace() as $frame) {
            $frames[] = [$frame['file'] ?? '', $frame['line'] ?? 0];
        }
        $mine = $tests = $first = null;
        foreach ($frames as [$file, $line]) {
            $isMine = isset($this->sources[$file]);
            $mine ??= $isMine ? [$this->sources[$file], $line] : null;
            $tests ??= $this->isTests($file) ? $line : null;
            $first ??= $isMine ? 'candidate' : ($this->isTests($file) ? 'tests' : null);
        }
        return [
            'candidate_raised' => $first === 'candidate',
            'path' => $mine[0] ?? null,
            'line' => $mine[1] ?? null,
            'test_line' => $tests,
        ];
    }

    private function isTests(string $file): bool
    {
        return str_ends_with($file, "eval()'d code") && str_starts_with($file, __DIR__);
    }

    /** Return the name that a message says is not defined; empty where it says something else. */
    private static function missing(string $message): string
    {
        foreach (
            [
                '/^Call to undefined function (\S+)\(\)/',
                '/^(?:Class|Interface|Trait|Enum) "([^"]+)" not found/',
                '/^Undefined constant "([^"]+)"/',
                "/^Failed opening required '([^']+)'/",
            ] as $pattern
        ) {
            if (preg_match($pattern, $message, $found)) {
                return $found[1];
            }
        }
        return '';
    }

    /** Return what the environment lacks; what an extension or a package would define is not made up. */
    private function lacking(Throwable $error, string $name): string
    {
        if (str_starts_with($error->getMessage(), 'Failed opening required')) {
            return 'package';
        }
        if ($name !== '' && (str_contains($name, '\\') || preg_match(self::EXTENSIONS, $name))) {
            return 'module';
        }
        if ($this->tests === '' && (preg_match('/^(?:Class|Interface|Trait|Enum) "/', $error->getMessage()) || preg_match(self::HOSTS, $name))) {
            // Where tests came with the code it has to stand alone; else another file of its project may define it, which is
            // loaded when it is asked for.
            return 'package';
        }
        return $error instanceof PDOException && $error->getMessage() === 'could not find driver' ? 'module' : '';
    }

    private function message(Throwable $error): string
    {
        return $this->shortened($error->getMessage());
    }

    /** Leave out of a message where the harness lies. */
    private function shortened(string $message): string
    {
        $first = explode("\n", $message, 2)[0];
        return preg_replace('/(?: in|, called in) \S+(?: : eval\(\)\'d code)? on line \d+|, passed in \S+/', '', $first) ?? '';
    }

    /** Functions of the programs that PHP is most written for, which load the code that calls them. */
    private const HOSTS = '/^(?:add_\w+|do_action|apply_filters|wp_\w+|register_\w+|get_(?:option|post|the|bloginfo|template)\w*'
        . '|esc_\w+|plugin(?:s|_dir)_\w+|is_admin|current_user_can|__|_[ex]|app|config|route|view|env|collect|base_path'
        . '|drupal_\w+|t)$/';

    private const EXTENSIONS = '/^(?:curl_|mysqli|mysql_|pg_|sqlite_|SQLite3|simplexml_|SimpleXML|DOM(?:Document|XPath|Element|Node)'
        . '|xml_|XML(?:Reader|Writer)|libxml_|image[a-z]|Imagick|gd_|Collator|NumberFormatter|IntlDateFormatter|Intl'
        . '|Normalizer|MessageFormatter|Transliterator|transliterator_|normalizer_|grapheme_|gmp_|GMP|Zip|zip_|Soap'
        . '|Redis|Memcache|apcu_|ldap_|imap_|bz|yaml_|ssh2_|mongo|Mongo|CURLFile|snmp|tidy|xsl|XSLT|enchant_|pspell_'
        . '|odbc_|dba_|igbinary_|msgpack_|swoole|Swoole)/';
}
