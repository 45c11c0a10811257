"""What changed between two versions, told so that other programs can make it."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from assay.stage import SourceFile
from hypothesis import given
from hypothesis import strategies as st

from services.validation.repair_diff import blocks, moved, pairs, unified

LINES = [f"line {number}\n" for number in range(1, 31)]


def text(lines: list[str]) -> bytes:
    """Return a file's bytes."""
    return "".join(lines).encode()


def diff(before: bytes, after: bytes, path: str = "a.py") -> str:
    """Return the difference between two versions of one file."""
    return unified([SourceFile(path, before)], [SourceFile(path, after)])


def test_a_diff_reads_as_others_do() -> None:
    """Hunks have three lines around them, and counts as `diff -u` writes them."""
    after = [LINES[0], "new\n", *LINES[1:20], *LINES[21:]]
    assert diff(text(LINES), text(after)) == (
        "--- a/a.py\n+++ b/a.py\n"
        "@@ -1,4 +1,5 @@\n line 1\n+new\n line 2\n line 3\n line 4\n"
        "@@ -18,7 +19,6 @@\n line 18\n line 19\n line 20\n-line 21\n line 22\n line 23\n line 24\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (text(LINES), text(["x\n", *LINES[:10], "y\n", *LINES[14:], "z"])),
        (b"a\nb", b"a\nc"),
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"", b"a\n"),
        (b"a\n", b""),
        (b"a\r\nb\r\n", b"import os\r\na\r\nb\r\n"),
        (b"a\n" * 40, b"b\n" + b"a\n" * 20 + b"c\n" + b"a\n" * 19),
        ("\ufeffx = 'é'\n".encode(), "\ufeffx = 'ü'\n".encode()),
        (b"a\rb\r", b"a\rc\r"),
        (b"a\x0cb\x1cc\n", b"a\x0cb\x1cd\n"),
    ],
)
@pytest.mark.parametrize("path", ["a.py", "folder/a file.py"])
def test_git_applies_it(folder: Path, before: bytes, after: bytes, path: str) -> None:
    """`git apply` makes of the first version the second, whatever ends the lines and the file."""
    file = folder / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(before)
    (folder / "a.diff").write_bytes(diff(before, after, path).encode())
    subprocess.run(["git", "apply", "--whitespace=nowarn", "a.diff"], cwd=folder, check=True, timeout=20)
    assert (file.read_bytes() if file.exists() else b"") == after


lines = st.lists(st.sampled_from("abcdef"), max_size=30)


@given(lines, lines)
def test_what_changed_leads_from_one_to_the_other(before: list[str], after: list[str]) -> None:
    """Lines that are paired are equal and in order, and putting in what changed gives the second version."""
    found = pairs(before, after)
    assert all(before[left] == after[right] for left, right in found)
    assert all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(found))
    made, at = list[str](), 0
    for first, last, new_first, new_last in blocks(before, after):
        made += before[at:first] + after[new_first:new_last]
        at = last
    assert made + before[at:] == after


def test_a_moved_line_does_not_drag_others() -> None:
    """Of lines that change places as few as can be are told as changed."""
    after = [*LINES[1:], LINES[0]]
    assert list(blocks(LINES, after)) == [(0, 1, 0, 0), (30, 30, 29, 30)]


def test_large_files_take_no_squares() -> None:
    """A file of a hundred thousand lines, all alike or all different, is compared to the end."""
    for line in ("x = 1\n", "x{} = 1\n"):
        before = [line.format(number) for number in range(100_000)]
        after = ["import os\n", *before[:50_000], "y\n", *before[50_001:], "z\n"]
        assert list(blocks(before, after))


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        (((1, 2),), ((1, 3),)),
        (((5, 6),), ((1, 1), (6, 7))),
        (((2, 4), (3, 9)), ((1, 1), (3, 10))),
        ((), ((1, 1),)),
        (((29, 5_000_000),), ((1, 1), (30, 32))),
    ],
)
def test_changed_lines_move(ranges: tuple[tuple[int, int], ...], expected: tuple[tuple[int, int], ...]) -> None:
    """Lines that counted count where they are now, and so do new ones."""
    before, after = text(LINES), text(["import os\n", *LINES])
    other = SourceFile("b.py", b"x\n")
    now = moved({"a.py": ranges, "b.py": ranges, "c.py": ranges}, [SourceFile("a.py", before), other],
                [SourceFile("a.py", after), other])  # fmt: skip
    assert now == {"a.py": expected, "b.py": ranges, "c.py": ranges}
