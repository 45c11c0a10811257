"""
The programs that a container's start consists of, each by itself; a part of :mod:`benchmarks.container_start`.

- **runc**: create, start and delete on the very OCI bundle that the daemon wrote for a running container (its hooks
  apart, which belong to the daemon), with /bin/true as the process; then the same with one part of the bundle left out.
- **starting a program**: what merely executing runc, the shim and the daemon's own binary costs, and the shim's start
  and its clearing up. The daemon executes itself anew for each network namespace that it manages.
- **process 1**: interpreters inside the image, up to the imports of the runner.
- **seccomp**: libseccomp's making of the filter from the profile as the runtime gets it, and the filter's length.

Root only: the bundle is the daemon's.
"""

import contextlib
import copy
import ctypes
import json
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.intervals import quantile

Bundle = dict[str, Any]
Times = dict[str, list[tuple[float, float]]]
"""By way: milliseconds of the clock, and of CPU time of the child processes, or of this one where there are none."""

TASKS = "io.containerd.runtime.v2.task/moby"
SHIM = "containerd-shim-runc-v2"
SECONDS = 30.0
NATIVE = ("proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue")

INTERPRETERS = """
import json, os, random, sys, time
path = "import sys; sys.path.insert(0, '/opt/assay'); "
found = os.popen("python3 -I -S -B -c \\"%simport runner.main; print(*sys.modules)\\"" % path).read().split()
base = os.popen("python3 -I -S -B -c 'import sys; print(*sys.modules)'").read().split()
library = [name for name in found if name not in base and not name.startswith("runner") and "." not in name]
imports = "import " + ", ".join(library)
ways = {
    "/bin/true": ["/bin/true"],
    "python3 -I -S": ["python3", "-I", "-S", "-B", "-c", "pass"],
    "python3, as the program gets it": ["python3", "-c", "pass"],
    "the same, and the library modules of the runner (%d)" % len(library): ["python3", "-I", "-S", "-B", "-c", imports],
    "the same, and the runner": ["python3", "-I", "-S", "-B", "-c", path + "import runner.main"],
}
times = {name: [] for name in ways}
for turn in range(int(sys.argv[1])):
    for name in random.sample(list(ways), len(ways)):
        started = time.perf_counter()
        pid = os.posix_spawnp(ways[name][0], ways[name], {"PATH": "/usr/bin:/bin"})
        used = os.wait4(pid, 0)[2]
        times[name].append([(time.perf_counter() - started) * 1000, (used.ru_utime + used.ru_stime) * 1000])
print(json.dumps(times))
"""


def report(container: str, image: str, state: str, rounds: int) -> dict[str, Times]:
    """
    Measure and print all parts; return the times in milliseconds.

    :param container: The id of a running container of the full spec, whose bundle is used.
    :param state: The daemon's folder for state; its own containerd, or else the system's, keeps the bundle there.
    """
    places = {
        Path(state, "containerd/daemon", TASKS, container): f"{state}/containerd/containerd.sock",
        Path("/run/containerd", TASKS, container): "/run/containerd/containerd.sock",
    }
    bundle, containerd = next(((path, sock) for path, sock in places.items() if path.is_dir()), (None, ""))
    found: dict[str, Times] = {"process 1, inside the image": interpreters(image, rounds)}
    if bundle is None or os.geteuid() != 0:
        print("\nruntime, shim and seccomp are left out: they need root and the daemon's bundle")
    else:
        spec = json.loads((bundle / "config.json").read_text())
        spec["root"]["path"] = str(_absolute(bundle, spec["root"]["path"]))
        spec["hooks"] = {}
        spec["linux"].pop("sysctl", None)  # not allowed without the namespaces that are left out below
        spec["process"]["args"] = ["/bin/true"]
        found["runc: create + start + delete on the daemon's bundle"] = runtimes(spec, rounds)
        found["starting a program"] = programs(spec, containerd, rounds)
        if spec["linux"].get("seccomp"):
            found["libseccomp: making the filter"] = filters(spec["linux"]["seccomp"], rounds)
    for title, times in found.items():
        print(f"\n{title + ', milliseconds':72}{'p50':>8}{'p95':>8}{'least':>8}{'CPU':>8}")
        for name, values in times.items():
            clock, cpu = zip(*values, strict=True)
            print(f"{name:72}{statistics.median(clock):8.1f}{quantile(clock, 0.95):8.1f}{min(clock):8.1f}", end="")
            print(f"{statistics.median(cpu):8.1f}")
    return found


