"""What a specification states, held against code."""

import pytest
from assay.stage import Candidate, SourceFile

from services.stages.rules import Example, Rule, example
from services.stages.semantic.specification_check import check
from services.stages.semantic.specification_rules import RULES

SUFFIX = {"python": ".py", "javascript": ".js", "typescript": ".ts"}


def rules_found(code: str | bytes, specification: str, language: str = "python") -> list[str]:
    """Return the rules that fire in a program."""
    content = code.encode() if isinstance(code, str) else code
    file = SourceFile(f"main{SUFFIX[language]}", content)
    return [finding.rule_id for finding in check(Candidate((file,), language, specification=specification)).findings]


def examples(which: str) -> list[object]:
    """Return each example of each rule as a test parameter."""
    return [
        pytest.param(rule, example(shown), id=f"{rule.id}-{number}")
        for rule in RULES
        for number, shown in enumerate(getattr(rule, which))
    ]


@pytest.mark.parametrize(("rule", "shown"), examples("fires"))
def test_rule_finds_its_example(rule: Rule, shown: Example) -> None:
    """A rule fires in each program that it names as an example."""
    assert rule.id in rules_found(shown.text, shown.specification, shown.language)


@pytest.mark.parametrize(("rule", "shown"), examples("passes"))
def test_rule_leaves_its_counter_example_alone(rule: Rule, shown: Example) -> None:
    """A rule does not fire in the programs that only look like its examples."""
    assert rule.id not in rules_found(shown.text, shown.specification, shown.language)


OTHER = "def something_else(x):\n    return x\n"


@pytest.mark.parametrize(
    "asked",
    [
        "Write a function `area` that multiplies.",
        "Write a function named area that multiplies.",
        "Please implement the Python function areaOf for squares.",
        "Create a helper function called 'area'.",
        "Write the Python function area_of. It multiplies.",
        "Write a method `area(w, h)`.",
    ],
)
def test_name_is_read_from_a_sentence(asked: str) -> None:
    """A function that a sentence asks for by name is missed where it is not there."""
    assert rules_found(OTHER, asked) == ["semantic/missing-named-function"]


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("class Stack:\n    def push(self, x):\n        self.x = x\n\n    def pop(self):\n        return self.x\n", 0),
        ("class Stack:\n    def push(self, x):\n        self.x = x\n", 1),
        ("class Pile:\n    def push(self, x):\n        self.x = x\n", 2),
    ],
)
def test_class_is_asked_for_with_its_methods(code: str, missing: int) -> None:
    """A class and the methods that a sentence gives it are each missed where they are not there."""
    asked = "Implement a class Stack with the methods `push` and `pop`. It has no other methods but `peek`."
    assert rules_found(code, asked) == ["semantic/missing-named-function"] * missing


@pytest.mark.parametrize(
    "asked",
    [
        "Write a function that multiplies.",
        "Write a class that holds numbers.",
        "Create a class hierarchy.",
        "Write a Python function to find the area of a square.",
        "Use the function `area` to write a program.",
        "Define a function, then call it.",
        "The function `area` is given.",
        "",
    ],
)
def test_sentence_without_a_name_states_nothing(asked: str) -> None:
    """A sentence that names no function, or names one that is there already, asks for none."""
    assert rules_found(OTHER, asked) == []


@pytest.mark.parametrize(
    "code",
    [
        "from maths import area\n",
        "from maths import (\n    other,\n    area,\n)\n",
        "from maths import *\n",
        "area = lambda w, h: w * h\n",
        "area: object = max\n",
        "import maths as area\n",
        "class area:\n    pass\n",
        "globals().update(area_functions)\n",
        "def area(w, h:\n    return w * h\n",
    ],
)
def test_any_meaning_of_a_name_will_do(code: str) -> None:
    """A name that is imported, assigned or hardly readable is not missing."""
    assert rules_found(code, "def area(w, h):\n    ...\n") == []


def test_code_in_a_fence_may_be_what_there_is() -> None:
    """A function in a fence is asked for where it stands alone and nothing says that it is given; others may be."""
    shown = "```python\ndef load(path):\n    ...\n```\n"
    assert rules_found(OTHER, f"Implement this.\n{shown}") == ["semantic/missing-entry-point"]
    assert rules_found(OTHER, f"You are given this helper.\n{shown}") == ["semantic/missing-named-function"]
    assert rules_found(OTHER, "```python\ndef load(path):\n    return open(path)\n```\n") == []


