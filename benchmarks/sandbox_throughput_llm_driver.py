"""
Speaks to llm-sandbox for the benchmark: run by the interpreter of a virtual environment that has it, and not Assay.

    python sandbox_throughput_llm_driver.py IMAGE session|pool CLIENTS

Reads one JSON order a line, runs each in a thread, answers with one JSON line that has the order's id.
"""

import json
import logging
import sys
import tempfile
import threading
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
from llm_sandbox.docker import SandboxDockerSession  # type: ignore[import-not-found]
from llm_sandbox.exceptions import SandboxTimeoutError  # type: ignore[import-not-found]
from llm_sandbox.pool import (  # type: ignore[import-not-found]
    PoolConfig,
    PooledSandboxSession,
    create_pool_manager,
)

WORK = "/sandbox"


def run(session: Any, order: dict[str, Any]) -> dict[str, Any]:
    """Run one program in an open session."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in order["files"]:
            local = Path(folder) / "file"
            local.write_bytes(b64decode(content))
            session.copy_to_runtime(str(local), f"{WORK}/{path}")
    try:
        output = session.run(order["code"], timeout=order["seconds"])
    except SandboxTimeoutError:
        return {"timed_out": True, "status": 0, "stdout": "", "stderr": ""}
    raw = {name: getattr(output, name).encode("utf-8", "surrogateescape") for name in ("stdout", "stderr")}
    return {
        "timed_out": False,
        "status": output.exit_code,
        **{name: b64encode(content).decode() for name, content in raw.items()},
    }


def main() -> None:
    """Serve until the end of the input."""
    image, mode, clients = sys.argv[1], sys.argv[2], int(sys.argv[3])
    logging.disable(logging.CRITICAL)
    client = docker.DockerClient.from_env(max_pool_size=clients * 2, timeout=60)
    common = {"lang": "python", "image": image, "workdir": WORK, "skip_environment_setup": True}
    speech = threading.Lock()
    pool: Any = None

    def answer(order: dict[str, Any]) -> None:
        try:
            if pool is not None:
                with PooledSandboxSession(pool, workdir=WORK, encoding_errors="surrogateescape") as session:
                    told = run(session, order)
            else:
                with SandboxDockerSession(
                    client=client, runtime_configs=order["container"], encoding_errors="surrogateescape", **common
                ) as session:
                    told = run(session, order)
        except Exception as error:  # noqa: BLE001
            told = {"error": f"{type(error).__name__}: {error}"[:500]}
        with speech:
            print(json.dumps({"id": order["id"], **told}), flush=True)

    if mode == "pool":
        size = PoolConfig(min_pool_size=min(4, clients), max_pool_size=clients, acquisition_timeout=120.0)
        container = json.loads(sys.stdin.readline())
        pool = create_pool_manager(client=client, config=size, runtime_configs=container, **common)
    try:
        with ThreadPoolExecutor(clients) as threads:
            for line in sys.stdin:
                threads.submit(answer, json.loads(line))
    finally:
        if pool is not None:
            pool.close()


if __name__ == "__main__":
    main()
