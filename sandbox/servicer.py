"""SandboxService: converts, calls the domain, converts back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Protocol

from assay.errors import InvalidArgument
from assay.v1 import sandbox_pb2 as pb
from assay.v1 import sandbox_pb2_grpc

from host.caller import caller
from sandbox import batch, convert
from sandbox.batch import Batch, CaseResult
from sandbox.executor import Executor
from sandbox.program import Compilation, Result
from sandbox.streaming import Chunk, Input, Started, StreamedRun

MAX_INPUT_BYTES = 1024 * 1024
MAX_PAGE = 1000


class Availability(Protocol):
    """What is known of the languages' images."""

    async def available(self, language: str) -> str:
        """Return why a language cannot be run now, or nothing."""

    def version(self, language: str) -> str:
        """Return the exact version of a language, or nothing where none was run yet."""


class SandboxServicer(sandbox_pb2_grpc.SandboxServiceServicer):
    """The edge of the service."""

    def __init__(self, executor: Executor[Any], availability: Availability, most_cases: int) -> None:
        self._executor = executor
        self._availability = availability
        self._most_cases = most_cases

    async def Execute(  # noqa: N802 - the contract's name
        self, request: pb.ExecuteRequest, context: Any
    ) -> pb.ExecuteResponse:
        """Run one program."""
        program, asked = convert.program_from_proto(request), convert.limits_from_proto(request.limits)
        result = await self._executor.execute(program, asked, caller().tenant)
        return pb.ExecuteResponse(result=convert.result_to_proto(result))

    async def ExecuteStream(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.ExecuteStreamRequest], context: Any
    ) -> AsyncIterator[pb.ExecuteStreamResponse]:
        """Run one program, its output as it comes."""
        first = await anext(request_iterator, pb.ExecuteStreamRequest())
        if first.WhichOneof("message") != "start":
            raise InvalidArgument("start", "the first message starts the run")
        try:
            program, asked = convert.program_from_proto(first.start), convert.limits_from_proto(first.start.limits)
            given = Input()
            run = StreamedRun(self._executor, program, asked, given, caller().tenant)
        except InvalidArgument as error:
            raise error.within("start") from None
        reading = asyncio.create_task(_read(request_iterator, given))
        events = run.events()
        try:
            async for event in _until_failed(events, reading):
                yield _stream_response(event)
        finally:
            reading.cancel()
            await events.aclose()
            await asyncio.gather(reading, return_exceptions=True)

    async def ExecuteBatch(  # noqa: N802
        self, request: pb.ExecuteBatchRequest, context: Any
    ) -> AsyncIterator[pb.ExecuteBatchResponse]:
        """Run one program on many inputs."""
        try:
            program, asked = (
                convert.program_from_proto(request.program),
                convert.limits_from_proto(request.program.limits),
            )
        except InvalidArgument as error:
            raise error.within("program") from None
        cases = convert.cases_from_proto(request, lambda *given: batch.program_checker(self._executor, *given))
        run = Batch(
            self._executor,
            program,
            asked,
            cases,
            stop_at_first_failure=request.stop_at_first_failure,
            most_cases=self._most_cases,
            tenant=caller().tenant,
        )
        async with contextlib.aclosing(run.events()) as events:
            async for event in events:
                yield _batch_response(event)

    async def ListLanguages(  # noqa: N802
        self, request: pb.ListLanguagesRequest, context: Any
    ) -> pb.ListLanguagesResponse:
        """List the languages by name."""
        size = request.page_size or MAX_PAGE
        if not 1 <= size <= MAX_PAGE:
            raise InvalidArgument("page_size", f"it is 1 to {MAX_PAGE}, or 0 for the default")
        planner = self._executor.planner
        names = [name for name in sorted(planner.languages) if name > request.page_token]
        page = []
        for name in names[:size]:
            language = planner.languages[name]
            unavailable = await self._availability.available(name)
            limits = planner.default_limits(language), planner.maxima
            page.append(convert.language_to_proto(language, self._availability.version(name), unavailable, limits))
        return pb.ListLanguagesResponse(languages=page, next_page_token=names[size - 1] if len(names) > size else "")


async def _read(requests: AsyncIterator[pb.ExecuteStreamRequest], given: Input) -> None:
    """Hand on what the caller sends, until it says that this was all."""
    ended = False
    async for request in requests:
        match request.WhichOneof("message"):
            case "stdin" if len(request.stdin) > MAX_INPUT_BYTES:
                raise InvalidArgument("stdin", f"a message has at most {MAX_INPUT_BYTES} bytes of it")
            case "stdin" if ended:
                # Nobody would take it, and what is said after it would not be heard.
                raise InvalidArgument("stdin", "its end was said already")
            case "stdin" if request.stdin:
                await given.put(request.stdin)
            case "end_of_input" if not ended:
                ended = True
                await given.put(b"")
            case "stdin" | "end_of_input":
                pass
            case "cancel":
                given.cancelled.set()
            case "start":
                raise InvalidArgument("start", "the run was started already")
            case _:
                raise InvalidArgument("message", "it says nothing")
    if not ended:
        await given.put(b"")


async def _until_failed(events: AsyncIterator[Any], reading: "asyncio.Task[None]") -> AsyncIterator[Any]:
    """Yield events; raise what the caller's messages brought about, as soon as that is known."""
    while True:
        coming = asyncio.ensure_future(anext(events, None))
        try:
            if not reading.done():
                await asyncio.wait((coming, reading), return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and (error := reading.exception()) is not None:
                raise error
            event = await coming
        finally:
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
        if event is None:
            return
        yield event


def _stream_response(event: Started | Compilation | Chunk | Result) -> pb.ExecuteStreamResponse:
    match event:
        case Started():
            return pb.ExecuteStreamResponse(started=convert.started_to_proto(event))
        case Compilation():
            return pb.ExecuteStreamResponse(compiled=convert.compilation_to_proto(event))
        case Chunk():
            if event.is_stderr:
                return pb.ExecuteStreamResponse(stderr=event.data)
            return pb.ExecuteStreamResponse(stdout=event.data)
        case Result():
            return pb.ExecuteStreamResponse(result=convert.result_to_proto(event))


def _batch_response(event: batch.Event) -> pb.ExecuteBatchResponse:
    match event:
        case Started():
            return pb.ExecuteBatchResponse(started=convert.started_to_proto(event))
        case Compilation():
            return pb.ExecuteBatchResponse(compiled=convert.compilation_to_proto(event))
        case CaseResult():
            return pb.ExecuteBatchResponse(case_result=convert.case_to_proto(event))
        case batch.Summary():
            return pb.ExecuteBatchResponse(summary=convert.summary_to_proto(event))
