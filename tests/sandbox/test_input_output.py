"""Real programs in real containers: what goes in, and what comes back."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio
import pytest
from assay.v1 import sandbox_pb2 as pb

from tests.sandbox.suite import code, outcome

pytestmark = pytest.mark.docker

Run = Callable[..., Awaitable[pb.ExecutionResult]]
MIB = 1024 * 1024


async def test_output_flood(run: Run) -> None:
    """Output beyond what is kept is counted and its middle left out; the program goes on."""
    result = await run(
        "import sys; sys.stdout.write('a' * 50 + 'b' * 1_000_000 + 'c' * 50)", limits={"output_bytes": 100}
    )
    assert outcome(result) == "OK"
    assert result.stdout.content == b"a" * 50 + b"c" * 50
    assert (result.stdout.truncated, result.stdout.head_bytes, result.stdout.total_bytes) == (True, 50, 1_000_100)


async def test_raw_bytes(run: Run) -> None:
    """Output is bytes: what is not UTF-8 arrives as it was written."""
    result = await run("import os; os.write(1, bytes(range(256)))")
    assert result.stdout.content == bytes(range(256))


async def test_open_files(run: Run) -> None:
    """The limit of open files is the program's own, lower or higher than the default."""
    for number in (32, 1000):
        result = await run(
            "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))", limits={"open_files": number}
        )
        assert result.stdout.content == f"({number}, {number})\n".encode()


async def test_input(run: Run) -> None:
    """Files in folders, binary and executable ones, arguments, environment and standard input all arrive."""
    result = await run(
        code("""
        import os, subprocess, sys
        import package.module
        print(sys.argv, os.environ["GREETING"], sys.stdin.read(), package.module.X)
        print(open("data/blob", "rb").read() == bytes(range(256)))
        print(subprocess.run(["./tools/run.sh"], capture_output=True, text=True).stdout)
        """),
        arguments=["a b", "", "ü"],
        environment={"GREETING": "good day"},
        stdin=b"typed",
        more_files=[
            {"path": "package/__init__.py", "content": b""},
            {"path": "package/module.py", "content": b"X = 7"},
            {"path": "data/blob", "content": bytes(range(256))},
            {"path": "tools/run.sh", "content": b"#!/bin/sh\necho ran", "executable": True},
        ],
    )
    assert outcome(result) == "OK", result.stderr.content
    assert result.stdout.content.decode().split("\n")[0] == "['main.py', 'a b', '', 'ü'] good day typed 7"
    assert result.stdout.content.decode().split("\n")[1:3] == ["True", "ran"]


async def test_large_input(run: Run) -> None:
    """Many bytes of files and of standard input arrive whole; a program that reads none of it is not held up."""
    blob = bytes(range(256)) * 4096 * 8
    program = "import hashlib, sys; d = sys.stdin.buffer.read(); print(len(d), open('blob', 'rb').read() == d)"
    files = [{"path": "blob", "content": blob}]
    result = await run(program, stdin=blob, more_files=files)
    assert result.stdout.content == f"{len(blob)} True\n".encode()
    assert outcome(await run("print('done')", stdin=blob)) == "OK"


