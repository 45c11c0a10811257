"""A run whose input and output are those of this process, while it runs."""

import asyncio
import sys
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Any

from assay.errors import AssayError
from assay.v1 import sandbox_pb2

from cli import standard
from cli.outcomes import compiler_output

if TYPE_CHECKING:
    from assay.client import Suite

CANCEL_SECONDS = 2.0
"""How long the service has to tell the end of a run that the user stopped. After that the call is broken off."""


class _Will:
    """What the user wants of a run."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.cancel = False

    def stop(self, *, cancel: bool) -> None:
        """Send nothing more; say first that the run is to be cancelled, where it is."""
        self.cancel = cancel
        self.heard.set()


async def run_live(
    client: "Suite", start: sandbox_pb2.ExecuteRequest, *, seconds: float, verbose: bool
) -> sandbox_pb2.ExecutionResult:
    """
    Run a program, its output handed on as it comes, and return the result, whose streams have no content.

    Where the wait is cancelled, the run is cancelled, and what it wrote until then is handed on before.

    :param seconds: The deadline of the call.
    :param verbose: Whether what the compiler says of a program that compiles is handed on, on standard error.
    :raises BrokenPipeError: Nobody reads what the program writes. The run is ended.
    """
    will = _Will()
    call = client.sandbox.ExecuteStream(_requests(start, will), timeout=seconds)
    handing_on = asyncio.ensure_future(_hand_on(call, verbose=verbose))
    try:
        await asyncio.wait((handing_on,))
    except asyncio.CancelledError:
        will.stop(cancel=True)
        await asyncio.wait((handing_on,), timeout=CANCEL_SECONDS)
        raise
    finally:
        will.stop(cancel=False)
        call.cancel()
        handing_on.cancel()
        await asyncio.gather(handing_on, return_exceptions=True)
    return handing_on.result()


async def _requests(start: sandbox_pb2.ExecuteRequest, will: _Will) -> AsyncIterator[sandbox_pb2.ExecuteStreamRequest]:
    yield sandbox_pb2.ExecuteStreamRequest(start=start)
    heard = asyncio.ensure_future(will.heard.wait())
    try:
        async for data in _until(heard):
            if not data:
                yield sandbox_pb2.ExecuteStreamRequest(end_of_input=sandbox_pb2.EndOfInput())
                break
            yield sandbox_pb2.ExecuteStreamRequest(stdin=data)
        await heard
        if will.cancel:
            yield sandbox_pb2.ExecuteStreamRequest(cancel=sandbox_pb2.CancelExecution())
    finally:
        heard.cancel()


async def _until(heard: "asyncio.Future[Any]") -> AsyncIterator[bytes]:
    """Yield what standard input brings, no bytes at its end, until the user wants something else."""
    while True:
        reading = asyncio.ensure_future(standard.read())
        try:
            await asyncio.wait((reading, heard), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not reading.done():
                reading.cancel()
        if heard.done():
            return
        yield await reading


async def _hand_on(
    call: AsyncIterable[sandbox_pb2.ExecuteStreamResponse], *, verbose: bool
) -> sandbox_pb2.ExecutionResult:
    async for response in call:
        match response.WhichOneof("event"):
            case "stdout":
                await standard.write(sys.stdout, "standard output", response.stdout)
            case "stderr":
                await standard.write(sys.stderr, "standard error", response.stderr)
            case "compiled" if verbose:
                await standard.write(sys.stderr, "standard error", compiler_output(response.compiled))
            case "result":
                # What is still on its way in may keep the call's own end from being told rightly.
                return response.result
    raise AssayError("the suite ended the run without a result")
