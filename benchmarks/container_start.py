"""
Where the start of a container goes: the full spec beside the same spec with one part taken out or changed.

    python -m benchmarks.container_start [--rounds N] [--json FILE] [--only TEXT] [--no-parts] [--no-rates]
                                            [--own-daemon FOLDER]

A round makes and removes one container of every variant, in an order drawn anew, by raw calls over the daemon's Unix
socket: create, attach, start, until process 1 says READY, then removal. A variant's gain is the median of its
differences to the full spec *of the same round*, so that what loads the machine for seconds hits both. Then come the
programs that a start consists of, each by itself (:mod:`benchmarks.container_parts`), and how many containers a second
can be made and removed, 1, 2, 4 and 8 at once, beside a loop of ``docker run --rm``.

With ``--own-daemon`` all of it happens on a second daemon whose files are in that folder (``/dev/shm``: no disk at
all), and CPU time is counted as well (:mod:`benchmarks.own_daemon`): the figure to trust where others load the machine.

Some variants are less isolated than the spec. They run only the sandbox's own runner, and are there to be measured, not
to be used. Needs a local daemon and the image of Python; for the parts by themselves, root. Every container carries a
label and is removed at the end, as are two images that are made here.
"""

import argparse
import contextlib
import io
import json
import math
import os
import random
import statistics
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import container_parts
from benchmarks.container_making import LABEL, PHASES, SECONDS, Bench, Change, Config, Connection, Taken, Variant
from benchmarks.intervals import quantile
from benchmarks.own_daemon import own_daemon
from benchmarks.sandbox_latency import isolation
from sandbox.containers.daemon import API_VERSION, Address
from sandbox.language import load_all

BRIDGE = "network: bridge"


def host(**values: Any) -> Change:
    """Return a change of the host configuration."""
    return lambda config: config["HostConfig"].update(values)


def top(**values: Any) -> Change:
    """Return a change of the configuration itself."""
    return lambda config: config.update(values)


def seccomp(option: str | None) -> Change:
    """Return a change of the seccomp profile: "unconfined", or None for Docker's own."""

    def change(config: Config) -> None:
        kept = [item for item in config["HostConfig"]["SecurityOpt"] if not item.startswith("seccomp=")]
        config["HostConfig"]["SecurityOpt"] = kept if option is None else [*kept, f"seccomp={option}"]

    return change


def without_prestart(config: Config) -> object:
    """Have the runner start no interpreter before the job."""
    setup = json.loads(config["Cmd"][0])
    none: dict[str, object] = {"interpreter": []} if "interpreter" in setup else {"prestart": False}
    config["Cmd"] = [json.dumps(setup | none)]
    return config


def no_limits(config: Config) -> None:
    """Set no limit of the control groups."""
    config["HostConfig"].update(Memory=0, MemorySwap=0, PidsLimit=0, NanoCpus=0)


def process(*command: str) -> Change:
    """Have another program be process 1."""
    return top(Entrypoint=list(command), Cmd=[])


def variants(one_layer: str, many_layers: str, neighbour: str, entrypoint: list[str]) -> dict[str, Variant]:
    """Return what is measured, by what it is called in the table."""
    bare = process("/usr/bin/python3", "-I", "-S", "-B", "-c", "import os, time; os.write(1, b'r'); time.sleep(60)")
    changes: dict[str, Change] = {
        "network: none, by Docker (its hook runs)": top(NetworkDisabled=False),
        "network: NetworkDisabled (a namespace of its own, no hook)": top(NetworkDisabled=True),
        BRIDGE: lambda c: (c.update(NetworkDisabled=False), host(NetworkMode="bridge")(c)),
        "network: another container's": lambda c: (
            c.update(NetworkDisabled=False, Hostname=""),
            host(NetworkMode=f"container:{neighbour}")(c),
        ),
        "seccomp: no profile": seccomp("unconfined"),
        "seccomp: Docker's default": seccomp(None),
        "cgroups: no memory limit": host(Memory=0, MemorySwap=0),
        "cgroups: no pids limit": host(PidsLimit=0),
        "cgroups: no cpu limit": host(NanoCpus=0),
        "cgroups: no limit at all": no_limits,
        "cgroups: the host's namespace": host(CgroupnsMode="host"),
        "mounts: no tmpfs": host(Tmpfs={}),
        "mounts: root writable": host(ReadonlyRootfs=False),
        "mounts: nothing masked or read-only": host(MaskedPaths=[], ReadonlyPaths=[]),
        "ipc: private, with Docker's /dev/shm": lambda c: (
            c["HostConfig"]["Tmpfs"].pop("/dev/shm", None) and host(IpcMode="private")(c)
        ),
        "process: no ulimits": host(Ulimits=[]),
        "process: Docker's capabilities, new privileges": lambda c: host(
            CapDrop=[], CapAdd=[], SecurityOpt=[s for s in c["HostConfig"]["SecurityOpt"] if s.startswith("seccomp=")]
        )(c),
        "log driver: json-file": host(LogConfig={"Type": "json-file", "Config": {}}),
        "health check": top(Healthcheck={"Test": ["CMD", "/bin/true"], "Interval": 3600 * 10**9}),
        "no AutoRemove": host(AutoRemove=False),
        "image: 1 layer": top(Image=one_layer, Entrypoint=entrypoint),
        "image: 12 layers more": top(Image=many_layers),
        "process 1: an interpreter, -I -S": bare,
        "process 1: the runner without prestart": without_prestart,
    }
    found = {"full spec": Variant()} | {name: Variant(change) for name, change in changes.items()}
    # It ends before it could be removed.
    found["process 1: /bin/true"] = Variant(process("/bin/true"), end="leave")
    found["client: docker-py"] = Variant(library=True)
    found["end: by itself, AutoRemove"] = Variant(end="leave")
    return found


