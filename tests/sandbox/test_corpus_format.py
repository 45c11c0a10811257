"""The corpus itself: its format is kept, it covers what it should, and its comparison finds what differs."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sandbox import image
from tests.corpus import sandbox_cases
from tests.corpus.sandbox_cases import CI_LANGUAGES, USUAL_FILES
from tests.corpus.sandbox_expectations import Expectation, Observed, Stream, differences

CASE = """
- name: a-case
  language: python
  why: A case that is as short as a case can be.
  program: print(1)
  expect: {outcome: OK}
"""

WRONG = {
    "an unknown key": (CASE + "  colour: red\n", "colour"),
    "an unknown key within": (CASE.replace("OK", "OK, color: red"), "expect.color"),
    "an unknown limit": (CASE + "  limits: {patience: 3}\n", "there is no limit patience"),
    "an unknown outcome": (CASE.replace("OK", "FINE"), "there is no outcome FINE"),
    "an unknown language": (CASE.replace("python", "cobol"), "there is no language cobol"),
    "a key given twice": (CASE + "  program: print(2)\n", "given twice: ['program']"),
    "two programs": (CASE + "  program_base64: cHJpbnQoMSk=\n", "only one of program"),
    "no program": (CASE.replace("program: print(1)", "stdin: x"), "a case has a program"),
    "two inputs": (CASE + "  stdin: x\n  stdin_base64: eA==\n", "only one of stdin"),
    "two expected outputs": (CASE.replace("OK", "OK, stdout: x, stdout_base64: eA=="), "only one of stdout"),
    "a file without content": (CASE + "  files: [{path: x}]\n", "either content or base64"),
    "a path used twice": (CASE + "  files: [{path: main.py, content: x}]\n", "paths are unique"),
    "an entry point that is no file": (
        CASE.replace("program: print(1)", "files: [{path: x, content: y}]\n  entry_point: z"),
        "the entry point is one of them",
    ),
    "no reason": (CASE.replace("why:", "# why:"), "why"),
    "a reason that breaks off": (CASE.replace("can be.", "can #be."), "why"),
    "a name of another form": (CASE.replace("a-case", "A Case"), "name"),
    "a number for a text": (CASE + "  arguments: [1]\n", "arguments"),
    "a text for a number": (CASE.replace("OK", "OK, exit_code: '0'"), "exit_code"),
    "runsc in a case that is not for security": (CASE + "  runsc: {skip: why not}\n", "runsc is for security"),
    "a skip without a reason": (CASE + "  security: true\n  runsc: {skip: ''}\n", "gives a reason"),
    "a list that is none": ("name: a-case\n", "not a list"),
    "no YAML": ("- {", "wrong.yaml"),
}


@pytest.mark.parametrize("slip", WRONG)
def test_slip(slip: str) -> None:
    """A slip in a file is an error that names the file and says what is wrong."""
    text, said = WRONG[slip]
    with pytest.raises(ValueError) as caught:
        sandbox_cases.parse(text, "wrong.yaml")
    assert str(caught.value).startswith("wrong.yaml: ")
    assert said in str(caught.value)


def test_name_used_twice(tmp_path: Path) -> None:
    """Two cases of one name are an error, also in two files."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(CASE)
    with pytest.raises(ValueError, match="names used twice: a-case"):
        sandbox_cases.load(tmp_path)


def test_request() -> None:
    """Every way to give a program, files and input becomes the bytes of the request."""
    (case,) = sandbox_cases.parse(
        CASE.replace(
            "program: print(1)",
            'program_lines: {head: "# ", text: ü, repeat: 3, tail: "\\n"}',
        )
        + """
  files: [{path: d/blob, base64: AP8=, executable: true}]
  stdin_repeat: {text: ab, times: 2}
  arguments: [x]
  environment: {NAME: value}
  limits: {wall_seconds: 0.5, cpu_seconds: 2, processes: 7}
  artifact_globs: ["*"]
""",
        "file",
    )
    request = case.request()
    files = [(file.path, file.content, file.executable) for file in request.files]
    assert files == [("main.py", "# üüü\n".encode(), False), ("d/blob", b"\x00\xff", True)]
    assert (request.entry_point, request.stdin, list(request.arguments)) == ("main.py", b"abab", ["x"])
    assert (dict(request.environment), list(request.artifact_globs)) == ({"NAME": "value"}, ["*"])
    limits = request.limits
    assert (limits.wall_time.nanos, limits.cpu_time.seconds, limits.processes) == (500_000_000, 2, 7)
    assert not limits.HasField("memory_bytes")


