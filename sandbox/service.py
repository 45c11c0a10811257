"""Composition: settings in, one registered service out. Starts whether or not there is a Docker daemon."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import grpc.aio
from assay.v1 import sandbox_pb2_grpc

from host.service import Registration, ServiceContext
from host.settings import LimitSettings, SandboxSettings
from sandbox import image, language, sizing
from sandbox.admission import Admission
from sandbox.containers.backend import Backend
from sandbox.containers.container import Container
from sandbox.containers.daemon import Address
from sandbox.containers.spec import Isolation
from sandbox.executor import Executor
from sandbox.limits import Limits, check_settings
from sandbox.servicer import SandboxServicer
from sandbox.sizing import Size

NAME = "assay.v1.SandboxService"
MARGIN_SECONDS = 60.0
IDLE_SECONDS = 900.0


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Open the pool, serve, and end every container at the end."""
    settings = context.settings.sandbox
    defaults, maxima = _limits(settings.default_limits), _limits(settings.max_limits)
    check_settings(defaults, maxima)
    admission = Admission(settings.max_concurrent_runs, settings.queue_size)
    backend = open_backend(settings, defaults, maxima)
    executor: Executor[Container] = Executor(backend, backend.languages, admission, defaults, maxima)

    def add(server: grpc.aio.Server) -> None:
        sandbox_pb2_grpc.add_SandboxServiceServicer_to_server(SandboxServicer(executor), server)

    backend.open()
    try:
        yield (Registration(NAME, add),)
    finally:
        admission.close()
        await backend.close()


def open_backend(settings: SandboxSettings, defaults: Limits, maxima: Limits) -> Backend:
    """Return the backend that the settings describe, not opened yet."""
    disk = sizing.applied_disk(defaults.disk_bytes, defaults.memory_bytes, asked=False)
    return Backend(
        Address.parse(settings.docker_url),
        # A pool per language that is there would be filled at once: so far Python alone is served.
        {"python": language.load(image.IMAGES / "python")},
        Size(defaults.memory_bytes, defaults.processes, disk),
        Isolation(
            runtime=settings.runtime,
            cpus=settings.cpus,
            open_files=maxima.open_files,
            default_open_files=defaults.open_files,
            life_seconds=IDLE_SECONDS + maxima.wall_seconds + MARGIN_SECONDS,
        ),
        idle_seconds=IDLE_SECONDS,
        pool_size=settings.pool_size,
        concurrency=settings.refill_concurrency,
        extra_concurrency=settings.max_concurrent_runs,
        best_effort=settings.limits == "best-effort",
    )


def _limits(settings: LimitSettings) -> Limits:
    return Limits(**settings.model_dump())
