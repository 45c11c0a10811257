"""The cases of a batch, read from a folder or a file on this machine."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.v1 import candidate_pb2, sandbox_pb2

from cli.sources import BadSource, read

MAX_BYTES = 31 * 1024 * 1024
"""Bytes of all cases together: a call has at most 32 MiB, and the program must fit in too."""

ANSWERS = (".out", ".ans")

_FIELDS = ("name", "stdin", "expected_stdout", "expected_exit_code", "arguments")
_NUMBER = re.compile(r"(\d+)")


def read_cases(path: Path) -> list[sandbox_pb2.BatchCase]:
    """
    Return the cases of a folder, in the order of their names, or of a JSON-lines file, in the order of its lines.

    :raises BadSource: There are none, or one cannot be used; the message names the file, the line and the field.
    """
    cases = []
    room = MAX_BYTES
    for case in _of_folder(path) if path.is_dir() else _of_lines(path):
        cases.append(case)
        room -= case.ByteSize()
        if room < 0:
            raise BadSource(f"{path}: the cases have more than {MAX_BYTES:,} bytes together, the most that is taken")
    if not cases:
        raise BadSource(f"{path}: there are no cases: " + ("no NAME.in" if path.is_dir() else "no line"))
    return cases


def suite_of(path: Path) -> candidate_pb2.TestSuite:
    """
    Return cases as the tests of a candidate; each must say what its output should be.

    :raises BadSource: As :func:`read_cases`, or one does not say.
    """
    suite = candidate_pb2.TestSuite()
    for case in read_cases(path):
        if not case.HasField("expected_stdout"):
            raise BadSource(f"{path}: {case.name}: it does not say what the output should be")
        suite.cases.add(
            name=case.name,
            stdin=case.stdin,
            arguments=case.arguments,
            expected_stdout=case.expected_stdout,
            expected_exit_code=case.expected_exit_code,
        )
    return suite


def _of_folder(folder: Path) -> Iterator[sandbox_pb2.BatchCase]:
    try:
        names = sorted((path.name for path in folder.iterdir() if path.is_file()), key=_natural)
    except OSError as error:
        raise BadSource(f"{folder}: {(error.strerror or 'it cannot be read').lower()}") from None
    inputs = [name.removesuffix(".in") for name in names if name.endswith(".in")]
    if lonely := [name for name in names if name.endswith(ANSWERS) and name[:-4] not in inputs]:
        raise BadSource(f"{folder / lonely[0]}: there is no {lonely[0][:-4]}.in that it would answer")
    for name in inputs:
        answers = [name + suffix for suffix in ANSWERS if name + suffix in names]
        if len(answers) > 1:
            raise BadSource(f"{folder / answers[1]}: {answers[0]} answers {name}.in already")
        case = sandbox_pb2.BatchCase(name=_text(folder / f"{name}.in", "name", name))
        case.stdin = _read(folder / f"{name}.in")
        if answers:
            case.expected_stdout = _read(folder / answers[0])
        yield case


def _natural(name: str) -> list[tuple[int, str]]:
    """Return the key by which "2" comes before "10"."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _NUMBER.split(name)]


def _read(path: Path) -> bytes:
    try:
        return read(path)
    except BadSource as error:
        raise BadSource(f"{path}: {error}") from None


def _of_lines(path: Path) -> Iterator[sandbox_pb2.BatchCase]:
    try:
        content = read(path, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadSource(f"{path}: it is not UTF-8 text") from None
    except BadSource as error:
        raise BadSource(f"{path}: {error}") from None
    # Not splitlines: JSON strings may hold the other characters that it takes for line ends.
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            yield _of_line(f"{path}:{number}", line, str(number))


def _of_line(where: str, line: str, number: str) -> sandbox_pb2.BatchCase:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadSource(f"{where}: it is no JSON: {getattr(error, 'msg', 'it is nested too deeply')}") from None
    if not isinstance(told, dict):
        raise BadSource(f"{where}: it is no JSON object")
    if unknown := [key for key in told if key not in _FIELDS]:
        raise BadSource(f"{where}: {unknown[0]}: there is no such field; there are {', '.join(_FIELDS)}")
    case = sandbox_pb2.BatchCase(name=_text(where, "name", told.get("name", number)))
    if "stdin" in told:
        case.stdin = _text(where, "stdin", told["stdin"]).encode()
    if "expected_stdout" in told:
        case.expected_stdout = _text(where, "expected_stdout", told["expected_stdout"]).encode()
    status = told.get("expected_exit_code", 0)
    if type(status) is not int or not 0 <= status <= 255:
        raise BadSource(f"{where}: expected_exit_code: it is no whole number from 0 to 255")
    case.expected_exit_code = status
    arguments = told.get("arguments", [])
    if not isinstance(arguments, list):
        raise BadSource(f"{where}: arguments: it is no list of texts")
    case.arguments.extend(_text(where, f"arguments[{index}]", held) for index, held in enumerate(arguments))
    return case


def _text(where: str | Path, field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadSource(f"{where}: {field}: it is no text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadSource(f"{where}: {field}: it holds a half of a surrogate pair, which is no text") from None
    return value