def test_expectation_on_runsc() -> None:
    """What a case says of runsc replaces what it expects otherwise, key by key; a reason to skip stands for itself."""
    changed, skipped = (
        sandbox_cases.parse(CASE.replace("OK", "OK, stdout: x") + f"  security: true\n  runsc: {{{runsc}}}\n", "file")[
            0
        ].on_runsc()
        for runsc in ("outcome: SIGNALED, signal: 9", "skip: it has no such call")
    )
    assert isinstance(changed, Expectation)
    assert (changed.outcomes, changed.signal, changed.stdout) == (("SIGNALED",), 9, "x")
    assert skipped == "it has no such call"


def test_counts() -> None:
    """The corpus has at least so many cases: in all, of each language, and of attacks."""
    cases = sandbox_cases.load()
    counts = Counter(case.language for case in cases if not case.security)
    least = {name: 12 if name in CI_LANGUAGES else 4 for name in USUAL_FILES} | {"python": 60}
    assert {name: counts[name] for name in least if counts[name] < least[name]} == {}
    assert sum(counts.values()) >= 110
    assert len(cases) >= 150
    assert sum(case.security for case in cases) >= 40


def test_languages() -> None:
    """The corpus calls lone files what the languages call them, and has cases of every language."""
    settings = [tomllib.loads(path.read_text("utf-8")) for path in image.IMAGES.glob("*/language.toml")]
    assert {value["language"]: value["file"] for value in settings}.items() <= USUAL_FILES.items()


RUN = Observed(
    outcome="NONZERO_EXIT",
    exit_code=3,
    signal=None,
    stdout=Stream(b"out\xff", 10, True),
    stderr=Stream(b"err", 3, False),
    compiler=b"warning",
    evidence={"exit_code": "3"},
    artifacts={"a": (b"A", True), "b": (b"B", False)},
    artifacts_omitted={"c": "not a regular file"},
)

RIGHT: dict[str, Any] = {
    "outcome": ["OK", "NONZERO_EXIT"],
    "exit_code": 3,
    "stdout_base64": "b3V0/w==",
    "stdout_contains": ["out"],
    "stdout_lacks": ["err"],
    "stdout_bytes": 10,
    "stdout_truncated": True,
    "stderr": "err",
    "stderr_truncated": False,
    "compiler_contains": ["warn"],
    "evidence": {"exit_code": "3"},
    "artifacts": {"a": {"content": "A", "executable": True}, "b": None},
    "artifacts_omitted": {"c": "regular"},
}

DIFFERENT: list[dict[str, Any]] = [
    {"outcome": "OK"},
    {"exit_code": 0},
    {"signal": 9},
    {"stdout_base64": "b3V0"},
    {"stdout_contains": ["out", "missing"]},
    {"stdout_lacks": ["ut"]},
    {"stdout_bytes": 4},
    {"stdout_truncated": False},
    {"stderr": ""},
    {"stderr_contains": ["E"]},
    {"stderr_bytes": 4},
    {"compiler_contains": ["error"]},
    {"evidence": {"exit_code": "4"}},
    {"evidence": {"limit": "memory"}},
    {"artifacts": {"a": None}},
    {"artifacts": {"a": None, "b": None, "c": None}},
    {"artifacts": {"a": "B", "b": None}},
    {"artifacts": {"a": {"executable": False}, "b": None}},
    {"artifacts": {"a": {"size": 2}, "b": None}},
    {"artifacts": {}},
    {"artifacts_omitted": {}},
    {"artifacts_omitted": {"c": "sparse"}},
]


def test_a_right_run_has_no_differences() -> None:
    """A run that is what was expected, in every respect, differs in none."""
    assert differences(Expectation.model_validate(RIGHT), RUN) == []


@pytest.mark.parametrize("change", DIFFERENT, ids=str)
def test_difference_is_found(change: dict[str, Any]) -> None:
    """A run that is otherwise in one respect alone is found to differ in just that."""
    assert len(differences(Expectation.model_validate(RIGHT | change), RUN)) == 1


def test_what_is_not_expected_is_not_looked_at() -> None:
    """An expectation of the outcome alone says nothing about output, artifacts or evidence."""
    assert differences(Expectation(outcome="NONZERO_EXIT"), RUN) == []
