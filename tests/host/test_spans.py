"""Spans within a call, and traces that are carried through a queue."""

from pathlib import Path

from opentelemetry import trace

from host.spans import carried, continued, span
from tests.processes import run_python

LINE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

PROGRAM = """
from contextlib import suppress
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from host.spans import detail, span

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
with detail("nobody records this"):
    pass
with suppress(ValueError), span("outer", {"a": 1}):
    with detail("inner"):
        raise ValueError("SECRET")
for one in exporter.get_finished_spans():
    print(one.name, one.status.status_code.name, one.status.description, len(one.events), one.to_json().count("SECRET"))
"""


async def test_nothing_that_an_exception_says() -> None:
    """A span that an exception ends is an error by its kind; where no trace is recorded there is no detail of it."""
    done = await run_python("-P", "-c", PROGRAM, cwd=Path("/"))
    assert done.stdout.splitlines() == ["inner ERROR ValueError 0 0", "outer ERROR ValueError 0 0"], done.stderr


def test_carried() -> None:
    """A trace goes on from the line that carries it, and from nothing where there is none, whatever runs meanwhile."""
    assert carried() == ""
    with span("made", parent=continued(LINE)):
        assert carried().split("-")[1] == LINE.split("-")[1]
        with span("another", parent=continued("")):
            assert not trace.get_current_span().get_span_context().is_valid
    for bad in ("x", "00-zz-yy-01", LINE.replace("-", "")):
        with span("bad", parent=continued(bad)):
            assert not trace.get_current_span().get_span_context().is_valid
