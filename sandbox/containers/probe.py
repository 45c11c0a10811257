"""Whether a runtime enforces what it is told: tried by going beyond it, before any other program is run."""

import asyncio

from assay.errors import LimitNotEnforceable, SandboxUnavailable

from sandbox.containers.container import Container
from sandbox.containers.maker import unenforced
from sandbox.exchange import Exchange
from sandbox.limits import MIB, Limits
from sandbox.record import Task
from sandbox.runner.orders import Step

PROBE_LIMITS = Limits(
    wall_seconds=15,
    cpu_seconds=10,
    memory_bytes=64 * MIB,
    processes=12,
    open_files=64,
    output_bytes=4096,
    output_hard_bytes=65_536,
    disk_bytes=4 * MIB,
    artifact_bytes=1,
    artifact_count=1,
    compile_seconds=1,
)

CODE = """
import os, signal
children = []
for _ in range(40):
    try:
        pid = os.fork()
    except OSError:
        break
    if pid == 0:
        signal.pause()
    children.append(pid)
for pid in children:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
if os.fork() == 0:
    bytearray(os.urandom(1)) * (160 << 20)
    os._exit(0)
os.wait()
"""

STEP = Step(
    command=["/usr/bin/python3", "-I", "-S", "-c", CODE],
    arguments=[],
    environment={},
    cpu_seconds=PROBE_LIMITS.cpu_seconds,
    output_bytes=PROBE_LIMITS.output_bytes,
    output_hard_bytes=PROBE_LIMITS.output_hard_bytes,
    open_files=PROBE_LIMITS.open_files,
)
"""By the interpreter that every image has for its runner."""


async def probe(container: Container) -> frozenset[str]:
    """
    Return the limits that the container's runtime does not enforce.

    :raises SandboxUnavailable: The probe itself could not be run.
    """
    record = await Exchange(container.streams).run(Task(STEP, PROBE_LIMITS.wall_seconds))
    await asyncio.sleep(0)
    if record.ended is None and not container.evidence.oom:
        raise SandboxUnavailable(f"the runtime could not be probed: {record.lost_reason or 'the program did not end'}")
    missing = set(unenforced(container.facts, container.size))
    if record.ended is not None and not record.number("oom_kills"):
        missing.add("memory_bytes")
    if record.ended is not None and not record.number("pids_refused"):
        missing.add("processes")
    return frozenset(missing)


def refuse(runtime: str, missing: frozenset[str]) -> LimitNotEnforceable:
    """Return the error for a runtime that does not enforce limits."""
    names = ", ".join(sorted(missing))
    return LimitNotEnforceable(
        f"the runtime {runtime!r} does not enforce {names}; use another by ASSAY_SANDBOX__RUNTIME, or take it as it is "
        "with ASSAY_SANDBOX__LIMITS=best-effort",
        metadata={"runtime": runtime, "limits": names},
    )
