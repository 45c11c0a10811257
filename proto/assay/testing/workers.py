"""Worker processes for tests of plug-ins: a new one for each task, so that nothing of one task reaches the next."""

import asyncio
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

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
            sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
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


def _serve() -> NoReturn:
    """Run the one order on standard input, and write what came of it to standard output."""
    out = sys.stdout.buffer
    # What the function prints must not come between the bytes of the answer.
    sys.stdout = sys.stderr
    sys.path[:] = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent wrote it
    try:
        function, args, kwargs = pickle.load(sys.stdin.buffer)  # noqa: S301
        answer = pickle.dumps((function(*args, **kwargs), None))
    except AssayError as error:
        answer = pickle.dumps((None, error))
    except BaseException as error:  # noqa: BLE001  # told by its type's name
        answer = pickle.dumps((None, type(error).__name__))
    out.write(answer)
    out.flush()
    sys.exit(0)


if __name__ == "__main__":
    _serve()
