"""`assay batch`: one program on many inputs."""

import json
from pathlib import Path

import pytest
from assay.v1 import sandbox_pb2

from cli.batch import status_of
from tests.cli.conftest import Ended, Program

SQUARE = "print(int(input()) ** 2)\n"


@pytest.mark.parametrize(
    ("summary", "status"),
    [
        (sandbox_pb2.BatchSummary(passed=3), 0),
        (sandbox_pb2.BatchSummary(passed=3, unchecked=1), 0),
        (sandbox_pb2.BatchSummary(passed=3, failed=1), 1),
        (sandbox_pb2.BatchSummary(passed=3, failed=1, undecided=1), 1),
        (sandbox_pb2.BatchSummary(passed=3, undecided=1), 2),
        (sandbox_pb2.BatchSummary(passed=3, undecided=1, skipped=1), 2),
        (sandbox_pb2.BatchSummary(skipped=3), 1),
    ],
)
def test_the_status_sums_up_the_cases(summary: sandbox_pb2.BatchSummary, status: int) -> None:
    """It is 0 only where nothing failed, was left out or could not be decided."""
    assert status_of(summary) == status


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--checker", "nothing"], "--checker nothing: there is no such file"),
        (["--checker", "exact:1"], "--checker exact:1: there is no such file"),
        (["--checker", "floats:much"], "--checker floats:much: it looks like"),
        (["--memory", "lots"], "--memory lots"),
        (["--cases", "nothere"], "nothere: there is no such file"),
        (["--cases", "bad.jsonl"], "bad.jsonl:1: stdin: it is no text"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    program: Program, folder: Path, arguments: list[str], said: str
) -> None:
    """The error is one line, and no suite was asked."""
    (folder / "x.py").write_text(SQUARE)
    (folder / "bad.jsonl").write_text('{"stdin": 1}\n')
    (folder / "good.jsonl").write_text('{"stdin": "1"}\n')
    ended = program("batch", "x.py", "--cases", "good.jsonl", *arguments, "--gateway", "unix:/nobody", cwd=folder)
    assert ended.status == 2
    assert ended.stderr.startswith(f"assay: {said}")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.docker
class TestInTheSandbox:
    """Real programs in real containers."""

    @pytest.fixture
    def batch(self, program: Program, sandboxed: str, folder: Path) -> Program:
        """Give a function that runs a program's text on cases, which are lines of a file."""

        def run(text: str, cases: list[dict[str, object]], *options: str, name: str = "main.py") -> Ended:
            (folder / name).write_text(text)
            (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
            return program("batch", "--gateway", sandboxed, name, "--cases", "cases.jsonl", *options, cwd=folder)

        return run

    def test_each_case_has_a_line(self, batch: Program) -> None:
        """Verdict, outcome and message stand beside the name, and the counts at the end."""
        ended = batch(
            SQUARE,
            [
                {"name": "good", "stdin": "3", "expected_stdout": "9\n"},
                {"name": "wrong", "stdin": "3", "expected_stdout": "8\n"},
                {"name": "raises", "stdin": "x", "expected_stdout": "8\n"},
                {"name": "free", "stdin": "3"},
            ],
        )
        assert (ended.status, ended.stderr) == (1, "")
        words = [line.split() for line in ended.stdout.splitlines()]
        assert [line[:4] for line in words[:4]] == [
            ["✓", "good", "PASSED", "OK"],
            ["✗", "wrong", "FAILED", "OK"],
            ["✗", "raises", "FAILED", "NONZERO_EXIT"],
            ["-", "free", "UNCHECKED", "OK"],
        ]
        assert "line 1" in ended.stdout
        assert ended.stdout.splitlines()[-1].startswith("1 passed, 2 failed, 1 unchecked (")

    def test_a_folder_of_pairs_passes(self, program: Program, sandboxed: str, folder: Path) -> None:
        """Where all pass the status is 0."""
        (folder / "main.py").write_text(SQUARE)
        (folder / "cases").mkdir()
        for number in range(3):
            (folder / "cases" / f"{number}.in").write_text(f"{number}\n")
            (folder / "cases" / f"{number}.out").write_text(f"{number**2}\n")
        ended = program("batch", "--gateway", sandboxed, folder / "main.py", "--cases", folder / "cases")
        assert ended.status == 0, ended.stdout + ended.stderr
        assert ended.stdout.splitlines()[-1].startswith("3 passed (")

    @pytest.mark.parametrize(
        ("how", "status"),
        [("exact", 1), ("space", 1), ("tokens", 1), ("floats:0.1", 0), ("floats:0,0.01", 0), ("floats", 1)],
    )
    def test_checkers_are_chosen(self, batch: Program, how: str, status: int) -> None:
        """What counts as equal is the checker's to say."""
        case = {"stdin": "3", "expected_stdout": "  9.01"}
        assert batch(SQUARE, [case], "--checker", how).status == status

    def test_a_program_decides(self, batch: Program, folder: Path) -> None:
        """A checker of the user's own gets input, output and answer, and its words are the message."""
        text = "import sys\ni, o, a = (open(name).read().split() for name in sys.argv[1:])\nprint('seen', i, o, a)\n"
        (folder / "judge.py").write_text(text + "sys.exit(0 if o != a else 1)\n")
        ended = batch(SQUARE, [{"stdin": "3", "expected_stdout": "1"}], "--checker", "judge.py")
        assert ended.status == 0, ended.stdout + ended.stderr
        assert "seen ['3'] ['9'] ['1']" in ended.stdout

    def test_it_stops_where_it_is_told_to(self, batch: Program) -> None:
        """After a failure the rest is skipped, and everything is one document."""
        cases: list[dict[str, object]] = [{"arguments": [word], "expected_stdout": "a\n"} for word in ("a", "b", "c")]
        ended = batch("import sys\nprint(sys.argv[1])\n", cases, "--stop", "--json")
        document = json.loads(ended.stdout)
        assert ended.status == document["exit_status"] == 1
        assert [(case["name"], case["verdict"], case["stdout"]) for case in document["cases"]] == [
            ("1", "PASSED", "a\n"),
            ("2", "FAILED", "b\n"),
        ]
        assert document["summary"]["skipped"] == 1

    def test_what_does_not_compile_is_said(self, batch: Program) -> None:
        """No case is run, the compiler's words are there, and the document is one all the same."""
        text = "int main(void) { return nothing; }\n"
        ended = batch(text, [{"stdin": ""}], name="main.c")
        assert ended.status == 1
        assert "nothing" in ended.stderr
        assert ended.stdout.startswith("1 skipped")
        document = json.loads(batch(text, [{"stdin": ""}], "--json", name="main.c").stdout)
        assert document["cases"] == []
        assert document["compilation"]["outcome"] == "OUTCOME_NONZERO_EXIT"
