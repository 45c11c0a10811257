"""Examples that a specification states as a session of the language's own shell: what was typed, and what came back."""

import re
from dataclasses import replace
from itertools import pairwise

from .apart import Check, Script, take_apart
from .dialect import Dialect
from .job import Test

MAX_EXAMPLES = 20
MAX_TEXT = 200_000
COMMENT = re.compile(r"^[ \t]*(?:#+|//+|\*+|/\*\*?)?[ \t]*")


def read_examples(dialect: Dialect, specification: str) -> Script:
    """
    Return the examples of a specification, each as a test. It parses, so it is called in a worker.

    An example is one line after the shell's prompt, and a literal on the line after it. Examples of anything else say
    nothing here.
    """
    lines = [COMMENT.sub("", line) for line in specification[:MAX_TEXT].splitlines()]
    tests: list[Test] = []
    checks: dict[str, Check] = {}
    for number, (typed, answered) in enumerate(pairwise(lines), 1):
        found = dialect.session.fullmatch(f"{typed}\n{answered}")
        if found is None or len(tests) == MAX_EXAMPLES:
            continue
        script = take_apart(dialect, dialect.demand(found["typed"].strip(), found["answered"].strip()))
        if len(script.tests) == 1 and script.isolation == "proof" and not script.tests[0].code:
            test = replace(script.tests[0], line=number)
            tests.append(test)
            checks[test.id] = replace(script.checks[script.tests[0].id], example=found["typed"].strip())
    return Script("", tuple(tests), checks, "proof")
