"""ExecuteBatch: one program on many inputs, each alone, each told at once."""

import asyncio
from typing import TYPE_CHECKING, Any

import grpc.aio
import pytest
from assay.v1 import sandbox_pb2 as pb

from tests.sandbox.suite import code, outcome

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

pytestmark = [pytest.mark.docker]


def python(text: str, **fields: Any) -> dict[str, Any]:
    """Return the fields of a Python program."""
    return {"language": "python", "files": [{"path": "main.py", "content": code(text).encode()}], **fields}


async def batch(
    stub: "SandboxServiceAsyncStub", program: dict[str, Any], cases: list[dict[str, Any]], **fields: Any
) -> tuple[list[pb.CaseResult], pb.BatchSummary]:
    """Return the results of a batch, in the order in which they came, and its summary."""
    results, summary = [], None
    async for response in stub.ExecuteBatch(pb.ExecuteBatchRequest(program=program, cases=cases, **fields)):
        match response.WhichOneof("event"):
            case "case_result":
                results.append(response.case_result)
            case "summary":
                summary = response.summary
    assert summary is not None
    assert [result.index for result in results] == list(range(len(results)))
    return results, summary


def outcomes(results: list[pb.CaseResult]) -> list[str]:
    """Return the outcome of each case."""
    return [outcome(result.result) for result in results]


def verdicts(results: list[pb.CaseResult]) -> list[str]:
    """Return the verdict of each case."""
    return [pb.CaseVerdict.Name(result.verdict).removeprefix("CASE_VERDICT_") for result in results]


async def test_each_case_has_its_own_input(stub: "SandboxServiceAsyncStub") -> None:
    """Input, arguments, environment and files are a case's own, and the program's where it has none."""
    program = python(
        """
        import os, sys
        extra = open("extra.txt").read() if os.path.exists("extra.txt") else None
        print(repr(sys.stdin.read()), sys.argv[1:], os.environ.get("A"), os.environ.get("B"), extra)
        """,
        stdin=b"base",
        arguments=["x"],
        environment={"A": "1", "B": "2"},
    )
    cases: list[dict[str, Any]] = [
        {"name": "plain"},
        {"stdin": b"", "arguments": ["y", "z"], "environment": {"B": "3"}},
        {"files": [{"path": "extra.txt", "content": b"here"}]},
        {},
    ]
    results, summary = await batch(stub, program, cases)
    plain = b"'base' ['x'] 1 2 None\n"
    assert [result.result.stdout.content for result in results] == [
        plain,
        b"'' ['y', 'z'] 1 3 None\n",
        b"'base' ['x'] 1 2 here\n",
        plain,
    ]
    assert verdicts(results) == ["UNCHECKED"] * 4
    assert (summary.unchecked, summary.passed, results[0].name) == (4, 0, "plain")


MARKS = """
    import os, pathlib, subprocess, sys, socket
    found = sorted(str(p) for d in ("/work", "/tmp", "/dev/shm") for p in pathlib.Path(d).rglob("*"))
    others = sorted(p for p in os.listdir("/proc") if p.isdecimal() and p not in {"1", str(os.getpid())})
    alive = [p for p in others if open(f"/proc/{p}/status").read().split("Uid:")[1].split()[0] == "10001"]
    left = socket.socket(socket.AF_UNIX)
    try:
        left.bind("\\0mark")
    except OSError:
        found.append("socket")
    print(found, alive, oct(os.stat("main.py").st_mode), open("main.py").read().count("MARK" + "ED"))
    for folder in ("/work", "/tmp", "/dev/shm"):
        pathlib.Path(folder, "deep/er").mkdir(parents=True)
        pathlib.Path(folder, "deep/er/mark").write_text("x")
        pathlib.Path(folder, "link").symlink_to("/etc")
        os.chmod(pathlib.Path(folder, "deep/er"), 0)
    open("main.py", "a").write("# " + "MARK" + "ED\\n")
    os.chmod("main.py", 0o000)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time
            while True:
                time.sleep(1)
        os._exit(0)
    os._exit(0)
    """


