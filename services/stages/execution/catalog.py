"""The rules of the stage, explained; their findings are made in findings.py, where what happened is known."""

from assay.stage import Category, RuleInfo, Severity

_LIMIT = "The program {did}, and was ended. Where it happens in a test, the finding names the test{more}."


def _limit(name: str, did: str, *fires: str, more: str = "") -> RuleInfo:
    explanation = _LIMIT.format(did=did, more=more)
    return RuleInfo(f"execution/{name}", Category.RUNTIME, Severity.HIGH, explanation, fires=fires)


RULES: tuple[RuleInfo, ...] = (
    _limit(
        "time-limit",
        "did not end within its time on the clock or on the processor",
        "while True:\n    pass\n",
        more=", and the line at which the program stood. LOW where it only waited, as a service does",
    ),
    _limit("memory-limit", "used more memory than it may", "held = []\nwhile True:\n    held.append(bytes(10**6))\n"),
    _limit(
        "process-limit", "started more processes or threads than it may", "import os\n\nwhile True:\n    os.fork()\n"
    ),
    _limit("output-limit", "wrote more output than it may", "while True:\n    print('x' * 1000)\n"),
    _limit("disk-limit", "wrote more to its work directory than it may"),
    RuleInfo(
        "execution/crashed",
        Category.RUNTIME,
        Severity.HIGH,
        "A signal ended the program, for example a violation of memory in a library that it calls.",
        fires=("import os\n\nos.abort()\n",),
    ),
    RuleInfo(
        "execution/exited-early",
        Category.BEHAVIOR,
        Severity.HIGH,
        "The program left, or kept tests from being run, before all of them had ended. Tests that did not run are not "
        "passed, whatever status the program left with.",
        fires=("import os\n\n\ndef solve(n):\n    os._exit(0)\n",),
        passes=("import sys\n\nif __name__ == '__main__':\n    sys.exit(0)\n",),
    ),
    RuleInfo(
        "execution/compile-error",
        Category.RUNTIME,
        Severity.HIGH,
        "The compiler rejects the code, or the code together with its tests. Warnings are not meant, nor a header, "
        "package or crate that the sandbox lacks; see execution/missing-module.",
        fires=("int main(void) { return undeclared; }\n",),
        passes=("int main(void) { int unused; return 0; }\n",),
    ),
    RuleInfo(
        "execution/not-deterministic",
        Category.BEHAVIOR,
        Severity.MEDIUM,
        "Of two runs on the same input one ended otherwise, or wrote something else. Looked for where it is asked for.",
    ),
    RuleInfo(
        "execution/call-failed",
        Category.RUNTIME,
        Severity.MEDIUM,
        "A function does not take the values that its own type hints state: a call with small ones ends in the code "
        "itself with a TypeError, an AttributeError or a name that is not there. Called only where neither tests nor "
        "examples were given; a call that works proves nothing.",
        fires=("def total(prices: list[float]) -> float:\n    return prices.sum()\n",),
        passes=("def total(prices: list[float]) -> float:\n    return sum(prices)\n",),
    ),
    RuleInfo(
        "execution/exits-on-import",
        Category.ENVIRONMENT,
        Severity.INFO,
        "The code leaves the program when it is loaded, as a script does that finds no arguments. No tests were given "
        "that this would keep from being run.",
        fires=("import sys\n\nprint('done')\nsys.exit(0)\n",),
        passes=("import sys\n\nif __name__ == '__main__':\n    sys.exit(0)\n",),
    ),
    RuleInfo(
        "execution/import-error",
        Category.RUNTIME,
        Severity.HIGH,
        "The code cannot be imported: it raises an exception of its own. That a package is not installed in the "
        "sandbox, or that there is no network, is not meant; see execution/missing-module and execution/environment.",
        fires=("LIMITS = {'a': 1}\nFIRST = LIMITS['b']\n",),
        passes=("import json\n\nFIRST = json.loads('1')\n",),
    ),
    RuleInfo(
        "execution/test-failed",
        Category.BEHAVIOR,
        Severity.HIGH,
        "A test that came with the code compares what the code gives with what it should give, and they differ.",
    ),
    RuleInfo(
        "execution/test-error",
        Category.RUNTIME,
        Severity.HIGH,
        "A test that came with the code ends with an exception that the code raises, or that its call brings about.",
    ),
    RuleInfo(
        "execution/missing-name",
        Category.BEHAVIOR,
        Severity.HIGH,
        "The tests use a name that the code was to define and does not.",
    ),
    RuleInfo(
        "execution/doctest-failed",
        Category.BEHAVIOR,
        Severity.MEDIUM,
        "An example in the code's own documentation gives something else than it says. Such examples drift from the "
        "code, so that one does not reject by itself.",
        fires=("def double(n):\n    '''\n    >>> double(2)\n    5\n    '''\n    return 2 * n\n",),
        passes=("def double(n):\n    '''\n    >>> double(2)\n    4\n    '''\n    return 2 * n\n",),
    ),
    RuleInfo(
        "execution/example-failed",
        Category.SPECIFICATION,
        Severity.HIGH,
        "An example that the specification states gives something else. MEDIUM where tests came with the code, which "
        "say more.",
    ),
    RuleInfo(
        "execution/replaced-builtins",
        Category.BEHAVIOR,
        Severity.HIGH,
        "The code replaces builtins or assertions that its tests rest on. MEDIUM where no tests were given.",
        fires=("import builtins\n\nbuiltins.len = lambda held: 3\n",),
    ),
    RuleInfo(
        "execution/missing-module",
        Category.ENVIRONMENT,
        Severity.INFO,
        "The code imports what the sandbox does not have, so that it could not be run in full. Missing there is not "
        "made up: whether a package exists is for the semantic stage to say.",
    ),
    RuleInfo(
        "execution/environment",
        Category.ENVIRONMENT,
        Severity.INFO,
        "The code needs something that the sandbox does not have, for example the network, standard input, a file or a "
        "variable, so that it could not be run in full.",
    ),
)