def _absolute(bundle: Path, path: str) -> Path:
    return Path(path) if path.startswith("/") else bundle / path


def interleaved(ways: dict[str, Callable[[], object]], rounds: int) -> Times:
    """Return the times of each way, all of them once a round in an order drawn anew."""
    times: Times = {name: [] for name in ways}
    for _ in range(rounds):
        for name in random.sample(list(ways), len(ways)):
            before = now()
            ways[name]()
            times[name].append(since(before))
    return times


def now() -> tuple[float, float]:
    """Return the clock, and the CPU time of this process and of its children that have ended, in seconds."""
    return time.perf_counter(), sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def since(before: tuple[float, float]) -> tuple[float, float]:
    """Return the milliseconds since :func:`now`, by both clocks."""
    after = now()
    return (after[0] - before[0]) * 1000, (after[1] - before[1]) * 1000


def interpreters(image: str, rounds: int) -> Times:
    """Return the times of starting interpreters inside a container without limits."""
    run = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "/usr/bin/python3", image, "-c", INTERPRETERS]
    done = subprocess.run([*run, str(rounds)], capture_output=True, text=True, timeout=300, check=True)
    return dict(json.loads(done.stdout))


def runtimes(spec: Bundle, rounds: int) -> Times:
    """Return the times of runc on the bundle and on changed ones; the first three are the phases of the whole."""
    changes: dict[str, Callable[[Bundle], object]] = {
        "without seccomp": lambda s: s["linux"].pop("seccomp", None),
        "without limits of the control groups": lambda s: s["linux"].update(resources={}),
        "without tmpfs and bind mounts": lambda s: s.update(
            mounts=[mount for mount in s["mounts"] if mount["destination"] in NATIVE or mount["destination"] == "/proc"]
        ),
        "without masked and read-only paths": lambda s: s["linux"].update(maskedPaths=[], readonlyPaths=[]),
        **{
            f"without a {kind} namespace": lambda s, kind=kind: s["linux"].update(  # type: ignore[misc]
                namespaces=[space for space in s["linux"]["namespaces"] if space["type"] != kind]
            )
            for kind in ("network", "cgroup", "ipc")
            if any(space["type"] == kind for space in spec["linux"]["namespaces"])
        },
        "without all of these": _plain,
    }
    phases: Times = {"create": [], "start": [], "delete": []}
    with tempfile.TemporaryDirectory(prefix="b-") as folder:
        ways: dict[str, Callable[[], object]] = {"the bundle": lambda: _run(spec, Path(folder), phases)}
        for name, change in changes.items():
            changed = copy.deepcopy(spec)
            change(changed)
            ways[name] = lambda changed=changed: _run(changed, Path(folder), {})  # type: ignore[misc]
        times = interleaved(ways, rounds)
    return {f"of the bundle: {name}": values for name, values in phases.items()} | times


def _plain(spec: Bundle) -> None:
    spec["linux"].pop("seccomp", None)
    spec["linux"].update(
        resources={}, maskedPaths=[], readonlyPaths=[], namespaces=[{"type": "pid"}, {"type": "mount"}]
    )
    spec["mounts"] = [mount for mount in spec["mounts"] if mount["destination"] in {"/proc", "/dev"}]
    spec.pop("hostname", None)


def _run(spec: Bundle, folder: Path, phases: Times) -> None:
    name = f"assay-benchmark-{uuid.uuid4().hex[:12]}"
    spec["linux"]["cgroupsPath"] = f"/{name}"
    bundle = folder / name
    bundle.mkdir()
    (bundle / "config.json").write_text(json.dumps(spec))
    runc = ["runc", "--root", str(folder / "state")]
    marks = [now()]
    try:
        for command in (["create", "--bundle", str(bundle), name], ["start", name], ["delete", "--force", name]):
            # Its output must not be a pipe: the container's process holds it open.
            subprocess.run([*runc, *command], check=True, timeout=SECONDS, stdin=subprocess.DEVNULL, stdout=2)
            marks.append(now())
    except subprocess.SubprocessError:
        subprocess.run([*runc, "delete", "--force", name], check=False, timeout=SECONDS, capture_output=True)
        raise
    for phase, before, after in zip(("create", "start", "delete"), marks, marks[1:], strict=False):
        phases.setdefault(phase, []).append(((after[0] - before[0]) * 1000, (after[1] - before[1]) * 1000))