async def test_nothing_is_left_for_the_next_case(stub: "SandboxServiceAsyncStub") -> None:
    """Files, links, modes, changed sources, daemons and sockets of a case are gone when the next begins."""
    results, _ = await batch(stub, python(MARKS), [{}] * 4)
    assert {result.result.stdout.content for result in results} == {b"['/work/main.py'] [] 0o100644 0\n"}


async def test_a_case_like_a_run_of_its_own(stub: "SandboxServiceAsyncStub") -> None:
    """A case's process looks as that of a lone run: modules, identity, descriptors, streams, limits and tracebacks."""
    program = python(
        """
        import sys
        modules = sorted(sys.modules)
        import os, ctypes, json, socket
        status = open("/proc/self/status").read()
        kept = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "SigIgn")
        print(json.dumps({
            "modules": modules, "argv": sys.argv, "orig": sys.orig_argv, "path": sys.path, "flags": str(sys.flags),
            "environ": dict(os.environ), "cwd": os.getcwd(), "fds": sorted(os.listdir("/proc/self/fd"))[:3],
            "status": [line for line in status.splitlines() if line.split(":")[0] in kept],
            "main": sorted(vars(sys.modules["__main__"])), "importers": sorted(map(str, sys.path_importer_cache)),
            "session": os.getsid(0) == os.getpid(), "limits": open("/proc/self/limits").read(),
            "oom": open("/proc/self/oom_score_adj").read(), "readable": os.access("/proc/self/environ", os.R_OK),
            "umask": os.umask(0), "pid": ctypes.CDLL(None).getpid() == os.getpid(), "tty": sys.stdout.isatty(),
            "buffering": [sys.stdout.line_buffering, sys.stdout.write_through, sys.stdin.encoding, sys.stdout.errors],
        }, indent=1))
        raise RuntimeError("told")
        """
    )
    lone = (await stub.Execute(pb.ExecuteRequest(**program))).result
    results, _ = await batch(stub, program, [{}, {}])
    for result in results:
        assert result.result.stdout.content.decode() == lone.stdout.content.decode()
        assert result.result.stderr.content.decode() == lone.stderr.content.decode()
        assert (outcome(result.result), result.result.exit_code) == ("NONZERO_EXIT", 1)


LIMITS: dict[str, tuple[str, dict[str, Any]]] = {
    "WALL_TIME_LIMIT": ("import time; time.sleep(60)", {"wall_time": {"seconds": 1}}),
    "CPU_TIME_LIMIT": ("while True: pass", {"cpu_time": {"seconds": 1}}),
    "MEMORY_LIMIT": ("x = bytearray(1 << 30)", {"memory_bytes": 208 * 1024 * 1024}),
    "OUTPUT_LIMIT": ("while True: print('x' * 1000)", {"output_hard_bytes": 100_000, "output_bytes": 1000}),
    "PROCESS_LIMIT": ("import os\nwhile True: os.fork()", {"processes": 8}),
    "SIGNALED": ("import os; os.kill(os.getpid(), 9)", {}),
    "NONZERO_EXIT": ("import sys; sys.exit(3)", {}),
}


async def test_limits_are_each_cases_own(stub: "SandboxServiceAsyncStub") -> None:
    """A case that meets a limit, in whatever way, takes nothing from the ones after it."""
    program = python("import sys; exec(sys.stdin.read())")
    cases: list[dict[str, Any]] = []
    wanted: list[str] = []
    for name, (text, limits) in LIMITS.items():
        cases += [{"stdin": text.encode(), "limits": limits}, {"stdin": b"print('fine')", "expected_stdout": b"fine\n"}]
        wanted += [name, "OK"]
    results, summary = await asyncio.wait_for(batch(stub, program, cases), 120)
    assert outcomes(results) == wanted
    assert (summary.passed, summary.failed) == (len(LIMITS), len(LIMITS))
    applied = results[4].result.applied_limits
    assert applied.memory_bytes == 208 * 1024 * 1024


