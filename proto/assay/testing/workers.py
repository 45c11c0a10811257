"""Worker processes for tests of plug-ins: a new one for each task, so that nothing of one task reaches the next."""

import asyncio
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from assay.errors import AssayError, PluginFailed, Unavailable

if TYPE_CHECKING:
    import grpc.aio

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LocalWorkers:
    """
    See :class:`assay.stage.Workers`; for tests, since each task pays for the start of an interpreter.

    :param seconds: The longest that a task may take.
    """

    seconds: float = 30.0

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a module-level function of picklable arguments in a process of its own."""
        name = f"{function.__module__}.{function.__qualname__}"
        order = pickle.dumps(sys.path) + pickle.dumps((function, args, kwargs))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "assay.apart", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(self.seconds):
                answer, _ = await process.communicate(order)
        except TimeoutError:
            raise PluginFailed(f"{name} took longer than {self.seconds:g} s and was stopped") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise PluginFailed(f"the worker running {name} died (exit status {process.returncode})")
        result, failure = pickle.loads(answer)  # noqa: S301  # our own worker wrote it
        if isinstance(failure, AssayError):
            raise failure
        if failure:
            raise PluginFailed(f"{name} raised {failure}")
        returned: T = result
        return returned

    def within(self, seconds: float) -> "LocalWorkers":
        """Return the same workers with a shorter time for each task."""
        return LocalWorkers(min(seconds, self.seconds))


@dataclass(frozen=True, slots=True)
class Resources:
    """
    What a stage is built with in tests; see :class:`assay.stage.StageResources`.

    :param options: As an operator's settings would give them to the stage.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    workers: LocalWorkers = field(default_factory=LocalWorkers)

    def channel(self, service: str) -> "grpc.aio.Channel":
        """Raise :class:`assay.errors.Unavailable`, as a suite does that has no such service."""
        raise Unavailable(f"no service {service!r} is there")
