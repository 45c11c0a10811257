"""A prestarted interpreter is one that was started with the program: the program cannot tell the two apart."""

import json
import textwrap
from collections.abc import Awaitable, Callable

import pytest
from assay.v1 import sandbox_pb2 as pb

pytestmark = pytest.mark.docker

Run = Callable[..., Awaitable[pb.ExecutionResult]]

LOOK = textwrap.dedent("""
    import sys
    _before = sorted(sys.modules)
    _globals = {name: repr(value) for name, value in globals().items() if name not in {"_before", "sys", "__loader__"}}
    import json, os
    print(json.dumps({
        "modules": _before,
        "globals": _globals,
        "loader": [type(__loader__).__name__, __loader__.name, __loader__.path],
        "flags": repr(sys.flags),
        "environment": dict(os.environ),
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "path": sys.path,
        "importers": sorted(sys.path_importer_cache),
        "xoptions": sys._xoptions,
        "warnoptions": sys.warnoptions,
        "hooks": [repr(sys.meta_path), repr(sys.path_hooks)[:40], sys.excepthook is sys.__excepthook__],
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "streams": [(s.encoding, s.errors, s.write_through) for s in (sys.stdin, sys.stdout, sys.stderr)],
        "cwd": os.getcwd(),
        "ids": [os.getresuid(), os.getresgid(), os.getgroups()],
        "umask": os.umask(0),
        "limits": open("/proc/self/limits").read(),
        "signals": [line for line in open("/proc/self/status") if line.startswith(("Sig", "Cap", "NoNew", "Seccomp:"))],
    }))
    """)


async def looked(run: Run, **fields: object) -> dict[str, object]:
    """Return what a program sees of its interpreter."""
    result = await run(LOOK, arguments=["one", "two words"], **fields)
    assert result.exit_code == 0, result.stderr.content
    value: dict[str, object] = json.loads(result.stdout.content)
    return value


async def test_interpreter_is_the_same(run: Run) -> None:
    """Modules, flags, environment, globals, paths, descriptors and signals equal those of "python3 main.py"."""
    prestarted = await looked(run)
    # A variable that an interpreter reads while it starts makes the runner exec "python3 main.py" itself.
    plain = await looked(run, environment={"PYTHONUNBUFFERED": "1"})
    assert prestarted == plain


async def test_plain_start_is_one(run: Run) -> None:
    """What it is compared with is a start of "python3 main.py": its process has just that command line."""
    show = "print(open('/proc/self/cmdline').read().split(chr(0))[:-1])"
    plain = await run(show, environment={"PYTHONUNBUFFERED": "1"})
    assert plain.stdout.content == b"['/usr/bin/python3', 'main.py']\n"
    prestarted = await run(show)
    assert prestarted.stdout.content == b"['/usr/bin/python3', '/opt/assay/runner/boot.py']\n"


ENDINGS = {
    "exception": "def f():\n    raise ValueError('x')\nf()",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e",
    "syntax error": "x = (1,\n",
    "bad bytes": b"x = '\xff'\n",
    "null bytes": b"x = 1\0",
    "exit text": "raise SystemExit('a reason')",
    "exit none": "raise SystemExit",
    "exit object": "raise SystemExit(['x'])",
    "keyboard interrupt": "raise KeyboardInterrupt",
    "group": "raise ExceptionGroup('g', [ValueError('a'), TypeError('b')])",
    "hook": "import sys\nsys.excepthook = lambda *a: print('hooked', a[0].__name__)\n1 / 0",
    "exit in thread": "import threading\nthreading.Thread(target=lambda: 1 / 0).start()",
    "at exit": "import atexit\natexit.register(print, 'bye')\n1 / 0",
    "warning": "import warnings\nwarnings.warn('careful')",
}


@pytest.mark.parametrize("name", ENDINGS)
async def test_ending_is_the_same(run: Run, name: str) -> None:
    """Exit status, signal, output and traceback of an ending equal those of "python3 main.py"."""
    prestarted = await run(ENDINGS[name])
    plain = await run(ENDINGS[name], environment={"PYTHONUNBUFFERED": "1"})
    assert (prestarted.outcome, prestarted.exit_code, prestarted.signal) == (
        plain.outcome,
        plain.exit_code,
        plain.signal,
    )
    assert prestarted.stdout.content == plain.stdout.content
    assert prestarted.stderr.content.decode() == plain.stderr.content.decode()


async def test_entry_point_in_a_folder(run: Run) -> None:
    """A program in a folder finds its neighbours there, and knows its own path."""
    files = [
        {"path": "app/start.py", "content": b"import helper; print(__file__, helper.X)"},
        {"path": "app/helper.py", "content": b"X = 1"},
    ]
    result = await run("", more_files=files, entry_point="app/start.py")
    assert result.stdout.content == b"/work/app/start.py 1\n"


async def test_multiprocessing_by_spawn(run: Run) -> None:
    """A program's children can import the program again by its path."""
    result = await run(
        textwrap.dedent("""
        import multiprocessing
        def double(x):
            return 2 * x
        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(2) as pool:
                print(pool.map(double, [1, 2, 3]))
        """)
    )
    assert result.stdout.content == b"[2, 4, 6]\n", result.stderr.content


async def test_waiting_interpreter_knows_nothing(run: Run) -> None:
    """Neither environment, command line nor memory of the program's process holds the job of another's, or a secret."""
    result = await run(
        textwrap.dedent("""
        import os
        print(open("/proc/self/environ").read().count("TOKEN"))
        print(open("/proc/1/cmdline").read().count("hidden-value"))
        """),
        environment={"TOKEN": "hidden-value"},
    )
    assert result.stdout.content == b"0\n0\n"
