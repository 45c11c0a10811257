"""`assay run`: a program in the sandbox, as if it ran here."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Program


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--env", "NOTHING", "x.py"], "--env NOTHING"),
        (["--memory", "lots", "x.py"], "--memory lots"),
        (["--wall", "-1", "x.py"], "--wall"),
        (["--wall", "nan", "x.py"], "--wall"),
        (["nothere.py"], "nothere.py: there is no such file"),
        (["x.txt"], "say it with --language"),
        (["--artifacts", "*", "x.py"], "--artifacts-dir"),
        (["--file", "x.py", "x.py"], "--file x.py"),
        (["--processes", "0", "x.py"], "--processes"),
        (["--compile-time", "0", "x.py"], "--compile-time"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    program: Program, folder: Path, arguments: list[str], said: str
) -> None:
    """The status is none that a program could have meant."""
    (folder / "x.py").write_text("print(1)\n")
    (folder / "x.txt").write_text("print(1)\n")
    ended = program("run", *arguments, cwd=folder)
    assert ended.status == 125
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.docker
class TestInTheSandbox:
    """Real programs in real containers."""

    @pytest.fixture
    def run(self, program: Program, sandboxed: str, folder: Path) -> Program:
        """Give a function that runs a program's text with options before it and arguments after it."""

        def run(text: str, *arguments: str, options: tuple[str, ...] = (), stdin: bytes = b"") -> Ended:
            (folder / "main.py").write_text(text)
            return program("run", "--gateway", sandboxed, *options, "main.py", *arguments, stdin=stdin, cwd=folder)

        return run

    def test_streams_arguments_and_status_are_the_programs(self, run: Program) -> None:
        """What goes in and out of the program goes in and out of the command."""
        text = "import sys\nprint(sys.argv[1:], sys.stdin.read())\nprint('e', file=sys.stderr)\nsys.exit(3)\n"
        ended = run(text, "--json", "-x", "a b", stdin=b"typed")
        assert (ended.status, ended.stdout, ended.stderr) == (3, "['--json', '-x', 'a b'] typed\n", "e\n")

    def test_signals_and_limits_have_their_statuses(self, run: Program) -> None:
        """A signal is 128 and its number; a limit is said and has a status of its own."""
        assert run("import os\nos.kill(os.getpid(), 11)\n").status == 139
        ended = run("print('before', flush=True)\nwhile True: pass\n", options=("--wall", "1"))
        assert (ended.status, ended.stdout) == (124, "before\n")
        assert "wall time limit" in ended.stderr
        ended = run("x = bytearray(10**9)\n", options=("--memory", "64M"))
        assert ended.status in {1, 123}, "the interpreter may say MemoryError before the limit is met"

    def test_neighbours_environment_and_files_go_along(self, run: Program, folder: Path) -> None:
        """Modules beside the program, variables and files that were asked for are there."""
        (folder / "helper.py").write_text("NAME = 'helped'\n")
        (folder / "data.txt").write_text("data")
        text = "import os, helper\nprint(helper.NAME, os.environ['KEY'], open('data.txt').read())\n"
        ended = run(text, options=("--env", "KEY=a=b", "--file", "data.txt"))
        assert (ended.status, ended.stdout) == (0, "helped a=b data\n")

    def test_artifacts_come_back(self, run: Program, folder: Path) -> None:
        """Files that match are written where they were asked for."""
        text = "import os\nos.mkdir('out')\nopen('out/a.txt', 'w').write('made')\n"
        ended = run(text, options=("--artifacts", "out/*", "--artifacts-dir", "got"))
        assert ended.status == 0
        assert (folder / "got" / "out" / "a.txt").read_text() == "made"

    def test_json_holds_the_whole_result(self, run: Program) -> None:
        """Text, status, outcome, usage and limits are in one document."""
        ended = run("print('hi')\n", options=("--json", "--wall", "5"))
        document = json.loads(ended.stdout)
        assert ended.status == document["exit_status"] == 0
        assert document["stdout"] == "hi\n"
        assert document["result"]["outcome"] == "OUTCOME_OK"
        assert document["result"]["applied_limits"]["wall_time"] == "5s"

    def test_json_takes_input_and_holds_what_a_compiler_says(
        self, run: Program, program: Program, sandboxed: str, folder: Path
    ) -> None:
        """The whole of standard input is read before; a program that does not compile has its status and messages."""
        ended = run("print(input())\n", options=("--json",), stdin=b"typed\n")
        assert json.loads(ended.stdout)["stdout"] == "typed\n"
        (folder / "bad.c").write_text("int main(void) { return nothing; }\n")
        ended = program("run", "--gateway", sandboxed, "--json", "bad.c", cwd=folder)
        document = json.loads(ended.stdout)
        assert ended.status == document["exit_status"] == 126
        assert "nothing" in document["compiler"]

    def test_compiled_programs_run(self, program: Program, sandboxed: str, folder: Path) -> None:
        """The suffix tells the language; what a compiler says is shown where it fails, else only when asked for."""
        warned = '#include <stdio.h>\n#warning told\nint main(void) { puts("ran"); return 4; }\n'
        (folder / "a.c").write_text(warned)
        ended = program("run", "--gateway", sandboxed, "a.c", cwd=folder)
        assert (ended.status, ended.stdout, ended.stderr) == (4, "ran\n", "")
        ended = program("run", "--gateway", sandboxed, "--verbose", "a.c", cwd=folder)
        assert (ended.status, ended.stdout) == (4, "ran\n")
        assert "told" in ended.stderr
        (folder / "named").write_text(warned)
        assert program("run", "--gateway", sandboxed, "--language", "c", "named", cwd=folder).status == 4
        (folder / "b.c").write_text("int main(void) { return nothing; }\n")
        ended = program("run", "--gateway", sandboxed, "b.c", cwd=folder)
        assert (ended.status, ended.stdout) == (126, "")
        assert "nothing" in ended.stderr
        assert ended.stderr.endswith("assay: the program did not compile\n")

    def test_limits_of_compiling_are_said(self, program: Program, sandboxed: str, folder: Path) -> None:
        """Time for compiling is a limit of its own, and going over it is no fault of the run."""
        (folder / "a.c").write_text('#include "/dev/zero"\nint main(void) { return 0; }\n')
        ended = program("run", "--gateway", sandboxed, "--compile-time", "0.05", "a.c", cwd=folder)
        assert ended.status == 126
        assert "did not compile: the compiler was ended" in ended.stderr

    def test_refused_limits_are_named(self, run: Program) -> None:
        """A limit above the service's maximum is an error that names the field."""
        ended = run("print(1)\n", options=("--wall", "999999"))
        assert ended.status == 125
        assert "wall_time" in ended.stderr

    def test_a_suite_of_its_own_serves_too(self, program: Program, folder: Path) -> None:
        """Without a gateway the command brings its own sandbox, and says nothing of it."""
        (folder / "main.py").write_text("print(6 * 7)\n")
        ended = program("run", folder / "main.py")
        assert (ended.status, ended.stdout, ended.stderr) == (0, "42\n", "")

    def test_check_runs_the_tests(self, program: Program, sandboxed: str, folder: Path) -> None:
        """Tests that came with the code decide, in the sandbox."""
        (folder / "code.py").write_text("def double(number):\n    return 2 + number\n")
        (folder / "good.py").write_text("from code import double\nassert double(2) == 4\n")
        (folder / "bad.py").write_text("from code import double\nassert double(3) == 6\n")
        assert program("check", "--gateway", sandboxed, "code.py", "--tests", "good.py", cwd=folder).status == 0
        ended = program("check", "--gateway", sandboxed, "code.py", "--tests", "bad.py", cwd=folder)
        assert ended.status == 1
        assert "execution" in ended.stdout

    def test_check_runs_tests_written_for_pytest(self, program: Program, sandboxed: str, folder: Path) -> None:
        """Fixtures and parameters need nothing to be installed, and each case that fails is told."""
        (folder / "code.py").write_text("def double(number):\n    return 2 + number\n")
        tests = "import pytest\nfrom code import double\n@pytest.mark.parametrize('number, result', [{}])\n"
        tests += "def test_double(number, result, tmp_path):\n    assert double(number) == result\n"
        (folder / "test_good.py").write_text(tests.format("(2, 4)"))
        (folder / "test_bad.py").write_text(tests.format("(2, 4), (3, 6)"))
        assert program("check", "--gateway", sandboxed, "code.py", "--tests", "test_good.py", cwd=folder).status == 0
        ended = program("check", "--gateway", sandboxed, "code.py", "--tests", "test_bad.py", cwd=folder)
        assert ended.status == 1
        assert "test_double[3-6] fails: got 5, expected 6" in ended.stdout

    def test_check_runs_code_with_its_neighbours(self, program: Program, sandboxed: str, folder: Path) -> None:
        """A module of the same project is there when the code is run."""
        (folder / "pkg").mkdir()
        (folder / "pkg" / "__init__.py").touch()
        (folder / "pkg" / "base.py").write_text("from .deeper import FACTOR\n")
        (folder / "pkg" / "deeper.py").write_text("FACTOR = 2\n")
        (folder / "pkg" / "code.py").write_text(
            "from pkg.base import FACTOR\n\n\ndef double(number):\n    return FACTOR * number\n"
        )
        (folder / "t.py").write_text("from pkg.code import double\nassert double(3) == 6\n")
        ended = program("check", "--gateway", sandboxed, "pkg/code.py", "--tests", "t.py", cwd=folder)
        assert ended.status == 0, ended.stdout