async def test_verdicts_and_messages(stub: "SandboxServiceAsyncStub") -> None:
    """Each case is compared its own way, outside the sandbox, and a difference is told by its place."""
    program = python("import sys; sys.stdout.write(sys.stdin.read())")
    cases: list[dict[str, Any]] = [
        {"stdin": b"a\n", "expected_stdout": b"a\n"},
        {"stdin": b"a \n\n", "expected_stdout": b"a"},
        {"stdin": b"a \n\n", "expected_stdout": b"a", "checker": {"ignore_trailing_space": {}}},
        {"stdin": b"1  2", "expected_stdout": b"1 2", "checker": {"tokens": {}}},
        {"stdin": b"0.333", "expected_stdout": b"0.3333", "checker": {"floats": {"absolute": 0.001}}},
        {"stdin": b"x" * 1000, "expected_stdout": b"x" * 1000, "limits": {"output_bytes": 10}},
        {"stdin": b"unchecked"},
    ]
    results, summary = await batch(stub, program, cases)
    assert verdicts(results) == ["PASSED", "FAILED", "PASSED", "PASSED", "PASSED", "UNDECIDED", "UNCHECKED"]
    assert "line 1" in results[1].message
    assert "output_bytes" in results[5].message
    assert (summary.passed, summary.failed, summary.undecided, summary.unchecked) == (4, 1, 1, 1)


async def test_an_exit_status_other_than_0_can_be_the_right_one(stub: "SandboxServiceAsyncStub") -> None:
    """A case passes with the status that it should have, and then its output is compared as ever."""
    program = python("import sys; print(1); sys.exit(int(sys.stdin.read()))")
    cases: list[dict[str, Any]] = [
        {"stdin": b"3", "expected_stdout": b"1\n", "expected_exit_code": 3},
        {"stdin": b"3", "expected_stdout": b"2\n", "expected_exit_code": 3},
        {"stdin": b"0", "expected_stdout": b"1\n", "expected_exit_code": 3},
        {"stdin": b"3", "expected_stdout": b"1\n"},
        {"stdin": b"3", "expected_exit_code": 3},
    ]
    results, _ = await batch(stub, program, cases)
    assert verdicts(results) == ["PASSED", "FAILED", "FAILED", "FAILED", "UNCHECKED"]
    assert "line 1" in results[1].message
    assert [results[2].message, results[3].message] == ["exit status 0 instead of 3", "exit status 3 instead of 0"]


CHECKER = """
    import sys
    given, output, answer = (open(name).read() for name in sys.argv[2:])
    print("compared", sys.argv[1], given, output, answer)
    sys.exit(7 if output == "odd" else int(output != answer))
    """


async def test_program_as_a_checker(stub: "SandboxServiceAsyncStub") -> None:
    """A program decides in a sandbox of its own: 0 is yes, 1 is no, anything else is no decision."""
    checker = {
        "program": {
            "language": "python",
            "files": [{"path": "check.py", "content": code(CHECKER).encode()}],
            "arguments": ["strictly"],
        }
    }
    program = python("import sys; sys.stdout.write(sys.stdin.read())")
    cases = [{"stdin": text, "expected_stdout": b"yes"} for text in (b"yes", b"no", b"odd", b"yes")]
    results, _ = await batch(stub, program, cases, checker=checker)
    assert verdicts(results) == ["PASSED", "FAILED", "UNDECIDED", "PASSED"]
    assert results[0].message == "compared strictly yes yes yes"
    assert "exit status 7" in results[2].message


async def test_expected_output_is_not_in_the_sandbox(stub: "SandboxServiceAsyncStub") -> None:
    """A program that looks everywhere finds neither what is expected of it nor the other cases' input."""
    program = python(
        """
        import os
        seen = b""
        for folder, _, names in os.walk("/"):
            if folder.startswith(("/proc", "/sys", "/usr", "/var", "/opt", "/etc")):
                continue
            for name in names:
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        seen += file.read(1 << 16) if os.path.isfile(file.name) else b""
                except OSError:
                    pass
        for pid in filter(str.isdecimal, os.listdir("/proc")):
            for name in ("cmdline", "environ"):
                try:
                    seen += open(f"/proc/{pid}/{name}", "rb").read()
                except OSError:
                    pass
        print(any(bytes(reversed(secret)) in seen for secret in (b"yek-terces", b"tupni-txen")))
        """
    )
    cases = [{"expected_stdout": b"secret-key"}, {"stdin": b"next-input"}]
    results, _ = await batch(stub, program, cases)
    assert results[0].result.stdout.content == b"False\n"