@contextlib.contextmanager
def images(bench: Bench) -> Iterator[tuple[str, str]]:
    """Give the sandbox's image in one layer, and with a dozen more; both are removed again."""
    one, many = f"{LABEL}:one-{os.getpid()}", f"{LABEL}:many-{os.getpid()}"
    connection = Connection(bench.path)
    holder = connection.call("POST", "/containers/create", bench.full())["Id"]
    environment = os.environ | {"DOCKER_BUILDKIT": "0", "DOCKER_HOST": f"unix://{bench.path}"}
    try:
        with subprocess.Popen(["docker", "export", holder], stdout=subprocess.PIPE, env=environment) as export:
            run = ["docker", "import", "-", one]
            subprocess.run(run, stdin=export.stdout, check=True, capture_output=True, timeout=120, env=environment)
        lines = [f"FROM {bench.language.image}", *(f"COPY Dockerfile /opt/layer{number}" for number in range(12))]
        content = "\n".join(lines).encode()
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            member = tarfile.TarInfo("Dockerfile")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        run = ["docker", "build", "-q", "-t", many, "-"]
        subprocess.run(run, input=context.getvalue(), check=True, capture_output=True, timeout=120, env=environment)
        yield one, many
    finally:
        connection.call("DELETE", f"/containers/{holder}?force=1&v=1")
        for tag in (one, many):
            with contextlib.suppress(RuntimeError):
                connection.call("DELETE", f"/images/{tag}?force=1")


def measure(bench: Bench, wanted: dict[str, Variant], rounds: int) -> dict[str, list[Taken]]:
    """Make and remove one container of every variant in every round, in an order drawn anew."""
    import docker

    library: Any = docker.APIClient(base_url=f"unix://{bench.path}", version=API_VERSION, timeout=int(SECONDS))
    connection = Connection(bench.path)
    found: dict[str, list[Taken]] = {name: [] for name in wanted}
    bench.once(connection, Variant())
    for number in range(rounds):
        for name in random.sample(list(wanted), len(wanted)):
            found[name].append(bench.once(connection, wanted[name], library))
        print(f"round {number + 1} of {rounds}", flush=True)
    connection.close()
    library.close()
    return found


def rates(bench: Bench, rounds: int) -> dict[str, dict[int, list[float]]]:
    """Return containers made and removed a second, by way and by how many at once, one figure a round."""
    flags = [*isolation(), "--label", f"{LABEL}={bench.label[LABEL]}", bench.language.image, "-c", "print(1)"]
    environment = os.environ | {"DOCKER_HOST": f"unix://{bench.path}"}

    def command(_: Connection) -> None:
        run = ["docker", "run", "--rm", *flags]
        subprocess.run(run, check=True, capture_output=True, timeout=SECONDS, env=environment)

    def by(variant: Variant) -> Callable[[Connection], object]:
        return lambda connection: bench.once(connection, variant)

    ways: dict[str, Callable[[Connection], object]] = {
        "docker run --rm": command,
        "the spec, removed": by(Variant()),
        "the spec, ends by itself": by(Variant(end="leave")),
        "network none by Docker, ends by itself": by(Variant(top(NetworkDisabled=False), "leave")),
        "NetworkDisabled, ends by itself": by(Variant(top(NetworkDisabled=True), "leave")),
        "NetworkDisabled, no prestart, ends by itself": by(
            Variant(lambda c: (c.update(NetworkDisabled=True), without_prestart(c)), "leave")
        ),
    }
    found: dict[str, dict[int, list[float]]] = {name: {} for name in ways}
    for _ in range(rounds):
        for at_once in (1, 2, 4, 8):
            for name in random.sample(list(ways), len(ways)):
                found[name].setdefault(at_once, []).append(rate(bench, ways[name], at_once))
    return found


