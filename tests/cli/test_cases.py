"""The cases of a batch, from a folder or a file."""

import json
from pathlib import Path

import pytest

from cli.cases import read_cases, suite_of
from cli.sources import BadSource


def fill(folder: Path, **files: str) -> Path:
    """Write files, whose names have "_" for ".", and return the folder."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return folder


def test_a_folder_gives_pairs_in_order(folder: Path) -> None:
    """Numbers count as numbers, both names of answers are known, and an input may have no answer."""
    fill(folder, a10_in="x", a2_in="y\n", a2_out="Y", a10_ans="X", b_in="", notes_txt="")
    cases = read_cases(folder)
    assert [case.name for case in cases] == ["a2", "a10", "b"]
    assert [case.stdin for case in cases] == [b"y\n", b"x", b""]
    assert [case.expected_stdout for case in cases[:2]] == [b"Y", b"X"]
    assert cases[2].HasField("stdin")
    assert not cases[2].HasField("expected_stdout")


def test_lines_give_cases(folder: Path) -> None:
    """What a line does not say is absent; its name is then its number, and empty lines are none."""
    lines = [
        {"name": "é", "stdin": "1\u2028", "expected_stdout": "", "arguments": ["-x", "a b"]},
        {"stdin": "2"},
    ]
    (folder / "c.jsonl").write_text("\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n")
    first, second = read_cases(folder / "c.jsonl")
    assert (first.name, first.stdin, list(first.arguments)) == ("é", "1\u2028".encode(), ["-x", "a b"])
    assert first.HasField("expected_stdout")
    assert (second.name, second.stdin) == ("3", b"2")
    assert not second.HasField("expected_stdout")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("3", "it is no JSON object"),
        ('{"expected": "1"}', "expected: there is no such field"),
        ('{"stdin": 3}', "stdin: it is no text"),
        ('{"expected_stdout": null}', "expected_stdout: it is no text"),
        ('{"arguments": "x"}', "arguments: it is no list"),
        ('{"arguments": ["x", 1]}', "arguments[1]: it is no text"),
        ('{"name": "\\ud800"}', "name: it holds a half of a surrogate pair"),
    ],
)
def test_bad_lines_are_named(folder: Path, line: str, said: str) -> None:
    """The error has the file, the line and the field."""
    (folder / "c.jsonl").write_text('{"stdin": "1"}\n' + line + "\n")
    with pytest.raises(BadSource) as raised:
        read_cases(folder / "c.jsonl")
    assert str(raised.value).startswith(f"{folder}/c.jsonl:2: {said}")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there are no cases"),
        ({"a_in": "", "b_out": ""}, "b.out: there is no b.in"),
        ({"a_in": "", "a_out": "", "a_ans": ""}, "a.ans: a.out answers a.in already"),
    ],
)
def test_bad_folders_are_named(folder: Path, files: dict[str, str], said: str) -> None:
    """An answer that nothing asks for, or a second one, is not passed over."""
    with pytest.raises(BadSource) as raised:
        read_cases(fill(folder, **files))
    assert said in str(raised.value)


def test_what_is_no_file_of_lines_is_said(folder: Path) -> None:
    """A file that is missing, empty, or no text is an error."""
    (folder / "empty").write_text("\n")
    (folder / "bytes").write_bytes(b"\xff")
    for name, said in (("nothere", "no such file"), ("empty", "there are no cases"), ("bytes", "not UTF-8")):
        with pytest.raises(BadSource, match=f"{name}: .*{said}"):
            read_cases(folder / name)


def test_cases_are_tests_of_a_candidate(folder: Path) -> None:
    """Cases become a suite with their input, output and status; one that says no output is refused by its name."""
    lines = [{"name": "a", "stdin": "1", "expected_stdout": "2", "expected_exit_code": 3, "arguments": ["x"]}]
    path = folder / "c.jsonl"
    path.write_text(json.dumps(lines[0]) + "\n")
    (case,) = suite_of(path).cases
    assert (case.name, case.stdin, case.expected_stdout, case.expected_exit_code) == ("a", b"1", b"2", 3)
    assert list(case.arguments) == ["x"]
    path.write_text('{"name": "silent"}\n')
    with pytest.raises(BadSource, match="silent: it does not say"):
        suite_of(path)


@pytest.mark.parametrize("status", [256, -1, True, "1", 1.5])
def test_a_status_is_a_byte(folder: Path, status: object) -> None:
    """An exit status is a whole number from 0 to 255."""
    (folder / "c.jsonl").write_text(json.dumps({"expected_exit_code": status}) + "\n")
    with pytest.raises(BadSource, match="expected_exit_code: it is no whole number"):
        read_cases(folder / "c.jsonl")
