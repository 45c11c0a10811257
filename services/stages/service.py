"""Serves the stages of one process: builds each from the catalog, gives them worker processes and channels."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc.aio
from assay.stage import Stage, StageFactory, Workers
from assay.v1 import stage_pb2_grpc

from host import catalog
from host.service import Registration, ServiceContext
from services.stages.servicer import StageServicer
from services.stages.workers import ProcessWorkers


@dataclass(frozen=True, slots=True)
class Resources:
    """What stages are built with; see :class:`assay.stage.StageResources`."""

    workers: Workers
    channel: Callable[[str], grpc.aio.Channel]
    options: Mapping[str, str]


@asynccontextmanager
async def service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """
    Open the stages named in the context behind one servicer.

    :raises host.catalog.BrokenCatalog: A stage cannot be loaded, or calls itself otherwise than the catalog does.
    """
    entries = catalog.entries()
    settings = context.settings.workers
    workers = ProcessWorkers(
        count=settings.count,
        memory_bytes=settings.memory_bytes,
        task_seconds=settings.task_seconds,
        tasks_per_worker=settings.tasks_per_worker,
    )
    options = context.settings.stage_options
    async with AsyncExitStack() as stack:
        stack.callback(workers.close)
        workers.start()
        stages: dict[str, Stage] = {}
        for name in context.names:
            factory: StageFactory = catalog.load(entries[name].factory)
            resources = Resources(workers, context.channel, options.get(name, {}))
            stages[name] = await _open(stack, name, factory, resources)
        servicer = StageServicer(stages)
        yield [
            Registration(
                "assay.v1.StageService",
                lambda server: stage_pb2_grpc.add_StageServiceServicer_to_server(servicer, server),
            )
        ]


async def _open(stack: AsyncExitStack, name: str, factory: StageFactory, resources: Resources) -> Stage:
    try:
        stage = await stack.enter_async_context(factory(resources))
    except Exception as error:
        raise catalog.BrokenCatalog(f"the stage {name!r} cannot be built: {type(error).__name__}: {error}") from error
    if stage.name != name:
        raise catalog.BrokenCatalog(f"the stage named {name!r} in the catalog calls itself {stage.name!r}")
    return stage
