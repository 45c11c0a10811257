"""The errors: one class for each reason, drawn, documented, and whole after every journey."""

import inspect
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from assay import errors
from assay.errors import AssayError, InvalidArgument, by_reason
from assay.v1 import error_reason_pb2
from google.rpc import code_pb2

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "errors.md"
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \| (.+) \| (.+) \|$", re.MULTILINE)


def classes(kind: type[AssayError] = AssayError, depth: int = 0) -> Iterator[tuple[type[AssayError], int]]:
    """Yield every class of the suite's errors, with its depth in the tree."""
    yield kind, depth
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from classes(child, depth + 1)


ALL = [kind for kind, _ in classes()]


def test_reasons() -> None:
    """Every reason of the contract has exactly one class, and every class a reason of the contract."""
    prefix = "ERROR_REASON_"
    contract = {name.removeprefix(prefix) for name in error_reason_pb2.ErrorReason.keys()} - {"UNSPECIFIED"}  # noqa: SIM118
    assert sorted(kind.reason for kind in ALL) == sorted(contract)
    assert by_reason() == {kind.reason: kind for kind in ALL}


@pytest.mark.parametrize("kind", ALL)
def test_codes(kind: type[AssayError]) -> None:
    """Every class has a gRPC code other than OK."""
    assert code_pb2.Code.Value(kind.code) > 0


def test_tree() -> None:
    """The tree in the module's documentation is the hierarchy, with each class's code and reason."""
    line = re.compile(r"^    ((?:[│ ]   |[├└]── )*)(\w+) +([A-Z_]+) +([A-Z_]+)$", re.MULTILINE)
    drawn = [(len(branch) // 4, *rest) for branch, *rest in line.findall(inspect.getdoc(errors) or "")]
    assert drawn == [(depth, kind.__name__, kind.code, kind.reason) for kind, depth in classes()]


def test_documented() -> None:
    """Every error stands in the document with its reason and code, what it means and what to do."""
    rows = [row[:3] for row in ROW.findall(DOCUMENT.read_text())]
    assert sorted(rows) == sorted((kind.reason, kind.code, kind.__name__) for kind in ALL)


@pytest.mark.parametrize("kind", ALL)
def test_pickled(kind: type[AssayError]) -> None:
    """An error goes from one process to another whole."""
    arguments = ("candidate.files", "wrong") if issubclass(kind, InvalidArgument) else ("wrong",)
    error = kind(*arguments, metadata={"a": "1"})
    error.retry_after = 2.5
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert (str(back), vars(back)) == (str(error), vars(error))