def rate(bench: Bench, way: Callable[[Connection], object], at_once: int) -> float:
    """Return how many a second are made and removed by so many threads."""
    each = max(2, 8 // at_once)

    def work(_: int) -> None:
        connection = Connection(bench.path)
        for _turn in range(each):
            way(connection)
        connection.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(work, range(at_once)))
    return at_once * each / (time.perf_counter() - started)


def show(found: dict[str, list[Taken]]) -> dict[str, dict[str, float]]:
    """Print the table of the makings; return it. A share is of the full spec's time in the same round."""
    full = found["full spec"]
    counted = not math.isnan(full[0].cpu)
    rows: dict[str, dict[str, float]] = {}
    print(f"\n{'milliseconds, p50':60}{'create':>7}{'start':>7}{'ready':>7}{'total':>7}{'p95':>7}{'diff.':>8}", end="")
    print(f"{'share':>7}{'removal':>9}" + (f"{'CPU':>7}{'share':>7}" if counted else ""))
    for name, taken in found.items():
        row = {phase: statistics.median(one.phases[phase] for one in taken) for phase in PHASES}
        totals = [one.total for one in taken]
        pairs = list(zip(totals, (one.total for one in full), strict=True))
        row |= {
            "total": statistics.median(totals),
            "p95": quantile(totals, 0.95),
            "difference": statistics.median(here - there for here, there in pairs),
            "share": statistics.median(here / there - 1 for here, there in pairs),
            "removal": statistics.median(one.removal for one in taken),
        }
        if counted:
            shares = (here.cpu / there.cpu - 1 for here, there in zip(taken, full, strict=True))
            row |= {"cpu": statistics.median(one.cpu for one in taken), "cpu_share": statistics.median(shares)}
        rows[name] = row
        print(f"{name:60}{row['create']:7.1f}{row['start']:7.1f}{row['ready']:7.1f}{row['total']:7.1f}", end="")
        print(f"{row['p95']:7.1f}{row['difference']:+8.1f}{row['share']:+7.0%}{row['removal']:9.1f}", end="")
        print(f"{row['cpu']:7.1f}{row['cpu_share']:+7.0%}" if counted else "")
    return rows


def show_rates(found: dict[str, dict[int, list[float]]]) -> None:
    """Print how many a second, and beside it the ratio to ``docker run`` in the same round."""
    base = found["docker run --rm"]
    print(f"\n{'containers a second, p50 (ratio to docker run)':50}" + "".join(f"{n:>8} at once" for n in base))
    for name, by_count in found.items():
        print(f"{name:50}", end="")
        for at_once, values in by_count.items():
            ratio = statistics.median(here / there for here, there in zip(values, base[at_once], strict=True))
            print(f"{statistics.median(values):9.1f} ({ratio:4.2f})", end="")
        print()


def run(bench: Bench, arguments: argparse.Namespace, state: str) -> dict[str, Any]:
    """Measure on one daemon, print, and return what was found."""
    connection = Connection(bench.path)
    result: dict[str, Any] = {}
    try:
        entrypoint = connection.call("GET", f"/images/{bench.language.image}/json")["Config"]["Entrypoint"]
        networks = {network["Name"] for network in connection.call("GET", "/networks")}
        neighbour, stream, _ = bench.make(connection, bench.full() | {"NetworkDisabled": False})
        with images(bench) as (one, many):
            wanted = variants(one, many, neighbour, entrypoint)
            wanted = {
                name: variant
                for name, variant in wanted.items()
                if name == "full spec" or (arguments.only in name and (name != BRIDGE or "bridge" in networks))
            }
            result["making"] = show(measure(bench, wanted, arguments.rounds))
        if not arguments.no_parts:
            result["parts"] = container_parts.report(neighbour, bench.language.image, state, arguments.rounds)
        bench.end(connection, neighbour, stream, "remove")
        if not arguments.no_rates:
            result["rates"] = rates(bench, max(3, arguments.rounds // 3))
            show_rates(result["rates"])
    finally:
        bench.clear()
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return result


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="Where the start of a container goes.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="only variants whose name contains this, and the full spec")
    parser.add_argument("--no-parts", action="store_true", help="leave out the programs by themselves")
    parser.add_argument("--no-rates", action="store_true", help="leave out how many a second")
    parser.add_argument("--own-daemon", type=Path, metavar="FOLDER", help="measure on a daemon with its files in there")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    address = Address.parse("")
    if not address.socket_path:
        parser.error("a local daemon is needed: its socket is spoken to directly")
    if arguments.own_daemon:
        with own_daemon(arguments.own_daemon, load_all()["python"].image) as daemon:
            result = run(Bench(daemon.socket, daemon.cpu_seconds), arguments, str(daemon.folder / "exec"))
    else:
        result = run(Bench(address.socket_path, lambda: math.nan), arguments, "/run/docker")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
