"""ValidationService: converts, calls the engine, converts back."""

import itertools
from collections.abc import AsyncIterator
from contextlib import aclosing

import structlog
from assay.candidates import MAX_TOTAL_BYTES
from assay.convert import rule_to_proto
from assay.errors import AssayError, InvalidArgument, UnknownStage
from assay.v1 import candidate_pb2, validation_pb2, validation_pb2_grpc

from host.caller import caller
from host.interceptors.around import Context
from services.validation import convert
from services.validation.batch import answers
from services.validation.endings import error_to_proto
from services.validation.engine import Stages
from services.validation.judging import ASK_SECONDS
from services.validation.listing import page, rules_of
from services.validation.queue import Queue
from services.validation.relay import Relay
from services.validation.store import ValidationStore
from services.validation.turns import Turns
from services.validation.validating import Validating
from services.validation.watching import Watching
from services.validation.workers import QueueWorkers

_log = structlog.get_logger("assay.validation")

DEFAULT_PAGE = 50
MAX_PAGE = 1_000
MAX_REQUESTS = 1_000
"""Requests of one batch."""


class ValidationServicer(validation_pb2_grpc.ValidationServiceServicer):
    """
    Serves validations.

    :param stages: Where the stages of the suite are.
    :param validating: Makes validations.
    :param store: Where they are kept.
    :param queue: Where they wait that nobody waits for.
    :param workers: Make those.
    :param relay: Tells that there are some.
    :param watching: Follows those.
    :param turns: Bounds how many are under way.
    """

    def __init__(
        self,
        *,
        stages: Stages,
        validating: Validating,
        store: ValidationStore,
        queue: Queue,
        workers: QueueWorkers,
        relay: Relay,
        watching: Watching,
        turns: Turns,
    ) -> None:
        self._stages = stages
        self._validating = validating
        self._store = store
        self._queue = queue
        self._workers = workers
        self._relay = relay
        self._watching = watching
        self._turns = turns
        self._batches = itertools.count()

    async def ListValidationStages(  # noqa: N802  # the contract's name
        self, request: validation_pb2.ListValidationStagesRequest, context: Context
    ) -> validation_pb2.ListValidationStagesResponse:
        """See the contract."""
        descriptions = await self._stages.describe(ASK_SECONDS)
        return validation_pb2.ListValidationStagesResponse(
            stages=[convert.availability_to_proto(description) for description in descriptions]
        )

    async def Validate(  # noqa: N802  # the contract's name
        self, request: validation_pb2.ValidateRequest, context: Context
    ) -> validation_pb2.ValidateResponse:
        """See the contract."""
        turn = self._turns.take(caller().tenant)
        return validation_pb2.ValidateResponse(validation=await self._validating.validate(request, turn))

    async def ValidateBatch(  # noqa: N802  # the contract's name
        self, request: validation_pb2.ValidateBatchRequest, context: Context
    ) -> AsyncIterator[validation_pb2.ValidateBatchResponse]:
        """See the contract."""
        _check_batch(request)
        lane = f"batch/{next(self._batches)}"

        async def ask(index: int, one: validation_pb2.ValidateRequest) -> validation_pb2.ValidateBatchResponse:
            return await self._outcome(index, one, lane)

        async with aclosing(answers(request.requests, ask, self._turns.at_once)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def _outcome(
        self, index: int, request: validation_pb2.ValidateRequest, lane: str
    ) -> validation_pb2.ValidateBatchResponse:
        try:
            validation = await self._validating.validate(request, self._turns.take(caller().tenant, lane))
            return validation_pb2.ValidateBatchResponse(index=index, validation=validation)
        except InvalidArgument as error:
            failure: AssayError = error.within(f"requests[{index}]")
        except AssayError as error:
            failure = error
        except Exception as error:  # noqa: BLE001  # the other requests are answered all the same
            await _log.aexception("a request of a batch broke", index=index, exc_info=error)
            failure = AssayError("an error of the suite; its log has the details")
        return validation_pb2.ValidateBatchResponse(index=index, error=error_to_proto(failure))

    async def CreateValidation(  # noqa: N802  # the contract's name
        self, request: validation_pb2.CreateValidationRequest, context: Context
    ) -> validation_pb2.CreateValidationResponse:
        """See the contract."""
        # A policy that is not there stays so: a request_id stands for equal requests, by whichever call they come.
        asked = validation_pb2.ValidateRequest(
            candidate=request.candidate,
            policy=request.policy if request.HasField("policy") else None,
            request_id=request.request_id,
        )
        validation = await self._validating.queue(asked)
        self._relay.wake()
        return validation_pb2.CreateValidationResponse(validation=validation)

    async def CancelValidation(  # noqa: N802  # the contract's name
        self, request: validation_pb2.CancelValidationRequest, context: Context
    ) -> validation_pb2.CancelValidationResponse:
        """See the contract."""
        row = await self._queue.cancel(caller().tenant, _given(request.id))
        self._workers.stop(row.id)
        return validation_pb2.CancelValidationResponse(validation=convert.validation_from_row(row))

    async def WatchValidation(  # noqa: N802  # the contract's name
        self, request: validation_pb2.WatchValidationRequest, context: Context
    ) -> AsyncIterator[validation_pb2.WatchValidationResponse]:
        """See the contract."""
        following = self._watching.follow(caller().tenant, _given(request.id), request.after_sequence)
        async with aclosing(following) as happenings:
            async for happening in happenings:
                yield happening

    async def GetValidation(  # noqa: N802  # the contract's name
        self, request: validation_pb2.GetValidationRequest, context: Context
    ) -> validation_pb2.GetValidationResponse:
        """See the contract."""
        row = await self._store.get(caller().tenant, _given(request.id))
        return validation_pb2.GetValidationResponse(validation=convert.validation_from_row(row))

    async def ListValidations(  # noqa: N802  # the contract's name
        self, request: validation_pb2.ListValidationsRequest, context: Context
    ) -> validation_pb2.ListValidationsResponse:
        """See the contract."""
        size = request.page_size or DEFAULT_PAGE
        if not 1 <= size <= MAX_PAGE:
            raise InvalidArgument("page_size", f"it must be from 1 to {MAX_PAGE}")
        if request.verdict not in validation_pb2.Verdict.values():
            raise InvalidArgument("verdict", "it is not a verdict of this contract")
        if request.state not in validation_pb2.State.values():
            raise InvalidArgument("state", "it is not a state of this contract")
        rows, following = await self._store.page(
            caller().tenant, size, request.page_token, request.verdict, request.state
        )
        return validation_pb2.ListValidationsResponse(
            validations=[convert.validation_from_row(row) for row in rows], next_page_token=following
        )

    async def ListRules(  # noqa: N802  # the contract's name
        self, request: validation_pb2.ListRulesRequest, context: Context
    ) -> validation_pb2.ListRulesResponse:
        """See the contract."""
        names = [description.name for description in await self._stages.describe(ASK_SECONDS)]
        if request.stage and request.stage not in names:
            raise UnknownStage("stage", f"there is no stage {request.stage!r}; there are {', '.join(names)}")
        asked = [request.stage] if request.stage else names
        rules, missing = await rules_of(self._stages, asked, ASK_SECONDS)
        wanted = [rule for rule in rules if request.rule_id in {"", rule[1].rule_id}]
        chosen, following = page(wanted, request.page_size, request.page_token)
        return validation_pb2.ListRulesResponse(
            rules=[rule_to_proto(rule, stage) for stage, rule in chosen],
            next_page_token=following,
            missing_stages=missing,
        )


def _given(identifier: str) -> str:
    if not identifier:
        raise InvalidArgument("id", "it is missing")
    return identifier


def _check_batch(request: validation_pb2.ValidateBatchRequest) -> None:
    count = len(request.requests)
    if not 1 <= count <= MAX_REQUESTS:
        raise InvalidArgument("requests", f"there must be 1 to {MAX_REQUESTS}, and there are {count}")
    total = sum(_size(one.candidate) for one in request.requests)
    if total > MAX_TOTAL_BYTES:
        raise InvalidArgument("requests", f"{total} bytes of files are more than the {MAX_TOTAL_BYTES} allowed")


def _size(candidate: candidate_pb2.Candidate) -> int:
    tests = (file for suite in candidate.tests for file in suite.files)
    return sum(len(file.content) for file in (*candidate.files, *candidate.context_files, *tests))