def programs(spec: Bundle, containerd: str, rounds: int) -> Times:
    """Return the times of starting the binaries, and of the shim's start and clearing up."""

    def execute(*command: str) -> Callable[[], object]:
        return lambda: subprocess.run(command, check=True, timeout=SECONDS, capture_output=True)

    ways = {name: execute(name, flag) for name, flag in (("runc", "--version"), (SHIM, "-v"), ("dockerd", "--version"))}
    times = interleaved({name: way for name, way in ways.items() if shutil.which(name)}, rounds)
    if shutil.which(SHIM):
        shim: Times = {f"{SHIM}: start, until it answers": [], f"{SHIM}: delete, with its runc delete": []}
        for _ in range(rounds):
            for name, taken in zip(shim, _shim(spec, containerd), strict=True):
                shim[name].append(taken)
        times |= shim
    return times


def _shim(spec: Bundle, socket: str) -> tuple[tuple[float, float], tuple[float, float]]:
    name = f"assay-benchmark-{uuid.uuid4().hex[:12]}"
    with tempfile.TemporaryDirectory(prefix="b-") as folder:
        bundle = Path(folder)
        (bundle / "config.json").write_text(json.dumps(spec))
        os.mkfifo(bundle / "log")
        log = os.open(bundle / "log", os.O_RDWR)
        common = [
            SHIM,
            "-namespace",
            "assay-benchmark",
            "-address",
            socket,
            "-publish-binary",
            "containerd",
            "-id",
            name,
        ]
        environment = os.environ | {"TTRPC_ADDRESS": f"{socket}.ttrpc", "GOMAXPROCS": "2"}
        begin = now()
        try:
            started = subprocess.run(
                [*common, "start"], cwd=bundle, env=environment, check=True, timeout=SECONDS, capture_output=True
            )
            start = since(begin)
        finally:
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((bundle / "shim.pid").read_text()), signal.SIGKILL)
        begin = now()
        subprocess.run(
            [*common, "-bundle", folder, "delete"], cwd=bundle, env=environment, check=False, timeout=SECONDS,
            capture_output=True,
        )  # fmt: skip
        clear = since(begin)
        os.close(log)
        Path(started.stdout.decode().strip().removeprefix("unix://")).unlink(missing_ok=True)
    return start, clear


class _Comparison(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


COMPARISONS = ("NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ")
OPTIMIZE = 8


def filters(profile: dict[str, Any], rounds: int) -> Times:
    """Return the times of making the filter, as runc has it made and as a binary tree, with their lengths."""
    lengths = {level: make_filter(profile, level) for level in (1, 2)}
    ways: dict[str, Callable[[], object]] = {
        f"{name}, {lengths[level]} instructions": lambda level=level: make_filter(profile, level)  # type: ignore[misc]
        for name, level in (("by priority, as runc has it", 1), ("as a binary tree", 2))
    }
    return interleaved(ways, rounds)


def make_filter(profile: dict[str, Any], level: int) -> int:
    """Make the filter of an OCI profile by libseccomp for this machine's architecture; return its instructions."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(_action(profile["defaultAction"], profile.get("defaultErrnoRet"))))
    library.seccomp_attr_set(context, OPTIMIZE, level)
    for rule in profile["syscalls"]:
        action = _action(rule["action"], rule.get("errnoRet"))
        given = rule.get("args") or []
        comparisons = (_Comparison * max(1, len(given)))(
            *(
                _Comparison(
                    item["index"],
                    1 + COMPARISONS.index(item["op"].removeprefix("SCMP_CMP_")),
                    item["value"],
                    item.get("valueTwo", 0),
                )
                for item in given
            )
        )
        for name in rule["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:
                library.seccomp_rule_add_array(context, ctypes.c_uint32(action), number, len(given), comparisons)
    with tempfile.TemporaryFile() as file:
        library.seccomp_export_bpf(context, file.fileno())
        length = os.fstat(file.fileno()).st_size // 8
    library.seccomp_release(context)
    return length


def _action(name: str, errno: int | None) -> int:
    return 0x7FFF0000 if name == "SCMP_ACT_ALLOW" else 0x00050000 | (1 if errno is None else errno)
