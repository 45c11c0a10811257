"""Composition: settings in, one registered service out. Starts whether or not there is a Docker daemon."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import grpc.aio
from assay.errors import InvalidArgument
from assay.v1 import sandbox_pb2_grpc
from opentelemetry.metrics import get_meter

from host.service import Registration, ServiceContext
from host.settings import BadSettings, LimitSettings, SandboxSettings
from host.tally import SANDBOX_SECONDS
from host.usage import own_metering
from sandbox.accounting import CountedSandboxes
from sandbox.announcing import AnnouncingServicer
from sandbox.classes import class_size, sizes
from sandbox.containers.backend import Backend, Make
from sandbox.containers.container import Container
from sandbox.containers.daemon import Address
from sandbox.containers.spec import Isolation
from sandbox.executor import Executor
from sandbox.image import BrokenLanguage
from sandbox.keeper import Pace
from sandbox.language import Language, load_all
from sandbox.limits import Limits, check_settings
from sandbox.metrics import Instruments, MeteredAdmission, MeteredSandboxes, MeteredServicer
from sandbox.planning import Planner
from sandbox.pool import Bounds
from sandbox.servicer import SandboxServicer

NAME = "assay.v1.SandboxService"
MARGIN_SECONDS = 60.0
IDLE_SECONDS = 900.0


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Open the pools, serve, and end every container at the end."""
    settings = context.settings.sandbox
    defaults, maxima = _limits(settings.default_limits), _limits(settings.max_limits)
    check_settings(defaults, maxima)
    instruments = Instruments(get_meter(NAME))
    admission = MeteredAdmission(settings.max_concurrent_runs, settings.queue_size, instruments)
    backend = open_backend(settings, defaults, maxima, context.settings.server.max_call_seconds, instruments.metered)
    instruments.watch_pools(backend.stats)
    async with own_metering(context.settings) as meter:
        sandboxes = CountedSandboxes(MeteredSandboxes(backend, instruments), partial(meter.used, SANDBOX_SECONDS))
        executor: Executor[Container] = Executor(sandboxes, Planner(backend.specs, defaults, maxima), admission)
        served = SandboxServicer(executor, backend, settings.max_batch_cases)
        servicer = AnnouncingServicer(MeteredServicer(served, instruments), context.events.publish)

        def add(server: grpc.aio.Server) -> None:
            sandbox_pb2_grpc.add_SandboxServiceServicer_to_server(servicer, server)

        backend.open()
        try:
            yield (Registration(NAME, add),)
        finally:
            admission.close()
            await backend.close()


def open_backend(
    settings: SandboxSettings,
    defaults: Limits,
    maxima: Limits,
    call_seconds: float = 600.0,
    metered: Callable[[str, Make], Make] = lambda _, make: make,
) -> Backend:
    """
    Return the backend that the settings describe, not opened yet.

    :param call_seconds: The longest that a call takes, and so a container that was claimed.
    :param metered: Wraps what makes sandboxes of a language, to measure it.
    :raises BadSettings: A language, a class or a folder cannot be used.
    """
    languages = _languages(settings)
    asked: dict[str, dict[str, float]] = {name: dict(limits.items()) for name, limits in settings.classes.items()}
    try:
        named = {name: class_size(limits, defaults, maxima) for name, limits in asked.items()}
    except InvalidArgument as error:
        raise BadSettings(f"the setting ASSAY_SANDBOX__CLASSES: {error.message}") from None
    return Backend(
        Address.parse(settings.docker_url),
        languages,
        {name: sizes(language, defaults, maxima, named) for name, language in languages.items()},
        {name: Bounds(*settings.bounds(name)) for name in languages},
        isolation=Isolation(
            runtime=settings.runtime,
            cpus=settings.cpus,
            open_files=maxima.open_files,
            default_open_files=defaults.open_files,
            life_seconds=IDLE_SECONDS + max(call_seconds, maxima.wall_seconds) + MARGIN_SECONDS,
        ),
        pace=Pace(
            make_concurrency=settings.make_concurrency,
            refill_concurrency=settings.refill_concurrency,
            refill_rate=settings.refill_rate,
            max_idle=settings.max_idle,
        ),
        idle_seconds=IDLE_SECONDS,
        best_effort=settings.limits == "best-effort",
        metered=metered,
    )


def _languages(settings: SandboxSettings) -> dict[str, Language]:
    try:
        found = load_all(settings.language_folders)
    except (BrokenLanguage, OSError) as error:
        raise BadSettings(f"the setting ASSAY_SANDBOX__LANGUAGE_FOLDERS: {error}") from None
    if unknown := set(settings.languages) - set(found):
        raise BadSettings(
            f"the setting ASSAY_SANDBOX__LANGUAGES: there is no {sorted(unknown)[0]!r}; there are {', '.join(found)}"
        )
    return {name: language for name, language in found.items() if not settings.languages or name in settings.languages}


def _limits(settings: LimitSettings) -> Limits:
    return Limits(**settings.model_dump())
