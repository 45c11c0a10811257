<?php
// One run of a PHP candidate: read the job, say what will be run, load the candidate, run its tests, tell the results.
//
// The candidate is included, and each test evaluated, where a main program is: in the global scope, in which nothing else
// is bound.
(static function (): void {
    foreach (['channel', 'describer', 'plain', 'runner'] as $part) {
        require __DIR__ . "/$part.php";
    }
    $job = explode("\n", substr(stream_get_contents(STDIN), 0, -1));
    AssayRunner::prepare($job);
    array_map('unlink', glob(__DIR__ . '/*'));
    rmdir(__DIR__);
})();
if (AssayRunner::isLoading()) {
    try {
        include AssayRunner::entry();
        AssayRunner::loaded();
    } catch (Throwable $assayError) {
        AssayRunner::notLoaded($assayError);
    }
}
unset($assayError);
while (AssayRunner::next()) {
    try {
        eval(AssayRunner::code());
        if (AssayRunner::asks()) {
            AssayRunner::tell(eval(AssayRunner::value()));
        }
        AssayRunner::passed();
    } catch (Throwable $assayError) {
        AssayRunner::failed($assayError);
    }
    unset($assayError);
}
AssayRunner::done();
