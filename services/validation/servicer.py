"""ValidationService: converts, calls the engine, stores, converts back."""

import hashlib
import secrets
import time

from assay.candidates import candidate_from_proto
from assay.convert import duration_to_proto, rule_to_proto
from assay.errors import InvalidArgument, UnknownStage
from assay.stage import Candidate
from assay.v1 import validation_pb2, validation_pb2_grpc

from host.interceptors.around import Context
from host.interceptors.deadlines import seconds_left
from services.validation import convert
from services.validation.digest import candidate_digest
from services.validation.engine import Stages
from services.validation.judging import ASK_SECONDS, Judging
from services.validation.listing import page, rules_of
from services.validation.policy import PolicyRequest
from services.validation.store import Stored, ValidationStore
from services.validation.turns import KeyedLocks, Turns

LOCAL_TENANT = "local"
"""The tenant of every call until there is a door that tells tenants apart."""

DEFAULT_PAGE = 50
MAX_PAGE = 1_000


class ValidationServicer(validation_pb2_grpc.ValidationServiceServicer):
    """
    Serves validations.

    :param stages: Where the stages of the suite are.
    :param judging: Takes a candidate through them.
    :param store: Where validations are kept.
    :param turns: Bounds how many are under way.
    """

    def __init__(self, *, stages: Stages, judging: Judging, store: ValidationStore, turns: Turns) -> None:
        self._stages = stages
        self._judging = judging
        self._store = store
        self._turns = turns
        self._under_way = KeyedLocks()

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
        request_id = convert.request_id_from_proto(request.request_id)
        candidate = candidate_from_proto(request.candidate)
        policy = convert.policy_from_proto(request.policy)
        if not request_id:
            return await self._answer(candidate, policy, "", "")
        digest = _request_digest(request)
        # Calls with one request_id go one after another, so that the second finds what the first stored.
        async with self._under_way.hold(request_id):
            found = await self._store.by_request(LOCAL_TENANT, request_id, digest)
            if found is not None:
                return validation_pb2.ValidateResponse(validation=_parsed(found))
            return await self._answer(candidate, policy, request_id, digest)

    async def _answer(
        self, candidate: Candidate, policy: PolicyRequest, request_id: str, digest: str
    ) -> validation_pb2.ValidateResponse:
        async with self._turns.take():
            validation = await self._validate(candidate, policy)
        validation.request_id = request_id
        stored = await self._store.add(
            Stored(
                id=validation.id,
                tenant=LOCAL_TENANT,
                request_id=request_id,
                request_digest=digest,
                verdict=validation.verdict,
                body=validation.SerializeToString(),
            )
        )
        return validation_pb2.ValidateResponse(validation=_parsed(stored))

    async def _validate(self, candidate: Candidate, request: PolicyRequest) -> validation_pb2.Validation:
        prepared = await self._judging.prepare(candidate, request, seconds_left())
        candidate = prepared.candidate
        message = validation_pb2.Validation(
            id=f"val_{secrets.token_urlsafe(16)}",
            language=candidate.language,
            candidate_digest=candidate_digest(candidate),
            labels=dict(candidate.labels),
        )
        message.create_time.GetCurrentTime()
        started = time.monotonic()
        judgement, repair = await self._judging.judge(prepared, seconds_left())
        convert.fill(message, judgement, repair)
        message.end_time.GetCurrentTime()
        message.run_duration.CopyFrom(duration_to_proto(time.monotonic() - started))
        return message

    async def GetValidation(  # noqa: N802  # the contract's name
        self, request: validation_pb2.GetValidationRequest, context: Context
    ) -> validation_pb2.GetValidationResponse:
        """See the contract."""
        if not request.id:
            raise InvalidArgument("id", "it is missing")
        stored = await self._store.get(LOCAL_TENANT, request.id)
        return validation_pb2.GetValidationResponse(validation=_parsed(stored))

    async def ListValidations(  # noqa: N802  # the contract's name
        self, request: validation_pb2.ListValidationsRequest, context: Context
    ) -> validation_pb2.ListValidationsResponse:
        """See the contract."""
        size = request.page_size or DEFAULT_PAGE
        if not 1 <= size <= MAX_PAGE:
            raise InvalidArgument("page_size", f"it must be from 1 to {MAX_PAGE}")
        if request.verdict not in validation_pb2.Verdict.values():
            raise InvalidArgument("verdict", "it is not a verdict of this contract")
        rows, following = await self._store.page(LOCAL_TENANT, size, request.page_token, request.verdict)
        return validation_pb2.ListValidationsResponse(
            validations=[_parsed(row) for row in rows], next_page_token=following
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


def _parsed(row: Stored) -> validation_pb2.Validation:
    return validation_pb2.Validation.FromString(row.body)


def _request_digest(request: validation_pb2.ValidateRequest) -> str:
    return hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