def test_only_the_last_function_of_a_beginning_is_open() -> None:
    """Where the specification is the beginning of the code, its earlier functions are there already."""
    beginning = 'def helper(x):\n    ...\n\n\ndef area(w, h):\n    """Multiplies."""\n'
    assert rules_found("def area(w, h):\n    return w * h\n", beginning) == []


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("    return w * h\n", "python"),
        ("\n    # multiply\n    return w * h\n\n\ndef helper():\n    return 1\n", "python"),
        ("return w * h;\n}\n", "javascript"),
        ("  return w * h;\n}\n", "typescript"),
    ],
)
def test_continuation_is_not_judged(code: str, language: str) -> None:
    """Code that goes on where the specification stopped need not repeat its beginning."""
    beginning = "def area(w, h):\n" if language == "python" else "function area(w, h) {\n"
    assert rules_found(code, beginning, language) == []


def test_every_call_must_fail() -> None:
    """A function that fits one of the shown calls can be called, and a wrong example counts for nothing."""
    spec = "def area(w, h=1):\n    '''\n    >>> area(2)\n    2\n    >>> area(2, 3)\n    6\n    '''\n"
    assert rules_found("def area(w):\n    return w\n", spec) == []
    assert rules_found("def area():\n    return 1\n", spec) == ["semantic/uncallable-as-specified"]
    wrong = "def area(w, h):\n    '''\n    >>> area(2)\n    2\n    '''\n"
    assert rules_found("def area(w, h):\n    return w * h\n", wrong) == []


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("area([1, (2, 3)], 'a)b')", False),
        ("area(w=1, h=2)", False),
        ("area(width=1, h=2)", True),
        ("area(1)", True),
        ("area(1, 2, 3)", True),
        ("area(*sizes)", False),
        ("area(1, 2,", False),
    ],
)
def test_call_is_read_as_the_language_reads_it(call: str, found: bool) -> None:
    """Nested commas and strings, names and spread arguments count as they do in a call."""
    spec = f"Write a function `area`.\n\nassert {call} == 6\n"
    assert ("semantic/uncallable-as-specified" in rules_found("def area(w, h):\n    return w * h\n", spec)) is found


@pytest.mark.parametrize(
    ("example_text", "found"),
    [
        ("assert area(1) == 2", True),
        ("area(1) -> 2", True),
        ("area(1) # returns 2", True),
        (">>> area(1)\n2", True),
        ("assert area(1) == None", False),
        (">>> area(1)\n>>> area(2)", False),
        ("area(1)", False),
    ],
)
def test_answer_is_read_from_an_example(example_text: str, found: bool) -> None:
    """An example shows an answer where something other than nothing comes out of the call."""
    spec = f"Write a function `area`.\n\n{example_text}\n"
    assert ("semantic/never-returns" in rules_found("def area(w):\n    w *= 2\n", spec)) is found


def test_methods_are_called_without_self() -> None:
    """A method's first parameter is not counted, a static method's is."""
    spec = "def area(w, h):\n    '''\n    >>> area(2, 3)\n    6\n    '''\n"
    assert rules_found("class A:\n    def area(self, w, h):\n        return w * h\n", spec) == []
    code = "class A:\n    @staticmethod\n    def area(w, h, d):\n        return w * h\n"
    assert rules_found(code, spec) == ["semantic/uncallable-as-specified"]


def test_missing_function_comes_with_what_may_be_meant() -> None:
    """A function whose name is like the one that is missing is named in the suggestion."""
    file = SourceFile("main.py", b"def count_pair(xs):\n    return 1\n")
    (only,) = check(Candidate((file,), "python", specification="def count_pairs(xs):\n    ...\n")).findings
    assert (only.location, only.suggestion) == (None, "'count_pair' may be what is to be called so")


def test_typescript_is_read_by_its_own_grammar() -> None:
    """Types, generics and elements are read by a file's suffix."""
    spec = "export const first = <T>(items: T[]): T => {\n"
    assert rules_found("export const first = <T>(items: T[]): T => items[0];\n", spec, "typescript") == []
    assert rules_found("export const last = <T>(items: T[]): T => items[0];\n", spec, "typescript") == [
        "semantic/missing-entry-point"
    ]


HOSTILE: dict[str, str | bytes] = {
    "nested code": "(" * 100_000,
    "chain": "f" + "()" * 100_000,
    "many functions": "def area(w):\n    w = 1\n" * 20_000,
    "open text": "def area(w):\n    '''" + "a " * 50_000,
    "no text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_hostile_code_is_bounded(shape: str) -> None:
    """Whatever the code, the work ends with a bounded number of findings."""
    assert len(rules_found(HOSTILE[shape], "def area(w) -> int:\n    ...\n")) <= 3


@pytest.mark.parametrize(
    "specification", ["area(" * 50_000, "write a function " * 20_000, "```" * 50_000, "(" * 200_000]
)
def test_hostile_specification_is_bounded(specification: str) -> None:
    """A specification that leads nowhere is read in bounded time."""
    assert rules_found(OTHER, f"Write a function named area.\n{specification}") in (
        [],
        ["semantic/missing-named-function"],
    )