async def test_stop_at_first_failure(stub: "SandboxServiceAsyncStub") -> None:
    """Where asked for, nothing runs after the first case that fails, and the rest are counted as skipped."""
    program = python("import sys; sys.exit(int(sys.stdin.read()))")
    cases = [{"stdin": status} for status in (b"0", b"5", b"0", b"0")]
    results, summary = await batch(stub, program, cases, stop_at_first_failure=True)
    assert (len(results), summary.unchecked, summary.failed, summary.skipped) == (2, 1, 1, 2)


async def test_compiled_once(stub: "SandboxServiceAsyncStub") -> None:
    """A compiled program is compiled once, told so before its first case, and runs on every input."""
    source = b'#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", 2 * n); return 0; }\n'
    program = {"language": "c", "files": [{"path": "main.c", "content": source}]}
    cases = [{"stdin": b"%d" % n, "expected_stdout": b"%d\n" % (2 * n)} for n in range(20)]
    request = pb.ExecuteBatchRequest(program=program, cases=cases)
    events = [response.WhichOneof("event") async for response in stub.ExecuteBatch(request)]
    assert events == ["started", "compiled", *["case_result"] * 20, "summary"]
    _, summary = await batch(stub, program, cases)
    assert summary.passed == 20


async def test_not_compiled(stub: "SandboxServiceAsyncStub") -> None:
    """A program that does not compile runs no case, and its compiler's words are told."""
    program = {"language": "c", "files": [{"path": "main.c", "content": b"int main( { return 0; }"}]}
    events = [event async for event in stub.ExecuteBatch(pb.ExecuteBatchRequest(program=program, cases=[{}, {}]))]
    assert [event.WhichOneof("event") for event in events] == ["started", "compiled", "summary"]
    compiled = events[1].compiled
    assert pb.Outcome.Name(compiled.outcome) == "OUTCOME_NONZERO_EXIT"
    assert b"main.c:1" in compiled.stderr.content
    assert events[2].summary.skipped == 2


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no cases": ({"cases": []}, "cases"),
    "too many cases": ({"cases": [{}] * 1001}, "cases"),
    "a case's disk": ({"cases": [{}, {"limits": {"disk_bytes": 1 << 20}}]}, "cases[1].limits"),
    "a case's limit": ({"cases": [{"limits": {"processes": 0}}]}, "cases[0].limits.processes"),
    "a case's variable": ({"cases": [{"environment": {"1": "x"}}]}, "cases[0].environment"),
    "a case's file twice": ({"cases": [{"files": [{"path": "main.py", "content": b""}]}]}, "cases[0].files"),
    "a case's path": ({"cases": [{"files": [{"path": "../x", "content": b""}]}]}, "cases[0].files[0].path"),
    "a tolerance": ({"cases": [{}], "checker": {"floats": {"absolute": -1}}}, "checker.floats.absolute"),
    "a checker's language": (
        {"cases": [{"checker": {"program": {"language": "klingon", "files": [{"path": "a", "content": b""}]}}}]},
        "cases[0].checker.program.language",
    ),
    "a checker's file": (
        {"cases": [{}], "checker": {"program": {"language": "python", "files": [{"path": "answer", "content": b""}]}}},
        "checker.program.files",
    ),
    "a name": ({"cases": [{"name": "x" * 257}]}, "cases[0].name"),
    "a status": ({"cases": [{}, {"expected_exit_code": 256}]}, "cases[1].expected_exit_code"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_bad_batches_are_refused_by_field(stub: "SandboxServiceAsyncStub", name: str) -> None:
    """A batch with anything wrong in it runs nothing, and the field is named."""
    fields, field = WRONG[name]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in stub.ExecuteBatch(pb.ExecuteBatchRequest(program=python("print(1)"), **fields)):
            pass
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert str(caught.value.details()).startswith(field)
