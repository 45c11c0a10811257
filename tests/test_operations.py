"""The page for those who run the suite: every metric stands in it."""

import re
from pathlib import Path
from typing import Any

from opentelemetry.metrics import NoOpMeter

from sandbox.metrics import Instruments as SandboxInstruments
from services.validation.metrics import Instruments as ValidationInstruments
from services.validation.statistics import QueueFigures

DOCUMENT = Path(__file__).parent.parent / "docs" / "operations.md"
NAME = re.compile(r"`((?:assay|rpc|process)_\w+)`")

KINDS = {
    "create_counter": "_total",
    "create_observable_counter": "_total",
    "create_histogram": "",
    "create_observable_up_down_counter": "",
}
UNITS = {"s": "_seconds"}

OF_THE_HOST = {
    "rpc_server_call_duration_seconds", "assay_calls_active", "assay_event_loop_lag_seconds",
    "assay_events_dropped_total", "assay_usage_total", "assay_nats_connected", "assay_events_refused_total",
    "assay_permits_refused_total", "assay_wakes_refused_total",
}  # fmt: skip
OF_THE_PROCESS = {
    "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
    "process_max_fds", "process_start_time_seconds",
}  # fmt: skip


class Named(NoOpMeter):
    """Keeps nothing but the names of instruments, as Prometheus has them."""

    def __init__(self) -> None:
        super().__init__("test")
        self.names: set[str] = set()

    def __getattribute__(self, attribute: str) -> Any:
        """Take note of what is made."""
        made = super().__getattribute__(attribute)
        if attribute not in KINDS:
            return made

        def make(name: str, *arguments: Any, **more: Any) -> Any:
            unit = more.get("unit") or next((one for one in arguments if isinstance(one, str)), "")
            self.names.add(name.replace(".", "_") + UNITS.get(unit, "") + KINDS[attribute])
            return made(name, *arguments, **more)

        return make


def documented() -> set[str]:
    """Return the names in the first column of the tables."""
    rows = [line.split("|")[1] for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    return {name for row in rows for name in NAME.findall(row)}


def test_every_metric_is_documented() -> None:
    """The table has each metric that there is, by the name under which it is read, and no other."""
    meter = Named()
    sandbox = SandboxInstruments(meter)
    sandbox.watch_pools(dict)
    sandbox.watch_queue(None)  # type: ignore[arg-type]  # it is asked when somebody reads
    ValidationInstruments(meter, ()).watch_queue(QueueFigures)
    assert documented() == meter.names | OF_THE_HOST | OF_THE_PROCESS