async def test_input_beside_little_memory(run: Run) -> None:
    """Files and standard input that are accepted leave the program its memory; what would not is refused."""
    little = {"memory_bytes": 48 * MIB}
    program = "import sys; print(len(sys.stdin.buffer.read()))"
    files = [{"path": "blob", "content": b"x" * 9 * MIB}]
    full = await run("print('up')", more_files=files, limits=little)
    assert (outcome(full), full.stdout.content) == ("OK", b"up\n")
    typed = await run(program, stdin=b"x" * 10 * MIB, limits=little)
    assert (outcome(typed), typed.stdout.content) == ("OK", f"{10 * MIB}\n".encode())
    both = await run(
        program, stdin=b"x" * 5 * MIB, more_files=[{"path": "b", "content": b"x" * 5 * MIB}], limits=little
    )
    assert outcome(both) == "OK"
    for fields, named in (
        ({"stdin": b"x" * 16 * MIB}, "stdin: "),
        ({"stdin": b"x" * 9 * MIB, "more_files": files}, "files: "),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await run(program, limits=little, **fields)
        assert str(caught.value.details()).startswith(named)


@pytest.mark.parametrize("variable", ["VALUE", "PYTHON_VALUE"])
async def test_longest_arguments(run: Run, variable: str) -> None:
    """Arguments and environment at their bounds arrive, also where each character takes six on the way."""
    text = "\x01" * 98_000
    result = await run(
        f"import os, sys; print(sum(map(len, sys.argv[1:])), len(os.environ['{variable}0']))",
        arguments=[text] * 4,
        environment={f"{variable}{number}": text for number in range(4)},
    )
    assert result.stdout.content == b"392000 98000\n", result


@pytest.mark.parametrize("variable", ["VALUE", "PYTHON_VALUE"])
async def test_odd_text_arrives(run: Run, variable: str) -> None:
    """Line ends and characters beyond ASCII arrive, however the program is started."""
    text = "line\nü 😀"
    result = await run(
        code(f"""
        import os, sys
        sys.path.insert(0, "ü d")
        import extra
        print([sys.argv[1], os.environ['{variable}']])
        """),
        arguments=[text],
        environment={variable: text},
        more_files=[{"path": "ü d/extra.py", "content": b""}],
    )
    assert result.stdout.content.decode() == f"{[text, text]}\n", result.stderr.content


async def test_files_that_interpreters_look_for(run: Run) -> None:
    """The user's own folder of packages is found; names of system modules beside the program change nothing."""
    folder = ".local/lib/python3.13/site-packages"
    result = await run(
        "import mine, sys; print(mine.X, 'usercustomize' in sys.modules)",
        more_files=[
            {"path": f"{folder}/mine.py", "content": b"X = 7"},
            {"path": f"{folder}/usercustomize.py", "content": b""},
        ],
    )
    assert result.stdout.content == b"7 True\n", result.stderr.content
    names = (
        "sitecustomize",
        "usercustomize",
        "encodings",
        "os",
        "json",
        "fcntl",
        "traceback",
        "runner/main",
        "python3",
    )
    shadowed = await run(
        "import os; print(os.__file__)",
        artifact_globs=["os.py"],
        more_files=[{"path": f"{name}.py", "content": b"print('shadow')"} for name in names],
    )
    assert shadowed.stdout.content == b"/usr/lib/python3.13/os.py\n"
    assert [artifact.path for artifact in shadowed.artifacts] == ["os.py"]


async def test_startup_environment(run: Run) -> None:
    """A variable that an interpreter reads while it starts has its effect."""
    result = await run(
        "import sys; print(sys.flags.optimize, sys.flags.hash_randomization)",
        environment={"PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "0"},
    )
    assert result.stdout.content == b"2 0\n"


async def test_artifacts(run: Run) -> None:
    """Regular files that match a glob come back, executable bit and odd names included."""
    result = await run(
        code(r"""
        import os
        os.makedirs("out/deep/er")
        open("out/a.txt", "w").write("A")
        open("out/deep/er/b.bin", "wb").write(b"\0\xff")
        os.chmod("out/a.txt", 0o755)
        open(b"out/odd\n\xff\\.txt", "w").write("odd")
        open("other.txt", "w").write("not asked for")
        """),
        artifact_globs=["out/**"],
    )
    found = {artifact.path: (artifact.content, artifact.executable) for artifact in result.artifacts}
    assert found == {
        "out/a.txt": (b"A", True),
        "out/deep/er/b.bin": (b"\0\xff", False),
        r"out/odd\x0a\xff\x5c.txt": (b"odd", False),
    }


async def test_artifacts_that_are_no_files(run: Run) -> None:
    """Links, pipes, sockets, sparse files and unreadable files are omitted with a reason; no link is followed."""
    result = await run(
        code("""
        import os, socket
        os.symlink("/etc/passwd", "link")
        os.symlink("/etc", "folder")
        os.mkfifo("pipe")
        socket.socket(socket.AF_UNIX).bind("socket")
        with open("sparse", "wb") as file:
            file.truncate(60_000_000)
        open("closed", "w").write("x"); os.chmod("closed", 0)
        """),
        artifact_globs=["**"],
    )
    assert outcome(result) == "OK"
    assert {artifact.path for artifact in result.artifacts} == {"main.py"}
    assert set(result.artifacts_omitted) == {"link", "folder", "pipe", "socket", "sparse", "closed"}
    assert result.artifacts_omitted["sparse"] == "a sparse file"


async def test_artifact_bounds(run: Run) -> None:
    """Artifacts are bounded in number and size, and what is left out is named."""
    program = "for n in range(9): open(f'f{n}', 'wb').write(b'x' * 1000)"
    few = await run(program, artifact_globs=["f*"], limits={"artifact_count": 3})
    assert (len(few.artifacts), len(few.artifacts_omitted)) == (3, 6)
    small = await run(program, artifact_globs=["f*"], limits={"artifact_bytes": 2500})
    assert (len(small.artifacts), len(small.artifacts_omitted)) == (2, 7)


async def test_many_artifacts(run: Run) -> None:
    """Tens of thousands of files that match are bounded: so many come back, and the first of the others are named."""
    program = "import os\nfor n in range(20_000): os.close(os.open(str(n), os.O_CREAT))"
    limits = {"artifact_count": 1000, "disk_bytes": 400 * MIB, "memory_bytes": 1024 * MIB}
    result = await run(program, artifact_globs=["**"], limits=limits)
    assert (outcome(result), len(result.artifacts), len(result.artifacts_omitted)) == ("OK", 1000, 100)


async def test_long_names_of_artifacts(run: Run) -> None:
    """Names that are as long as can be do not make an answer too large to be sent."""
    program = code("""
        import os
        for _ in range(15):
            os.mkdir("\\n" * 250)
            os.chdir("\\n" * 250)
        for number in range(1000):
            open("\\n" * 200 + str(number), "wb").write(b"x" * 15_000)
        for stream in (1, 2):
            os.write(stream, b"x" * 5_000_000)
        """)
    limits = {
        "artifact_count": 1024,
        "artifact_bytes": 16 * MIB,
        "output_bytes": 4 * MIB,
        "disk_bytes": 64 * MIB,
        "memory_bytes": 256 * MIB,
    }
    result = await run(program, artifact_globs=["**/*"], limits=limits)
    assert (outcome(result), len(result.artifacts_omitted)) == ("OK", 100)
    assert 100 < len(result.artifacts) < 1000
    assert "the artifacts' names are too long together" in result.artifacts_omitted.values()


FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"limits": {"memory_bytes": 0}}, "limits.memory_bytes"),
    ({"limits": {"memory_bytes": -1}}, "limits.memory_bytes"),
    ({"limits": {"memory_bytes": 1}}, "limits.memory_bytes"),
    ({"limits": {"memory_bytes": 2**62}}, "limits.memory_bytes"),
    ({"limits": {"wall_time": {"seconds": 0}}}, "limits.wall_time"),
    ({"limits": {"wall_time": {"seconds": -5}}}, "limits.wall_time"),
    ({"limits": {"cpu_time": {"seconds": 10**9}}}, "limits.cpu_time"),
    ({"limits": {"processes": 0}}, "limits.processes"),
    ({"limits": {"open_files": 2**31 - 1}}, "limits.open_files"),
    ({"limits": {"disk_bytes": 512 * MIB}}, "limits.disk_bytes"),
    ({"limits": {"output_bytes": 100, "output_hard_bytes": 10}}, "limits.output_bytes"),
    ({"entry_point": "other.py"}, "entry_point"),
    ({"environment": {"A=B": "x"}}, "environment"),
    ({"environment": {"A": "x\0y"}}, "environment[A]"),
    ({"arguments": ["x\0y"]}, "arguments[0]"),
    ({"arguments": ["x"] * 5000}, "arguments"),
    ({"arguments": ["x" * 99_000] * 4}, "arguments"),
    ({"environment": {f"{'N' * 250}{number}": "x" * 2000 for number in range(199)}}, "environment"),
    ({"artifact_globs": ["/etc/*"]}, "artifact_globs[0]"),
    ({"artifact_globs": ["[z-a]"]}, "artifact_globs[0]"),
    ({"more_files": [{"path": "../x", "content": b""}]}, "files[1].path"),
    ({"more_files": [{"path": "main.py", "content": b""}]}, "files[1].path"),
    ({"limits": {"disk_bytes": MIB}, "more_files": [{"path": "x", "content": b"x" * 2 * MIB}]}, "files"),
]


@pytest.mark.parametrize(("fields", "named"), FIELDS)
async def test_bad_input(run: Run, fields: dict[str, Any], named: str) -> None:
    """A field out of bounds is refused by its name, before anything runs."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await run("print('never')", **fields)
    assert caught.value.code().name == "INVALID_ARGUMENT"
    assert str(caught.value.details()).startswith(f"{named}: ")


async def test_unknown_language(stub: Any) -> None:
    """A language that is not known is refused by the field's name."""
    request = pb.ExecuteRequest(language="cobol", files=[{"path": "a", "content": b""}])
    with pytest.raises(grpc.aio.AioRpcError, match=r"language: this service runs .*python"):
        await stub.Execute(request)
