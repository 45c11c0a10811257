"""The log: a trace's ids in each line, and nothing that an exception says."""

import json
from typing import Any

from tests.processes import run_python

PROGRAM = """
import asyncio, logging
import structlog
from assay.errors import StoreUnavailable
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from host import logs

logs.configure("info", "json")
trace.set_tracer_provider(TracerProvider())
log = structlog.get_logger("assay.test")

def breaks():
    try:
        open("/nowhere/SECRET")
    except OSError as error:
        raise ExceptionGroup("SECRET", [ValueError("SECRET"), StoreUnavailable("the database is full")]) from error

async def forgotten():
    raise ValueError("SECRET")

async def main():
    log.info("outside")
    with trace.get_tracer("test").start_as_current_span("a"):
        await log.ainfo("inside")
        logging.getLogger("library").warning("a library speaks\\nof SECRET")
        try:
            breaks()
        except Exception as error:
            await log.aexception("broke", exc_info=error)
            logging.getLogger("library").exception("broke too")
    task = asyncio.ensure_future(forgotten())
    await asyncio.sleep(0)
    del task

asyncio.run(main())
"""


async def lines() -> list[dict[str, Any]]:
    """Return what a program logs."""
    done = await run_python("-P", "-c", PROGRAM)
    assert "SECRET" not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


async def test_lines() -> None:
    """A line within a span has the ids of its trace, whoever logs it; exceptions are told by kind and place alone."""
    outside, inside, library, broke, library_broke, forgotten = await lines()
    assert "trace_id" not in outside
    assert (len(inside["trace_id"]), len(inside["span_id"])) == (32, 16)
    assert {line["trace_id"] for line in (inside, library, broke, library_broke)} == {inside["trace_id"]}
    assert (library["event"], library["logger"], library["level"]) == ("a library speaks", "library", "warning")
    for line in (broke, library_broke):
        assert "builtins.ExceptionGroup\n  at <string>:" in line["exception"]
        assert "builtins.ValueError" in line["exception"]
        assert "StoreUnavailable: the database is full" in line["exception"]
        assert "builtins.FileNotFoundError: No such file or directory" in line["exception"]
    assert forgotten["event"] == "Task exception was never retrieved"
    assert "builtins.ValueError\n  at <string>:" in forgotten["exception"]
