<?php
/**
 * Plain data: values whose equality is the language's own, so that it can be decided elsewhere.
 *
 * Each value is told with its kind: "c" a constant, "i" an integer, "f" a float, "s" text, "b" bytes that are no text, "h"
 * an array. Objects are not plain.
 */
final class AssayPlain
{
    private int $left = 20_000;
    private string $odd = '';

    /** Return the value as plain data and "", or null and what is not plain about it. */
    public static function data(mixed $value): array
    {
        $plain = new self();
        $data = $plain->convert($value, 0);
        return $plain->odd === '' ? [$data, ''] : [null, $plain->odd];
    }

    private function convert(mixed $value, int $depth): ?array
    {
        $this->left -= 1 + (is_string($value) ? intdiv(strlen($value), 10) : 0);
        if ($this->left < 0 || $depth > 40) {
            return $this->refuse('a large value');
        }
        return match (true) {
            $value === null => ['c' => 'null'],
            is_bool($value) => ['c' => $value ? 'true' : 'false'],
            is_int($value) => ['i' => (string) $value],
            is_float($value) => ['f' => self::float($value)],
            is_string($value) => mb_check_encoding($value, 'UTF-8') ? ['s' => $value] : ['b' => bin2hex($value)],
            is_array($value) => ['h' => $this->pairs($value, $depth)],
            default => $this->refuse(get_debug_type($value)),
        };
    }

    private static function float(float $value): string
    {
        return is_finite($value) ? var_export($value, true) : (is_nan($value) ? 'nan' : ($value > 0 ? 'inf' : '-inf'));
    }

    private function pairs(array $array, int $depth): array
    {
        $pairs = [];
        foreach ($array as $key => $value) {
            $pairs[] = [$this->convert($key, $depth + 1), $this->convert($value, $depth + 1)];
            if ($this->odd !== '') {
                return [];
            }
        }
        return $pairs;
    }

    private function refuse(string $odd): ?array
    {
        $this->odd = $odd;
        return null;
    }
}
