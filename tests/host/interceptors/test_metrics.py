"""What is measured of calls: by method and status, and never by a name that somebody made up."""

import re
from pathlib import Path

from tests.processes import run_python

COUNT = re.compile(r"^rpc_server_call_duration_seconds_count\{(.*)\} (\d+)\.0$", re.MULTILINE)
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


async def test_calls() -> None:
    """Each call counts once, by server, method and status; made-up methods are one; nothing is left under way."""
    done = await run_python("-P", str(Path(__file__).with_name("metrics_program.py")))
    assert done.returncode == 0, done.stderr
    found = {
        tuple(value for name, value in ATTRIBUTE.findall(labels) if name != "rpc_system_name"): int(count)
        for labels, count in COUNT.findall(done.stdout)
    }
    assert found == {
        ("inner", "test.Echo/UnaryUnary", "OK"): 1,
        ("inner", "test.Echo/UnaryStream", "OK"): 1,
        ("inner", "test.Echo/StreamUnary", "OK"): 1,
        ("inner", "test.Echo/StreamStream", "OK"): 1,
        ("inner", "test.Echo/StreamStream", "NOT_FOUND"): 1,
        ("inner", "test.Echo/StreamStream", "CANCELLED"): 1,
        ("public", "test.Echo/Known", "OK"): 1,
        ("public", "_OTHER", "OK"): 50,
    }
    assert 'assay_calls_active{assay_server="inner"} 0.0' in done.stdout
    assert 'le="0.001"' in done.stdout
